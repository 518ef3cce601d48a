"""GitLab, as the registry finds it."""

from integrations.sources.gitlab.source import SOURCE as SOURCE

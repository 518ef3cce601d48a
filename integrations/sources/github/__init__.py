"""GitHub, as the registry finds it."""

from integrations.sources.github.source import SOURCE as SOURCE

"""Reddit, as the registry finds it."""

from integrations.sources.reddit.source import SOURCE as SOURCE

"""YouTube, as the registry finds it."""

from integrations.sources.youtube.source import SOURCE as SOURCE

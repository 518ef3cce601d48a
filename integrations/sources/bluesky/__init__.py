"""Bluesky, as the registry finds it."""

from integrations.sources.bluesky.source import SOURCE as SOURCE

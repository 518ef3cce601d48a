"""Mastodon, as the registry finds it."""

from integrations.sources.mastodon.source import SOURCE as SOURCE

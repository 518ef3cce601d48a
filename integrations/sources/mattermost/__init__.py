"""Mattermost, as the registry finds it."""

from integrations.sources.mattermost.source import SOURCE as SOURCE

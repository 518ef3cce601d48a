"""Telegram, as the registry finds it."""

from integrations.sources.telegram.source import SOURCE as SOURCE

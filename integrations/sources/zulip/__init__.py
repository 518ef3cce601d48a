"""Zulip, as the registry finds it."""

from integrations.sources.zulip.source import SOURCE as SOURCE

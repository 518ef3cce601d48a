"""Discourse, as the registry finds it."""

from integrations.sources.discourse.source import SOURCE as SOURCE

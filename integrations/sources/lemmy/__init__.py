"""Lemmy, as the registry finds it."""

from integrations.sources.lemmy.source import SOURCE as SOURCE

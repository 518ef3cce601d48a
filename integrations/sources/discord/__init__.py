"""Discord, as the registry finds it."""

from integrations.sources.discord.source import SOURCE as SOURCE

"""Stack Exchange, as the registry finds it."""

from integrations.sources.stackexchange.source import SOURCE as SOURCE

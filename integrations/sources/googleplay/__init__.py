"""Google Play, as the registry finds it."""

from integrations.sources.googleplay.source import SOURCE as SOURCE

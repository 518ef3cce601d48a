"""The App Store, as the registry finds it."""

from integrations.sources.appstore.source import SOURCE as SOURCE

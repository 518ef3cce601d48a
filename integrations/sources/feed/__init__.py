"""RSS and Atom feeds, as the registry finds them."""

from integrations.sources.feed.source import SOURCE as SOURCE

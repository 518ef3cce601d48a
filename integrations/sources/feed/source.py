"""Follows an RSS or Atom feed: a forum, a blog's comments, a tag of Mastodon. It sends nothing, so
it is asked every ten minutes.

1. Find the feed's address. Discourse: `/posts.rss`; phpBB: `/feed/forum/ID`; XenForo:
   `/forums/NAME/index.rss`; NodeBB: `/category/ID.rss`; WordPress: `/comments/feed/`; Mastodon:
   `/@NAME.rss` or `/tags/NAME.rss`.
2. Enter it as **URL**. What the feed holds appears here within a minute; `relay source check` says
   whether it is one.

A feed holds its newest entries only. Where it links to older pages, history is fetched along them.
An entry that leaves the feed stays here.
"""

from __future__ import annotations

from integrations.signatures import SENDS_NOTHING
from integrations.source_contract import Source
from integrations.sources.feed.entries import FEED_IGNORED, delivery_id, event, parse
from integrations.sources.feed.polling import FEED_POLLING
from integrations.sources.feed.settings import Settings

SOURCE: Source[Settings] = Source(
    name="feed",
    title="RSS or Atom feed",
    settings=Settings,
    signature=SENDS_NOTHING,
    handled=frozenset({"entry"}),
    ignored=FEED_IGNORED,
    event=event,
    parse=parse,
    delivery_id=delivery_id,
    polling=FEED_POLLING,
    guide=__doc__,
)

"""Follows subreddits. Reddit sends nothing, so it is asked every few minutes.

1. Enter the names of the subreddits in the settings.
2. Enter what lets us read them: the keys of an app that you have, or the key of your own feed. New
   keys are given out after an approval alone (Reddit's *Responsible Builder Policy*); the feed
   needs none, and costs nothing.

Heard are posts and comments, with keys also their edits in what is walked over again, and
deletions where Reddit still lists what was deleted; what a moderator removed and brings back does
not return. Reddit lists the newest thousand of each, so
history ends there. Its authors are never matched with people elsewhere, as its rules demand.
"""

from __future__ import annotations

from integrations.signatures import SENDS_NOTHING
from integrations.source_contract import Source
from integrations.sources.reddit.polling import REDDIT_POLLING
from integrations.sources.reddit.replying import REPLYING
from integrations.sources.reddit.settings import Settings
from integrations.sources.reddit.things import (
    REDDIT_EVENTS,
    REDDIT_IGNORED,
    delivery_id,
    event,
    parse,
    visibility,
)

SOURCE: Source[Settings] = Source(
    name="reddit",
    title="Reddit",
    settings=Settings,
    signature=SENDS_NOTHING,
    handled=frozenset(REDDIT_EVENTS.values()),
    ignored=REDDIT_IGNORED,
    event=event,
    parse=parse,
    visibility=visibility,
    delivery_id=delivery_id,
    polling=REDDIT_POLLING,
    replying=REPLYING,
    guide=__doc__,
    no_links="Reddit's rules for its data forbid to link its accounts to people elsewhere.",
)

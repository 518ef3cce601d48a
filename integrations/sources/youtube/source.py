"""Follows the comments below the videos of a channel. YouTube sends nothing, so it is asked every
ten minutes.

1. Enter the channel's ID in the settings: on YouTube open **Settings → Advanced settings** as the
   channel, or look at the address of **Your channel**.
2. Make a key and enter it, as is said below. It costs nothing; a day's quota bounds what is asked.

Heard are comments and replies below all public videos, from the first one on, with edits and
deletions where a comment is looked at again. Replies in threads that are older than the newest
hundred are found when the last two days are walked over again. Comments that wait for a review are
not seen, nor is the chat of live streams.
"""

from __future__ import annotations

from integrations.signatures import SENDS_NOTHING
from integrations.source_contract import Source
from integrations.sources.youtube.comments import YOUTUBE_IGNORED, delivery_id, event, parse
from integrations.sources.youtube.polling import YOUTUBE_POLLING
from integrations.sources.youtube.replying import REPLYING
from integrations.sources.youtube.settings import Settings

SOURCE: Source[Settings] = Source(
    name="youtube",
    title="YouTube",
    settings=Settings,
    signature=SENDS_NOTHING,
    handled=frozenset({"comment", "reply"}),
    ignored=YOUTUBE_IGNORED,
    event=event,
    parse=parse,
    delivery_id=delivery_id,
    polling=YOUTUBE_POLLING,
    replying=REPLYING,
    guide=__doc__,
    global_authors=True,
)

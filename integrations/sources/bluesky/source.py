"""Follows what mentions, answers or quotes your account on Bluesky, and words that you name.
Bluesky sends nothing, so it is asked every five minutes. It costs nothing.

1. Enter the words to search for in the settings, such as the name of your product.
2. Make an app password for your team's account and enter it, as is said below.

Heard are posts, as far back as Bluesky's search and your notifications go. Posts are never edited
there; deleted ones are noticed when a post is looked at again. What an account wants to show to
those alone who are signed in counts as written for members.
"""

from __future__ import annotations

from integrations.signatures import SENDS_NOTHING
from integrations.source_contract import Source
from integrations.sources.bluesky.polling import BLUESKY_POLLING
from integrations.sources.bluesky.posts import (
    BLUESKY_IGNORED,
    delivery_id,
    event,
    parse,
    visibility,
)
from integrations.sources.bluesky.replying import REPLYING
from integrations.sources.bluesky.settings import Settings

SOURCE: Source[Settings] = Source(
    name="bluesky",
    title="Bluesky",
    settings=Settings,
    signature=SENDS_NOTHING,
    handled=frozenset({"post"}),
    ignored=BLUESKY_IGNORED,
    event=event,
    parse=parse,
    visibility=visibility,
    delivery_id=delivery_id,
    polling=BLUESKY_POLLING,
    replying=REPLYING,
    guide=__doc__,
    global_authors=True,
)

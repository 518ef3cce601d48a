"""Follows communities of Lemmy. Nothing there has to be set up, and it costs nothing.

1. Enter the address of the instance and the names of the communities in the settings.
2. The instance is then asked every five minutes, as everybody may ask it.

Heard are posts and comments, from the first one on, with edits and deletions where they are looked
at again. Instances that want to be asked by version 4 of their interface alone are not understood
yet: version 3 is spoken by 0.18, 0.19 and, beside it, by 1.0.
"""

from __future__ import annotations

from integrations.signatures import SENDS_NOTHING
from integrations.source_contract import Source
from integrations.sources.lemmy.polling import LEMMY_POLLING
from integrations.sources.lemmy.replying import REPLYING
from integrations.sources.lemmy.settings import Settings
from integrations.sources.lemmy.views import (
    LEMMY_IGNORED,
    LEMMY_KINDS,
    delivery_id,
    event,
    parse,
    visibility,
)

SOURCE: Source[Settings] = Source(
    name="lemmy",
    title="Lemmy",
    settings=Settings,
    signature=SENDS_NOTHING,
    handled=LEMMY_KINDS,
    ignored=LEMMY_IGNORED,
    event=event,
    parse=parse,
    visibility=visibility,
    delivery_id=delivery_id,
    polling=LEMMY_POLLING,
    replying=REPLYING,
    guide=__doc__,
    global_authors=True,
)

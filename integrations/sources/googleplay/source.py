"""Follows the reviews of an app on Google Play. It costs nothing.

1. Enter the app's package name in the settings: it is the `id` in the address of its page.
2. Make a service account and enter its key, as is said below. Google Play is then asked every
   quarter of an hour.

Heard are reviews with words, of the app that is published, and their edits. Google tells of those
alone that were written or changed in the last seven days: older ones are in the monthly files of
the Play Console, which can be imported. Deleted reviews are not noticed.
"""

from __future__ import annotations

from integrations.signatures import SENDS_NOTHING
from integrations.source_contract import Source
from integrations.sources.googleplay.polling import GOOGLEPLAY_POLLING
from integrations.sources.googleplay.replying import REPLYING
from integrations.sources.googleplay.reviews import PLAY_IGNORED, delivery_id, event, parse
from integrations.sources.googleplay.settings import Settings

SOURCE: Source[Settings] = Source(
    name="googleplay",
    title="Google Play reviews",
    settings=Settings,
    signature=SENDS_NOTHING,
    handled=frozenset({"review"}),
    ignored=PLAY_IGNORED,
    event=event,
    parse=parse,
    delivery_id=delivery_id,
    polling=GOOGLEPLAY_POLLING,
    replying=REPLYING,
    guide=__doc__,
)

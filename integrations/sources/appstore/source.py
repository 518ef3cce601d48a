"""Follows the reviews of an app in the App Store, in all countries. It costs nothing beyond the
developer account.

1. Enter the app's Apple ID in the settings: App Store Connect shows it under **App Information**.
2. Make a key and enter it, as is said below. App Store Connect is then asked every half hour.

Heard are reviews with their words, from the first one on; edits where a review is seen again, and
deletions where it is looked at again. Apple tells neither of accounts nor of languages.
"""

from __future__ import annotations

from integrations.signatures import SENDS_NOTHING
from integrations.source_contract import Source
from integrations.sources.appstore.polling import APPSTORE_POLLING
from integrations.sources.appstore.replying import REPLYING
from integrations.sources.appstore.reviews import APPLE_IGNORED, delivery_id, event, parse
from integrations.sources.appstore.settings import Settings

SOURCE: Source[Settings] = Source(
    name="appstore",
    title="App Store reviews",
    settings=Settings,
    signature=SENDS_NOTHING,
    handled=frozenset({"customerReviews"}),
    ignored=APPLE_IGNORED,
    event=event,
    parse=parse,
    delivery_id=delivery_id,
    polling=APPSTORE_POLLING,
    replying=REPLYING,
    guide=__doc__,
)

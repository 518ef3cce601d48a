"""Follows what mentions your account on Mastodon, and hashtags. It costs nothing.

1. Enter the address of your server and the hashtags in the settings.
2. Make a token and enter it, as is said below. The server is then asked every five minutes.
3. Only if the server is your own: **Administration → Webhooks → Add endpoint**, address
   `{webhook_url}`, events **status.created** and **status.updated**. Mastodon shows the signing
   secret on the webhook's page: store it here (`{secret}` is what is stored now). It sends what is
   written by accounts of that server alone, and no deletions: leave step 2 in place.

Heard are posts from everywhere that your server knows, with their edits; deleted ones are noticed
when a post is looked at again. What people wrote to followers or to you alone is not stored, unless
this source keeps private words. How far back hashtags go depends on your server.
"""

from __future__ import annotations

from integrations.signatures import Signature
from integrations.source_contract import Source
from integrations.sources.mastodon.polling import MASTODON_POLLING
from integrations.sources.mastodon.replying import REPLYING
from integrations.sources.mastodon.settings import Settings
from integrations.sources.mastodon.statuses import (
    MASTODON_IGNORED,
    delivery_id,
    event,
    parse,
    visibility,
)

SOURCE: Source[Settings] = Source(
    name="mastodon",
    title="Mastodon",
    settings=Settings,
    signature=Signature(header="x-hub-signature", prefix="sha256="),
    handled=frozenset({"status.created", "status.updated"}),
    ignored=MASTODON_IGNORED,
    event=event,
    parse=parse,
    visibility=visibility,
    delivery_id=delivery_id,
    polling=MASTODON_POLLING,
    replying=REPLYING,
    guide=__doc__,
)

"""Listens to the posts of a Discourse forum. You need to be an administrator of the forum.

1. In Discourse open **Admin → Advanced → Webhooks** (older versions: **Admin → API → Webhooks**)
   and choose **New Webhook**.
2. Payload URL: `{webhook_url}`
3. Content Type: **application/json**
4. Secret: `{secret}`
5. Under **Which events should trigger this webhook?** choose **Select individual events** and tick,
   under **Post Event**, *post is created*, *post is edited*, *post is deleted* and *post is
   recovered*. Other events are ignored.
6. To follow only some categories or tags, choose them under **Triggered Categories** and
   **Triggered Tags**.
7. Leave **Check TLS certificate** on, tick **Active** and save.
8. Open the webhook and press **Ping**: the answer is 2xx. Then write a post: it appears here within
   seconds.

Discourse sends a failed delivery again only if the site setting `retry web hook events` is on:
switch it on.
"""

from __future__ import annotations

import secrets

from integrations.signatures import Signature
from integrations.source_contract import Source
from integrations.sources.discourse.comments import Settings, parse
from integrations.sources.discourse.events import (
    DISCOURSE_EVENTS,
    DISCOURSE_IGNORED,
    delivery_id,
    event,
)

SOURCE: Source[Settings] = Source(
    name="discourse",
    title="Discourse",
    settings=Settings,
    signature=Signature(header="x-discourse-event-signature", prefix="sha256="),
    handled=frozenset(DISCOURSE_EVENTS),
    ignored=DISCOURSE_IGNORED,
    event=event,
    parse=parse,
    delivery_id=delivery_id,
    guide=__doc__,
    new_secret=lambda: secrets.token_urlsafe(32),
)

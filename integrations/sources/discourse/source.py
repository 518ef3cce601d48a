"""Listens to the posts of a Discourse forum. You need to be an administrator of the forum.

1. In Discourse open **Admin → Advanced → Webhooks** (older versions: **Admin → API → Webhooks**)
   and choose **New Webhook**.
2. Payload URL: `{webhook_url}`
3. Content Type: **application/json**
4. Secret: `{secret}`
5. Under **Which events should trigger this webhook?** choose **Select individual events** and tick,
   under **Post Event**, *post is created*, *post is edited*, *post is deleted* and *post is
   recovered*; under **Topic Event**, *topic is created*, *topic is revised*, *topic is updated*,
   *topic is deleted* and *topic is recovered*, so that a deleted, moved or retitled topic, or one
   that became a private message, is followed; under **User Event**, *user is updated* and *user is
   deleted*, so that nobody keeps a name here who gave it up there; and **Category Event**, for a
   category that is closed to the public. Other events are ignored.
6. To follow only some categories or tags, choose them under **Triggered Categories** and
   **Triggered Tags**.
7. Leave **Check TLS certificate** on, tick **Active** and save.
8. Open the webhook and press **Ping**: the answer is 2xx. Then write a post: it appears here within
   seconds.

Private messages and what stands in restricted categories is not stored, unless this source keeps
private words. Name the categories that everybody may read in this source's settings if there are
others too.

Discourse sends a failed delivery again only if the site setting `retry web hook events` is on:
switch it on.
"""

from __future__ import annotations

import secrets

from integrations.signatures import Signature
from integrations.source_contract import Source
from integrations.sources.discourse.changes import changes, renamed
from integrations.sources.discourse.comments import parse
from integrations.sources.discourse.events import (
    DISCOURSE_EVENTS,
    DISCOURSE_IGNORED,
    DISCOURSE_WIDE_EVENTS,
    delivery_id,
    event,
)
from integrations.sources.discourse.polling import DISCOURSE_POLLING
from integrations.sources.discourse.replying import REPLYING
from integrations.sources.discourse.sample import sample
from integrations.sources.discourse.settings import Settings
from integrations.sources.discourse.visibility import visibility

SOURCE: Source[Settings] = Source(
    name="discourse",
    title="Discourse",
    settings=Settings,
    signature=Signature(header="x-discourse-event-signature", prefix="sha256="),
    handled=frozenset(DISCOURSE_EVENTS) | DISCOURSE_WIDE_EVENTS,
    ignored=DISCOURSE_IGNORED,
    unkept=frozenset({"own_post", "user", "whisper"}),
    event=event,
    parse=parse,
    visibility=visibility,
    changes=changes,
    renamed=renamed,
    delivery_id=delivery_id,
    polling=DISCOURSE_POLLING,
    guide=__doc__,
    sample=sample,
    replying=REPLYING,
    new_secret=lambda: secrets.token_urlsafe(32),
)

"""Follows channels of a Mattermost server. It costs nothing.

1. Enter the server's address in the settings, and the channels where not all are meant.
2. Make a bot and enter its token, as is said below: the server is then asked every five minutes,
   which brings everything.
3. If words shall arrive at once too: **Integrations → Outgoing Webhooks → Add Outgoing Webhook**,
   content type **application/json**, choose a channel or trigger words, and enter `{webhook_url}`
   as callback. Mattermost makes its token: store it here (`{secret}` is what is stored now). It
   tells of public channels alone, and neither of threads, edits nor deletions: leave step 2 in
   place.

Heard are posts with their edits; deleted ones are noticed when a post is looked at again. Private
channels are not stored, unless this source keeps private words; direct messages never are.
"""

from __future__ import annotations

from integrations.signatures import Signature
from integrations.source_contract import Source
from integrations.sources.mattermost.messages import (
    MATTERMOST_IGNORED,
    acknowledge,
    delivery_id,
    event,
    parse,
    visibility,
)
from integrations.sources.mattermost.polling import MATTERMOST_POLLING
from integrations.sources.mattermost.replying import REPLYING
from integrations.sources.mattermost.settings import Settings

SOURCE: Source[Settings] = Source(
    name="mattermost",
    title="Mattermost",
    settings=Settings,
    signature=Signature(header="", algorithm="token", body_token="token"),  # noqa: S106 - a field
    handled=frozenset({"post"}),
    ignored=MATTERMOST_IGNORED,
    unkept=frozenset({"own_post"}),
    event=event,
    parse=parse,
    visibility=visibility,
    delivery_id=delivery_id,
    acknowledge=acknowledge,
    polling=MATTERMOST_POLLING,
    replying=REPLYING,
    guide=__doc__,
)

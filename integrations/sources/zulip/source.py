"""Follows channels of a Zulip organization. It costs nothing.

1. Enter the organization's address in the settings, and the channels where not all are meant.
2. Make a bot and enter its address and key, as is said below: Zulip is then asked every five
   minutes, which brings everything.
3. If people shall also be able to tell you something at once, by mentioning a bot: **Settings →
   Bots → Add a new bot**, type **Outgoing webhook**, endpoint `{webhook_url}`, interface
   **Generic**. Zulip makes its token: it stands in the bot's **zuliprc** file; store it here
   (`{secret}` is what is stored now). Leave such a bot out of private channels, since Zulip does
   not tell of which kind a channel is.

Heard are messages with their edits and moves between topics; deleted ones are noticed when a
message is looked at again. Private channels and direct messages are not stored, unless this source
keeps private words.
"""

from __future__ import annotations

from integrations.signatures import Signature
from integrations.source_contract import Source
from integrations.sources.zulip.messages import (
    ZULIP_IGNORED,
    acknowledge,
    delivery_id,
    event,
    parse,
    visibility,
)
from integrations.sources.zulip.polling import ZULIP_POLLING
from integrations.sources.zulip.replying import REPLYING
from integrations.sources.zulip.settings import Settings

SOURCE: Source[Settings] = Source(
    name="zulip",
    title="Zulip",
    settings=Settings,
    signature=Signature(header="", algorithm="token", body_token="token"),  # noqa: S106 - a field
    handled=frozenset({"message", "direct_message"}),
    ignored=ZULIP_IGNORED,
    event=event,
    parse=parse,
    visibility=visibility,
    delivery_id=delivery_id,
    acknowledge=acknowledge,
    polling=ZULIP_POLLING,
    replying=REPLYING,
    guide=__doc__,
)

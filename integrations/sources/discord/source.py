"""Listens to a Discord server through a bot of your own: it asks for what is written, and members
can send a message to you from the message's menu. It costs nothing. You need the permission
*Manage Server*.

1. Open https://discord.com/developers/applications, press **New Application** and name it.
2. **Bot**: switch on **Message Content Intent** (a review is needed only from 10,000 users on),
   press **Reset Token** and keep the token for the step after the next.
3. **Installation** (or **OAuth2 → URL Generator**): scopes `bot` and `applications.commands`;
   permissions **View Channels** and **Read Message History**, and **Send Messages** and **Send
   Messages in Threads** where answers are wanted. Open the address, choose your server.
4. In Discord: **User Settings → Advanced → Developer Mode**; then right-click the server, **Copy
   Server ID**, and enter it as **Server** here. Enter the token as this source's credentials. What
   was written arrives within minutes.
5. For the menu entry: **General Information** shows the **Public Key**; store it as this source's
   secret here. Stored now is `{secret}`
6. Below it enter the **Interactions Endpoint URL** `{webhook_url}` and save: Discord tries it at
   once.

Heard are messages, threads and forum posts of the channels that the bot sees; edits of the last two
days; answers. Not heard by asking are deletions, and the roles of members. What is written in
channels that not every member sees, and in direct messages, is not stored, unless this source keeps
private words.
"""

from __future__ import annotations

from integrations.signatures import Signature
from integrations.source_contract import Source
from integrations.sources.discord.comments import parse
from integrations.sources.discord.events import (
    DISCORD_EVENTS,
    DISCORD_IGNORED,
    DISCORD_WIDE_EVENTS,
    acknowledge,
    challenge,
    delivery_id,
    event,
)
from integrations.sources.discord.polling import DISCORD_POLLING
from integrations.sources.discord.replying import REPLYING
from integrations.sources.discord.settings import Settings
from integrations.sources.discord.visibility import changes, visibility

SOURCE: Source[Settings] = Source(
    name="discord",
    title="Discord",
    settings=Settings,
    signature=Signature(
        header="x-signature-ed25519",
        algorithm="ed25519",
        signed="{timestamp}{body}",
        timestamp_header="x-signature-timestamp",
    ),
    handled=DISCORD_EVENTS | DISCORD_WIDE_EVENTS,
    ignored=DISCORD_IGNORED,
    event=event,
    parse=parse,
    visibility=visibility,
    changes=changes,
    delivery_id=delivery_id,
    challenge=challenge,
    acknowledge=acknowledge,
    guide=__doc__,
    polling=DISCORD_POLLING,
    replying=REPLYING,
    global_authors=True,
)

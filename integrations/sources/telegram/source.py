"""Listens to groups, topics and channels of Telegram, as a bot that is in them.

1. Write to **@BotFather** in Telegram, send `/newbot`, choose a name, and keep the token.
2. Send `/setprivacy` to @BotFather, choose the bot, then **Disable**: else it sees only what is
   addressed to it.
3. Add the bot to the group, or make it an administrator of the channel. If it was in the group
   before step 2, remove it and add it again.
4. Tell Telegram where to send: open a terminal and enter these, with the bot's token in place of
   `TOKEN`. The address has to be on port 443, 80, 88 or 8443.

   `curl https://api.telegram.org/botTOKEN/setWebhook -d url={webhook_url} -d secret_token={secret}`

5. Where Telegram cannot reach this service leave step 4 out: enter the token here instead, and
   Telegram is asked every minute.

It costs nothing. Heard is what is written from now on, and edits; Telegram has no history and tells
nobody of deletions. Private chats with the bot are not stored, unless this source keeps private
words. When a group becomes a supergroup its number changes: name groups by their @name.
"""

from __future__ import annotations

import secrets

from integrations.signatures import Signature
from integrations.source_contract import Source
from integrations.sources.telegram.comments import parse
from integrations.sources.telegram.polling import TELEGRAM_POLLING
from integrations.sources.telegram.replying import REPLYING
from integrations.sources.telegram.settings import Settings
from integrations.sources.telegram.updates import (
    MESSAGE_UPDATES,
    TELEGRAM_IGNORED,
    TELEGRAM_WIDE_EVENTS,
    changes,
    delivery_id,
    event,
    visibility,
)

SOURCE: Source[Settings] = Source(
    name="telegram",
    title="Telegram",
    settings=Settings,
    signature=Signature(header="x-telegram-bot-api-secret-token", algorithm="token"),
    handled=frozenset(MESSAGE_UPDATES) | TELEGRAM_WIDE_EVENTS,
    ignored=TELEGRAM_IGNORED,
    event=event,
    parse=parse,
    visibility=visibility,
    changes=changes,
    delivery_id=delivery_id,
    polling=TELEGRAM_POLLING,
    replying=REPLYING,
    guide=__doc__,
    global_authors=True,
    new_secret=lambda: secrets.token_urlsafe(32),
)

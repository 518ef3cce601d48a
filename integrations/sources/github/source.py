"""Listens to issues, discussions and their comments in one GitHub repository or in a whole
organization.

1. Open the repository (or the organization) on GitHub and go to **Settings → Webhooks → Add
   webhook**. You need to be its administrator.
2. Payload URL: `{webhook_url}`
3. Content type: **application/json**
4. Secret: `{secret}`
5. Leave **Enable SSL verification** on.
6. Choose **Let me select individual events** and tick **Issues**, **Issue comments**,
   **Discussions**, **Discussion comments**, **Repositories** and **Visibility changes**, so that a
   repository that becomes private or is deleted takes its words along. Untick **Pushes**.
   Anything else is ignored.
7. Leave **Active** ticked and press **Add webhook**. GitHub sends a ping: **Recent Deliveries**
   shows its 2xx answer.

What is said in private and internal repositories is not stored, unless this source keeps private
words: a webhook of an organization reports all of its repositories.

GitHub never sends a failed delivery again by itself: after a longer outage press **Redeliver**
there.
"""

from __future__ import annotations

import secrets

from integrations.signatures import Signature
from integrations.source_contract import Source
from integrations.sources.github.comments import parse
from integrations.sources.github.events import (
    GITHUB_EVENTS,
    GITHUB_IGNORED,
    GITHUB_WIDE_EVENTS,
    delivery_id,
    event,
)
from integrations.sources.github.polling import GITHUB_POLLING
from integrations.sources.github.replying import REPLYING
from integrations.sources.github.sample import sample
from integrations.sources.github.settings import Settings
from integrations.sources.github.visibility import changes, visibility

SOURCE: Source[Settings] = Source(
    name="github",
    title="GitHub",
    settings=Settings,
    signature=Signature(header="x-hub-signature-256", prefix="sha256="),
    handled=frozenset(GITHUB_EVENTS) | GITHUB_WIDE_EVENTS,
    ignored=GITHUB_IGNORED,
    unkept=frozenset({"own_ticket", "own_comment"}),
    event=event,
    parse=parse,
    visibility=visibility,
    changes=changes,
    delivery_id=delivery_id,
    polling=GITHUB_POLLING,
    guide=__doc__,
    sample=sample,
    replying=REPLYING,
    global_authors=True,
    new_secret=lambda: secrets.token_urlsafe(32),
)

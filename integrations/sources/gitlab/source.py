"""Listens to the issues of one GitLab project or of a whole group, and to what is written in them.

1. Open the project (or the group, which needs a paid plan) and go to **Settings → Webhooks → Add
   new webhook**. You need to be its maintainer.
2. URL: `{webhook_url}`
3. Secret token: `{secret}`. Where your GitLab offers a **signing token** (`whsec_...`), create it
   there and store it here as well: it signs every delivery, and is then always checked.
4. Triggers: tick **Comments** and **Issues events**; add **Confidential comments** and
   **Confidential issues events** only where this source keeps private words. Untick **Push
   events**.
5. Leave **Enable SSL verification** on and press **Add webhook**. **Test → Issues events** shows
   whether it arrives.

It costs nothing. Heard are issues and notes in them, with their edits. GitLab sends nothing when
one is deleted: it is noticed when GitLab is asked again, which needs a token. Confidential issues,
internal notes and projects that are not public are not stored, unless this source keeps private
words. Notes on merge requests, commits and snippets are not read.

A group and its project both send the same note: it is one comment. GitLab switches a webhook off
that was refused 40 times in a row: look at **Recent events** there after a longer outage.
"""

from __future__ import annotations

import secrets

from integrations.signatures import Signature
from integrations.source_contract import Source
from integrations.sources.gitlab.comments import changes, parse, visibility
from integrations.sources.gitlab.events import (
    GITLAB_EVENTS,
    GITLAB_IGNORED,
    delivery_id,
    event,
)
from integrations.sources.gitlab.polling import GITLAB_POLLING
from integrations.sources.gitlab.replying import REPLYING
from integrations.sources.gitlab.sample import sample
from integrations.sources.gitlab.settings import Settings

SOURCE: Source[Settings] = Source(
    name="gitlab",
    title="GitLab",
    settings=Settings,
    signature=Signature(
        header="webhook-signature",
        encoding="base64",
        prefix="v1,",
        signed="{id}.{timestamp}.{body}",
        id_header="webhook-id",
        timestamp_header="webhook-timestamp",
        separator=" ",
        secret_prefix="whsec_",  # noqa: S106 - the prefix of every such secret
        otherwise=Signature(header="x-gitlab-token", algorithm="token"),
    ),
    handled=frozenset(GITLAB_EVENTS),
    ignored=GITLAB_IGNORED,
    unkept=frozenset({"own_issue", "own_note"}),
    event=event,
    parse=parse,
    visibility=visibility,
    changes=changes,
    delivery_id=delivery_id,
    polling=GITLAB_POLLING,
    guide=__doc__,
    sample=sample,
    replying=REPLYING,
    new_secret=lambda: secrets.token_urlsafe(32),
)

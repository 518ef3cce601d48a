"""Listens to channels of a Slack workspace through an app of your own. You need to be allowed to
add apps to it.

1. Open https://api.slack.com/apps, press **Create New App**, choose **From scratch**, name it,
   choose your workspace.
2. **OAuth & Permissions → Bot Token Scopes**: add `channels:history` (and `groups:history` for
   private channels).
3. **Basic Information → App Credentials**: copy the **Signing Secret**. Slack makes it, so store it
   as this source's secret here before the next step; stored now is `{secret}`
4. **Event Subscriptions**: switch it on and enter the Request URL `{webhook_url}`. Slack shows
   **Verified** at once.
5. **Subscribe to bot events**: add `message.channels` (and `message.groups` for private channels),
   and `user_change` with the scope `users:read`, so that a member who is renamed is renamed here;
   then press **Save Changes**. That a channel was converted to a private one arrives with
   `message.channels`.
6. **Install App → Install to Workspace**.
7. In each channel to follow, write `/invite @` and the app's name. Write a message there: it
   appears within seconds.

What is said in private channels and direct messages is not stored, unless this source keeps private
words: switch that on in its settings before you subscribe to `message.groups`. Enter the
workspace's address in the settings, so that quotes link to their message.
"""

from __future__ import annotations

from integrations.signatures import Signature
from integrations.source_contract import Source
from integrations.sources.slack.comments import parse
from integrations.sources.slack.events import (
    SLACK_EVENTS,
    SLACK_IGNORED,
    challenge,
    delivery_id,
    event,
)
from integrations.sources.slack.polling import SLACK_POLLING
from integrations.sources.slack.replying import REPLYING
from integrations.sources.slack.sample import sample
from integrations.sources.slack.settings import Settings
from integrations.sources.slack.visibility import changes, visibility

SOURCE: Source[Settings] = Source(
    name="slack",
    title="Slack",
    settings=Settings,
    signature=Signature(
        header="x-slack-signature",
        prefix="v0=",
        signed="v0:{timestamp}:{body}",
        timestamp_header="x-slack-request-timestamp",
    ),
    handled=SLACK_EVENTS,
    ignored=SLACK_IGNORED,
    event=event,
    parse=parse,
    visibility=visibility,
    changes=changes,
    unkept=frozenset({"user_change", "user_profile_changed"}),
    delivery_id=delivery_id,
    polling=SLACK_POLLING,
    guide=__doc__,
    sample=sample,
    replying=REPLYING,
    challenge=challenge,
    global_authors=True,
)

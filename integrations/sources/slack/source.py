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
   then press **Save Changes**.
6. **Install App → Install to Workspace**.
7. In each channel to follow, write `/invite @` and the app's name. Write a message there: it
   appears within seconds.

Direct messages are never followed. Enter the workspace's address in the settings, so that quotes
link to their message.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import BaseModel, Field

from integrations import payload
from integrations.contract import Inbound, PayloadError
from integrations.signatures import Signature
from integrations.source_contract import AuthorRef, CommentEvent, EventType, Response, Source
from integrations.sources.slack.blocks import blocks_to_text
from integrations.text import mrkdwn_to_text

_TIMESTAMP = re.compile(r"[0-9]{1,10}\.[0-9]{6}", re.ASCII)
_NEW = (
    "message",
    "message.thread_broadcast",
    "message.file_share",
    "message.me_message",
    "message.bot_message",
)

_NOTICES = (
    "assistant_app_thread bot_add bot_disable bot_enable bot_remove channel_archive "
    "channel_canvas_updated"
    " channel_convert_to_private channel_convert_to_public channel_join channel_leave channel_name"
    " channel_posting_permissions channel_purpose channel_topic channel_unarchive document_mention "
    "ekm_access_denied"
    " file_comment file_mention group_archive group_join group_leave group_name group_purpose "
    "group_topic"
    " group_unarchive huddle_thread joiner_notification joiner_notification_for_inviter "
    "list_record_comment"
    " pinned_item reminder_add reply_broadcast sh_room_created sh_room_shared slackbot_response "
    "tombstone"
    " unpinned_item"
)
_OTHER_EVENTS = (
    "app_deleted app_home_opened app_installed app_requested app_uninstalled app_uninstalled_team"
    " assistant_thread_context_changed assistant_thread_started call_rejected channel_archive "
    "channel_created"
    " channel_deleted channel_history_changed channel_id_changed channel_left channel_rename "
    "channel_shared"
    " channel_unarchive channel_unshared dnd_updated dnd_updated_user email_domain_changed "
    "emoji_changed"
    " entity_details_requested file_change file_comment_added file_comment_deleted "
    "file_comment_edited file_created"
    " file_deleted file_public file_shared file_unshared function_executed grid_migration_finished"
    " grid_migration_started group_archive group_close group_deleted group_history_changed "
    "group_left group_open"
    " group_rename group_unarchive im_close im_created im_history_changed im_open invite_requested "
    "link_shared"
    " member_joined_channel member_left_channel message_metadata_deleted message_metadata_posted"
    " message_metadata_updated pin_added pin_removed reaction_added reaction_removed "
    "resources_added resources_removed"
    " scope_denied scope_granted shared_channel_invite_accepted shared_channel_invite_approved"
    " shared_channel_invite_declined shared_channel_invite_received "
    "shared_channel_invite_requested star_added"
    " star_removed subteam_created subteam_members_changed subteam_self_added subteam_self_removed "
    "subteam_updated"
    " team_access_granted team_access_revoked team_domain_change team_join team_rename "
    "tokens_revoked url_verification"
    " user_change user_connection user_huddle_changed user_profile_changed user_resource_denied "
    "user_resource_granted"
    " user_resource_removed user_status_changed workflow_deleted workflow_published "
    "workflow_step_deleted"
    " workflow_step_execute workflow_unpublished"
)

_IGNORED = {
    **dict.fromkeys(
        [f"message.{name}" for name in _NOTICES.split()],
        "A notice that Slack writes, not a person.",
    ),
    **dict.fromkeys(_OTHER_EVENTS.split(), "It is not a message."),
    "message.message_replied": "The reply itself arrives as a message.",
    "direct_message.*": "Direct messages are not for a product team.",
    "app_mention": "The same message arrives as a message event.",
    "app_rate_limited": "Slack held events back because there were more than 30,000 in an hour.",
}


class Settings(BaseModel):
    """What a Slack source needs to know."""

    workspace_url: payload.SettingAddress = Field(
        default="",
        description="Address of the workspace (https://acme.slack.com). Without it links open the channel only.",
    )
    channels: str = Field(
        default="",
        description="Only these channels: their IDs (C0123ABCD), separated by commas. Leave it blank to follow all.",
    )
    staff: str = Field(
        default="",
        description="IDs of the members who belong to your own team (U0123ABCD), separated by commas.",
    )


class Profile(payload.Shape):
    """A member's names, where Slack sends them."""

    name: payload.Line = ""
    display_name: payload.Line = ""
    real_name: payload.Line = ""


class Edited(payload.Shape):
    """Who edited a message, and when."""

    ts: payload.Line = ""


class Message(payload.Shape):
    """A message as Slack's message event, or the ``message`` of message_changed, describes it."""

    subtype: payload.Line = ""
    user: payload.OptionalId = ""
    bot_id: payload.OptionalId = ""
    username: payload.Line = ""
    user_profile: Profile | None = None
    text: payload.Text = ""
    blocks: object = None
    ts: payload.Line = ""
    thread_ts: payload.Line = ""
    edited: Edited | None = None


class Event(Message):
    """The inner event of a delivery."""

    channel: payload.OptionalId = ""
    event_ts: payload.Line = ""
    deleted_ts: payload.Line = ""
    message: Message | None = None
    previous_message: Message | None = None


class Delivery(payload.Shape):
    """Slack's envelope around one event."""

    team_id: payload.Line = ""
    event: Event


def event(inbound: Inbound) -> str:
    """``message``, or ``message.`` and the subtype; messages between members are
    ``direct_message.*``."""
    body = inbound.json()
    inner = body.get("event")
    if not isinstance(inner, dict):
        return payload.name(body.get("type"))
    kind, subtype = payload.name(inner.get("type")), payload.name(inner.get("subtype"))
    if kind == "message" and inner.get("channel_type") in ("im", "mpim", "app_home"):
        return f"direct_message.{subtype or 'new'}"
    return f"{kind}.{subtype}" if subtype and kind == "message" else kind


def parse(inbound: Inbound, settings: Settings) -> list[CommentEvent]:
    """The message as one comment, or none: another channel's, or a change of its link preview
    alone.

    Ids are ``channel:ts``; a version is the ``event_ts`` of what happened, in fixed width. A
    deleted message with replies arrives as message_changed to a ``tombstone``.
    """
    delivery = payload.read(Delivery, inbound.json())
    happened = delivery.event
    if not happened.channel:
        raise PayloadError("wrong_shape", "event.channel is blank.")
    wanted = payload.listed(settings.channels)
    if wanted and happened.channel not in wanted:
        return []
    match event(inbound):
        case "message.message_deleted":
            return [_deletion(happened, happened.deleted_ts)]
        case "message.message_changed":
            return _change(delivery, settings)
    return [_comment(delivery, happened, EventType.created, settings)]


def _change(delivery: Delivery, settings: Settings) -> list[CommentEvent]:
    happened = delivery.event
    now, before = happened.message, happened.previous_message
    if now is None:
        raise PayloadError("wrong_shape", "event.message is missing.")
    if now.subtype == "tombstone":
        return [_deletion(happened, now.ts)]
    if now.subtype and f"message.{now.subtype}" not in _NEW:
        return []
    if before is not None and (before.text, before.blocks, before.edited) == (
        now.text,
        now.blocks,
        now.edited,
    ):
        return []
    return [_comment(delivery, now, EventType.edited, settings)]


def _deletion(happened: Event, ts: str) -> CommentEvent:
    return CommentEvent(
        type=EventType.deleted,
        external_id=payload.joined(happened.channel, _checked(ts)),
        version=_version(happened.event_ts or happened.ts),
    )


def _comment(
    delivery: Delivery, message: Message, kind: EventType, settings: Settings
) -> CommentEvent:
    happened = delivery.event
    ts = _checked(message.ts)
    thread = _checked(message.thread_ts) if message.thread_ts else ts
    edited = message.edited.ts if message.edited else ""
    changed = happened.event_ts or happened.ts or edited if kind is EventType.edited else ts
    raw, extras = payload.cut(message.text)
    return CommentEvent(
        type=kind,
        external_id=payload.joined(happened.channel, ts),
        version=_version(changed),
        thread_id=payload.joined(happened.channel, thread),
        permalink=_permalink(delivery, ts, thread, settings),
        author=_author(delivery, message, settings),
        text=mrkdwn_to_text(raw) or blocks_to_text(message.blocks),
        created_at=_time(ts),
        edited_at=_time(edited or changed) if kind is EventType.edited else None,
        parent_id=payload.joined(happened.channel, thread) if thread != ts else "",
        opens_thread=thread == ts,
        extras=extras,
    )


def _author(delivery: Delivery, message: Message, settings: Settings) -> AuthorRef:
    """The member (or bot) behind a message. Member ids are unique only within a workspace, so it
    goes in front."""
    member = message.user or message.bot_id
    if not member:
        raise PayloadError("wrong_shape", "event.user is blank.")
    profile = message.user_profile or Profile()
    return AuthorRef(
        external_id=payload.joined(delivery.team_id, member),
        handle=profile.name or message.username or member,
        name=profile.display_name or profile.real_name,
        is_staff=member in payload.listed(settings.staff),
        is_bot=bool(message.bot_id) or message.subtype == "bot_message",
    )


def _permalink(delivery: Delivery, ts: str, thread: str, settings: Settings) -> str:
    """The address that chat.getPermalink gives, or one that opens the channel where the workspace
    is not known."""
    channel = delivery.event.channel
    workspace = settings.workspace_url
    if not channel.isalnum() or not workspace:
        known = channel.isalnum() and delivery.team_id.isalnum()
        return (
            f"https://slack.com/app_redirect?team={delivery.team_id}&channel={channel}"
            if known
            else ""
        )
    link = f"{workspace}/archives/{channel}/p{ts.replace('.', '')}"
    return link if thread == ts else f"{link}?thread_ts={thread}&cid={channel}"


def _checked(ts: str) -> str:
    if not _TIMESTAMP.fullmatch(ts):
        raise PayloadError(
            "wrong_shape", "event.ts is not a Slack timestamp such as 1730538900.000100."
        )
    return ts


def _version(ts: str) -> str:
    return _checked(ts).zfill(17)


def _time(ts: str) -> datetime:
    seconds, _, micros = _checked(ts).partition(".")
    return datetime.fromtimestamp(int(seconds), UTC).replace(microsecond=int(micros))


def challenge(inbound: Inbound, secrets: Sequence[str]) -> Response | None:
    """The answer to ``url_verification``, which Slack signs and sends when the Request URL is
    entered."""
    if b"url_verification" not in inbound.body:
        return None
    body = inbound.json()
    value = body.get("challenge")
    if body.get("type") != "url_verification" or not isinstance(value, str):
        return None
    return Response(json.dumps({"challenge": value}).encode(), content_type="application/json")


def delivery_id(inbound: Inbound) -> str | None:
    """Slack's ``event_id``, which a retry repeats; None, for the body's hash, where it is blank."""
    value = inbound.json().get("event_id")
    return payload.delivery_key(value) if isinstance(value, str) else None


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
    handled=frozenset({*_NEW, "message.message_changed", "message.message_deleted"}),
    ignored=_IGNORED,
    event=event,
    parse=parse,
    delivery_id=delivery_id,
    guide=__doc__,
    challenge=challenge,
    global_authors=True,
)

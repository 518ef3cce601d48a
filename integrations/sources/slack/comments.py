"""Messages of a workspace, as comments of ours."""

from __future__ import annotations

from dataclasses import replace

from integrations import payload
from integrations.contract import Inbound, PayloadError
from integrations.source_contract import AuthorRef, CommentEvent, EventType
from integrations.sources.slack import timestamps
from integrations.sources.slack.blocks import blocks_to_text
from integrations.sources.slack.events import (
    NEW_MESSAGES,
    SLACK_ACCOUNT_EVENTS,
    SLACK_WIDE_EVENTS,
    event,
)
from integrations.sources.slack.forms import form_text, shared_text, submitter
from integrations.sources.slack.mrkdwn import mrkdwn_to_text
from integrations.sources.slack.settings import Settings
from integrations.sources.slack.shapes import Delivery, Event, Message, Profile
from integrations.sources.slack.visibility import place, visibility


def parse(inbound: Inbound, settings: Settings) -> list[CommentEvent]:
    """The message as one comment, or none: another channel's, or a change of its link preview
    alone.

    Ids are ``channel:ts``; a version is the ``event_ts`` of what happened, in fixed width. A
    deleted message with replies arrives as message_changed to a ``tombstone``.
    """
    name = event(inbound)
    if name in SLACK_WIDE_EVENTS or name in SLACK_ACCOUNT_EVENTS:
        return []
    delivery = payload.read(Delivery, inbound.json())
    channel = delivery.event.channel
    if not channel:
        raise PayloadError("wrong_shape", "event.channel is blank.")
    followed = payload.listed(settings.channels)
    if followed and channel not in followed:
        return []
    comments = _comments(name, delivery, settings)
    seen = visibility(inbound, settings)
    return [
        comment
        if comment.type is EventType.deleted
        else replace(comment, visibility=seen, place=place(channel))
        for comment in comments
    ]


def _comments(name: str, delivery: Delivery, settings: Settings) -> list[CommentEvent]:
    match name:
        case "message.message_deleted":
            return [_deletion(delivery.event, delivery.event.deleted_ts)]
        case "message.message_changed":
            return _change(delivery, settings)
    return [_comment(delivery, delivery.event, EventType.created, settings)]


def _change(delivery: Delivery, settings: Settings) -> list[CommentEvent]:
    """What message_changed did to a comment: an edit, a deletion, or nothing that people see."""
    message, previous = delivery.event.message, delivery.event.previous_message
    if message is None:
        raise PayloadError("wrong_shape", "event.message is missing.")
    if message.subtype == "tombstone":
        return [_deletion(delivery.event, message.ts)]
    if message.subtype and f"message.{message.subtype}" not in NEW_MESSAGES:
        return []
    if previous is not None and _same_words(previous, message):
        return []
    return [_comment(delivery, message, EventType.edited, settings)]


def _same_words(previous: Message, message: Message) -> bool:
    return (previous.text, previous.blocks, previous.edited) == (
        message.text,
        message.blocks,
        message.edited,
    )


def _deletion(change: Event, ts: str) -> CommentEvent:
    return CommentEvent(
        type=EventType.deleted,
        external_id=payload.joined(change.channel, timestamps.checked(ts)),
        version=timestamps.version(change.event_ts or change.ts),
    )


def _comment(
    delivery: Delivery, message: Message, event_type: EventType, settings: Settings
) -> CommentEvent:
    change = delivery.event
    ts = timestamps.checked(message.ts)
    thread_ts = timestamps.checked(message.thread_ts) if message.thread_ts else ts
    changed_ts, edited_at = ts, None
    if event_type is EventType.edited:
        edited_ts = message.edited.ts if message.edited else ""
        changed_ts = change.event_ts or change.ts or edited_ts
        edited_at = timestamps.time(edited_ts or changed_ts)
    thread_id = payload.joined(change.channel, thread_ts)
    raw, extras = payload.cut(message.text)
    return CommentEvent(
        type=event_type,
        external_id=payload.joined(change.channel, ts),
        version=timestamps.version(changed_ts),
        thread_id=thread_id,
        permalink=_permalink(delivery, ts, thread_ts, settings),
        author=_author(delivery, message, settings),
        text=_text(message, raw, settings),
        created_at=timestamps.time(ts),
        edited_at=edited_at,
        parent_id=thread_id if thread_ts != ts else "",
        opens_thread=thread_ts == ts,
        extras=extras,
    )


def _text(message: Message, raw: str, settings: Settings) -> str:
    """What a message says: a person's own words and those of a message that they shared, or what
    somebody wrote into a form."""
    if not _is_bot(message):
        own_words = mrkdwn_to_text(raw) or blocks_to_text(message.blocks)
        shared = shared_text(message.attachments, only_shared=True)
        return "\n\n".join([words for words in (own_words, shared) if words])
    words = form_text(raw) if _carries(message, settings) else mrkdwn_to_text(raw)
    words = words or blocks_to_text(message.blocks)
    return words or shared_text(message.attachments, only_shared=False)


def _is_bot(message: Message) -> bool:
    return bool(message.bot_id) or message.subtype == "bot_message"


def _carries(message: Message, settings: Settings) -> bool:
    """Whether a program's message holds the words of a person."""
    named = message.bot_id in payload.listed(settings.carriers)
    return named or bool(submitter(message.text))


def _carried_author(delivery: Delivery, message: Message, settings: Settings) -> AuthorRef:
    """Who filled a form in, where it says so; else each message is by somebody else, as a form
    rarely says who and one person rarely fills it in twice."""
    if member := submitter(message.text):
        return AuthorRef(
            external_id=payload.joined(delivery.team_id, member),
            handle=member,
            is_staff=member in payload.listed(settings.staff),
        )
    return AuthorRef(
        external_id=payload.joined(delivery.team_id, message.bot_id, message.ts),
        handle=message.username or message.bot_id,
    )


def _author(delivery: Delivery, message: Message, settings: Settings) -> AuthorRef:
    """The member (or bot) behind a message. Member ids are unique only within a workspace, so it
    goes in front."""
    if _is_bot(message) and _carries(message, settings):
        return _carried_author(delivery, message, settings)
    member = message.user or message.bot_id
    if not member:
        raise PayloadError("wrong_shape", "event.user is blank.")
    profile = message.user_profile or Profile()
    return AuthorRef(
        external_id=payload.joined(delivery.team_id, member),
        handle=profile.name or message.username or member,
        name=profile.display_name or profile.real_name,
        is_staff=member in payload.listed(settings.staff),
        is_bot=_is_bot(message),
    )


def _permalink(delivery: Delivery, ts: str, thread_ts: str, settings: Settings) -> str:
    """The address that chat.getPermalink gives, or one that opens the channel where the workspace
    is not known; blank for ids that are none."""
    channel, team = delivery.event.channel, delivery.team_id
    if not channel.isalnum():
        return ""
    if not settings.workspace_url:
        link = f"https://slack.com/app_redirect?team={team}&channel={channel}"
        return link if team.isalnum() else ""
    link = f"{settings.workspace_url}/archives/{channel}/p{ts.replace('.', '')}"
    return link if thread_ts == ts else f"{link}?thread_ts={thread_ts}&cid={channel}"

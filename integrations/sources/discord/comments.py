"""Messages of a Discord server, as comments of ours."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from integrations import payload
from integrations.contract import Inbound
from integrations.source_contract import AuthorRef, CommentEvent, EventType
from integrations.sources.discord.events import DISCORD_WIDE_EVENTS, command, event
from integrations.sources.discord.settings import Settings
from integrations.sources.discord.shapes import (
    BulkDeletion,
    Content,
    Deletion,
    Message,
    MessageReference,
)
from integrations.sources.discord.visibility import place, visibility
from integrations.text.markdown import markdown_to_text

GONE_VERSION = "9999-12-31T23:59:59.999999Z.2"
"""A deletion has no time, and nothing comes back: it is behind every edit."""
_FORWARD = 1
_USER = re.compile(r"<@!?(\d{1,20})>")
_CHANNEL = re.compile(r"<#(\d{1,20})>")
_ROLE = re.compile(r"<@&(\d{1,20})>")
_CUSTOM_EMOJI = re.compile(r"<a?:(\w{1,32}):\d{1,20}>")
_QUOTE_END = re.compile(r"^(> .*)\n(?!> )", re.MULTILINE)
_TIME = re.compile(r"<t:(-?\d{1,13})(?::[tTdDfFR])?>")


def parse(inbound: Inbound, settings: Settings) -> list[CommentEvent]:
    """The message as one comment, or the deleted ones.

    A thread is a channel of its own, with the id of the message that it began with; a message in
    an ordinary channel is a thread by itself, together with what answers it.
    """
    name, body = event(inbound), inbound.json()
    if name in DISCORD_WIDE_EVENTS:
        return []
    if name == "message_delete":
        return [_deletion(payload.read(Deletion, body.get("d")).id)]
    if name == "message_delete_bulk":
        return [_deletion(number) for number in payload.read(BulkDeletion, body.get("d")).ids]
    message = payload.read(Message, command(body) if "t" not in body else body.get("d"))
    channel = message.relay_place.channel_id or message.channel_id
    followed = payload.listed(settings.channels)
    if followed and name != "interaction.message_command" and channel not in followed:
        return []
    text, extras = payload.cut(_text(message))
    reference = message.message_reference or MessageReference()
    answers = reference.message_id if reference.type != _FORWARD else ""
    in_thread = message.relay_place.in_thread
    thread_id = message.channel_id if in_thread else (answers or message.id)
    return [
        CommentEvent(
            EventType.edited if message.edited_timestamp else EventType.created,
            message.id,
            version=_version(message),
            thread_id=thread_id,
            thread_title=message.relay_place.title if in_thread else "",
            permalink=_permalink(message),
            author=_author(message, settings),
            text=text,
            created_at=message.timestamp,
            edited_at=message.edited_timestamp,
            parent_id=answers,
            opens_thread=message.id == thread_id,
            likes=min(sum(reaction.count for reaction in message.reactions), 2**31 - 1),
            extras={**extras, "channel": message.channel_id, "server": message.guild_id},
            visibility=visibility(inbound, settings),
            place=place(channel),
        )
    ]


def _version(message: Message) -> str:
    return payload.version(
        message.edited_timestamp or message.timestamp, "1" if message.edited_timestamp else "0"
    )


def _deletion(number: str) -> CommentEvent:
    return CommentEvent(EventType.deleted, number, version=GONE_VERSION)


def _text(message: Message) -> str:
    """The words; where there are none, what is shown instead."""
    reference = message.message_reference or MessageReference()
    if reference.type == _FORWARD and message.message_snapshots:
        return _words(message.message_snapshots[0].message)
    return _words(message)


def _words(content: Content) -> str:
    names = {user.id: user.global_name or user.username for user in content.mentions}
    source = _USER.sub(lambda match: f"@{names.get(match[1]) or match[1]}", content.content)
    source = _ROLE.sub(r"@\1", _CHANNEL.sub(r"#\1", source))
    source = _TIME.sub(_time_words, _CUSTOM_EMOJI.sub(r":\1:", source))
    # Discord's quote ends with its line; Markdown's goes on until an empty one.
    words = markdown_to_text(_QUOTE_END.sub(r"\1\n\n", source))
    if words:
        return words
    lines = [one.description or f"[file: {one.filename}]" for one in content.attachments]
    if content.poll is not None:
        lines.append(content.poll.question.text)
        lines += [f"- {answer.poll_media.text}" for answer in content.poll.answers]
    lines += [f"[sticker: {sticker.name}]" for sticker in content.sticker_items]
    for embed in content.embeds:
        lines += [line for line in (embed.title, markdown_to_text(embed.description)) if line]
    return "\n".join(line for line in lines if line)


def _time_words(match: re.Match[str]) -> str:
    try:
        return f"{datetime.fromtimestamp(int(match[1]), UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):
        return match[1]


def _author(message: Message, settings: Settings) -> AuthorRef:
    user, member = message.author, message.member
    roles = set(member.roles or ()) if member else set()
    is_staff = user.id in payload.listed(settings.staff)
    return AuthorRef(
        user.id,
        handle=user.username or user.id,
        name=(member.nick if member else "") or user.global_name,
        is_staff=is_staff or bool(roles & set(payload.listed(settings.staff_roles))),
        is_bot=user.bot or bool(message.webhook_id),
    )


def _permalink(message: Message) -> str:
    parts = (message.guild_id or "@me", message.channel_id, message.id)
    if not all(part.isdigit() or part == "@me" for part in parts):
        return ""
    return f"https://discord.com/channels/{'/'.join(parts)}"

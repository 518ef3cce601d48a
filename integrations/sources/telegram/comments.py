"""Messages of Telegram, as comments of ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import JsonValue

from integrations import payload
from integrations.contract import Inbound
from integrations.source_contract import AuthorRef, CommentEvent, EventType
from integrations.sources.telegram.settings import Settings
from integrations.sources.telegram.updates import (
    FILE_KINDS,
    TELEGRAM_WIDE_EVENTS,
    event,
    message_of,
    place,
    visibility,
)

_QUOTES = frozenset({"blockquote", "expandable_blockquote"})
_SUPERGROUP = "-100"


class Person(payload.Shape):
    """An account, a bot, or a chat that speaks."""

    id: payload.Identifier
    is_bot: payload.Flag = False
    username: payload.Line = ""
    first_name: payload.Line = ""
    last_name: payload.Line = ""
    title: payload.Line = ""

    @property
    def name(self) -> str:
        return (
            self.title or f"{self.first_name} {self.last_name}".strip()[: payload.ID_MAX_CHARACTERS]
        )


class Entity(payload.Shape):
    """A part of a text that is marked; in UTF-16 units."""

    type: payload.Line = ""
    offset: payload.Count = 0
    length: payload.Count = 0


class PollOption(payload.Shape):
    """What can be chosen in a poll."""

    text: payload.Line = ""


class Questions(payload.Shape):
    """A poll."""

    question: payload.Line = ""
    options: Sequence[PollOption] = ()


class Answered(payload.Shape):
    """The message that is answered."""

    message_id: payload.Identifier
    message_thread_id: payload.OptionalId = ""
    forum_topic_created: dict[str, JsonValue] | None = None


class TelegramMessage(payload.Shape):
    """What we read of a message."""

    message_id: payload.Identifier
    chat: Person
    date: payload.UnixTime = None
    edit_date: payload.UnixTime = None
    sender: Person | None = None
    sender_chat: Person | None = None
    message_thread_id: payload.OptionalId = ""
    is_topic_message: payload.Flag = False
    reply_to_message: Answered | None = None
    text: payload.Text = ""
    caption: payload.Text = ""
    entities: Sequence[Entity] = ()
    caption_entities: Sequence[Entity] = ()
    poll: Questions | None = None
    rich_message: dict[str, JsonValue] | None = None


def parse(inbound: Inbound, settings: Settings) -> list[CommentEvent]:
    """The message as one comment."""
    if event(inbound) in TELEGRAM_WIDE_EVENTS:
        return []
    inner = message_of(inbound.json())
    # ``from`` cannot be a name in Python.
    message = payload.read(TelegramMessage, {**inner, "sender": inner.get("from")})
    chat = message.chat
    followed = {one.lower().removeprefix("@") for one in payload.listed(settings.chats)}
    if followed and not followed & {chat.id, chat.username.lower()}:
        return []
    topic = message.message_thread_id if message.is_topic_message else ""
    answered = message.reply_to_message
    if answered is not None and answered.forum_topic_created is not None:
        answered = None  # the topic itself, not a message in it
    thread, parent = _thread(message, answered)
    text, extras = payload.cut(_text(message, inner))
    title = (message.reply_to_message.forum_topic_created or {}) if message.reply_to_message else {}
    return [
        CommentEvent(
            EventType.edited if message.edit_date else EventType.created,
            payload.joined(chat.id, message.message_id),
            version=payload.version(
                message.edit_date or message.date, "1" if message.edit_date else "0"
            ),
            thread_id=payload.joined(chat.id, thread),
            thread_title=payload.name(title.get("name")),
            permalink=_permalink(message, topic),
            author=_author(message, settings),
            text=text,
            created_at=message.date,
            edited_at=message.edit_date,
            parent_id=payload.joined(chat.id, parent) if parent else "",
            opens_thread=thread == message.message_id,
            extras={**extras, "chat": chat.id, **({"topic": topic} if topic else {})},
            visibility=visibility(inbound, settings),
            place=place(chat.id),
        )
    ]


def _thread(message: TelegramMessage, answered: Answered | None) -> tuple[str, str]:
    """The thread and the message that is answered: a topic, or what an answer shares with its
    question."""
    parent = answered.message_id if answered else ""
    if message.message_thread_id:
        return message.message_thread_id, parent
    if answered is not None:
        return answered.message_thread_id or answered.message_id, parent
    return message.message_id, parent


def _text(message: TelegramMessage, inner: dict[str, Any]) -> str:
    """The words; where there are none, what is shown instead."""
    words = message.text or message.caption
    entities = message.entities if message.text else message.caption_entities
    if words:
        return _without_quotes(words, entities)
    if message.poll is not None:
        lines = [message.poll.question, *(f"- {one.text}" for one in message.poll.options)]
        return "\n".join(line for line in lines if line)
    if message.rich_message is not None:
        return "\n".join(_rich(message.rich_message.get("blocks")))
    return next((f"[{name.replace('_', ' ')}]" for name in FILE_KINDS if inner.get(name)), "")


def _without_quotes(words: str, entities: Sequence[Entity]) -> str:
    """The words without what is quoted from others, unless nothing else is left."""
    units = words.encode("utf-16-le", "replace")
    own, end = [], 0
    for entity in sorted(entities, key=lambda one: one.offset):
        if entity.type in _QUOTES and entity.offset * 2 >= end:
            own.append(units[end : entity.offset * 2])
            end = (entity.offset + entity.length) * 2
    left = b"".join([*own, units[end:]]).decode("utf-16-le", "replace").strip()
    return left or words


def _rich(block: Any) -> Iterator[str]:
    """The texts of a rich message, block by block."""
    if isinstance(block, list):
        for one in block:
            yield from _rich(one)
    elif isinstance(block, dict):
        if isinstance(text := block.get("text"), str):
            yield text
        for name, inner in block.items():
            if name != "text" or not isinstance(inner, str):
                yield from _rich(inner)


def _author(message: TelegramMessage, settings: Settings) -> AuthorRef:
    """A chat that speaks for itself is its administrators or its channel, which are the team's."""
    chat, writer = message.chat, message.sender_chat or message.sender or message.chat
    staff = {one.lower().removeprefix("@") for one in payload.listed(settings.staff)}
    is_own = writer.id == chat.id and message.sender_chat is not None
    is_channel = message.sender is None and message.sender_chat is None
    return AuthorRef(
        writer.id,
        handle=writer.username or writer.name or writer.id,
        name=writer.name,
        is_staff=is_own or is_channel or bool(staff & {writer.id, writer.username.lower()}),
        is_bot=writer.is_bot,
    )


def _permalink(message: TelegramMessage, topic: str) -> str:
    chat, number = message.chat, message.message_id
    path = f"{topic}/{number}" if topic else number
    if chat.username:
        return payload.web_address(f"https://t.me/{chat.username}/{path}")
    inner = chat.id.removeprefix(_SUPERGROUP)
    return f"https://t.me/c/{inner}/{path}" if inner != chat.id and inner.isdigit() else ""

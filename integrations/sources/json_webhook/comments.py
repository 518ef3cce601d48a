"""A body as comments, by its mapping."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from integrations import payload
from integrations.contract import Inbound, PayloadError, Visibility
from integrations.source_contract import AuthorRef, CommentEvent, EventType
from integrations.sources.json_webhook.expressions import found_at
from integrations.sources.json_webhook.settings import Settings
from integrations.text.html import html_to_text
from integrations.text.markdown import markdown_to_text

JSON_EVENT = "json.received"
COMMENTS_MAX = 1_000
_TEST_WORDS = ("ping", "test", "webhook.test", "installation.created")
_MARKUP_READERS: dict[str, Callable[[str], str]] = {
    "html": html_to_text,
    "markdown": markdown_to_text,
    "text": str,
}
_MILLISECONDS_FROM = 100_000_000_000


def event(inbound: Inbound) -> str:
    """``json.received``, or ``ping`` for a sender's own test; ``json.empty`` for nothing."""
    body = inbound.json()
    names = (body.get("type"), body.get("event"), body.get("topic"), body.get("action"))
    if any(name in _TEST_WORDS for name in names):
        return "ping"
    return JSON_EVENT if body else "json.empty"


def delivery_id(inbound: Inbound) -> str | None:
    """What well-known senders repeat when they try again: ``webhook-id``, or the event's id."""
    if named := payload.delivery_key(inbound.headers.get("webhook-id", "")):
        return named
    body = inbound.json()
    event_id = body.get("event_id") or body.get("eventId")
    return payload.delivery_key("event", event_id) if isinstance(event_id, str) else None


def visibility(inbound: Inbound, settings: Settings) -> Visibility:
    """Who may read it: nobody but a person knows, so it stands in the settings."""
    return settings.default_visibility


def parse(inbound: Inbound, settings: Settings) -> list[CommentEvent]:
    """The comments of a body; none where it does not count, or nothing was written."""
    body = inbound.json()
    condition = settings.expression("only_if")
    if condition and not found_at(condition, body):
        return []
    listed = settings.expression("comments")
    comments = found_at(listed, body) if listed else body
    if not isinstance(comments, list):
        comments = [] if comments is None else [comments]
    mapped = [_Mapped(comment, body, inbound, settings) for comment in comments[:COMMENTS_MAX]]
    events = [one.event() for one in mapped]
    return [one for one in events if one is not None]


class _Mapped:
    """One comment, as the mapping finds it."""

    def __init__(self, comment: Any, body: Any, inbound: Inbound, settings: Settings) -> None:
        self.places = (comment,) if comment is body else (comment, body)
        self.inbound, self.settings = inbound, settings

    def value(self, name: str) -> Any:
        return found_at(self.settings.expression(name), *self.places)

    def event(self) -> CommentEvent | None:
        """What happened to the comment; None where nothing was written. Raises PayloadError."""
        raw = _text(self.value("text"))
        is_deleted = bool(self.value("deleted"))
        if not raw.strip() and not is_deleted:
            return None
        external_id = self._word("id")
        if not external_id:
            raise PayloadError("wrong_shape", "id: the expression finds nothing in this body.")
        changed_at, created_at = self._time("changed_at"), self._time("created_at")
        moment = changed_at or created_at or self.inbound.received_at
        if is_deleted:
            version = payload.version(moment, "2")
            return CommentEvent(EventType.deleted, external_id, version=version)
        is_edited = changed_at is not None and changed_at != (created_at or changed_at)
        text, extras = payload.cut(raw)
        thread_id = self._word("thread") or external_id
        opens = self.value("opens_thread")
        named = bool(self.settings.expression("opens_thread"))
        return CommentEvent(
            EventType.edited if is_edited else EventType.created,
            external_id,
            version=payload.version(moment, "1" if is_edited else "0"),
            thread_id=thread_id,
            thread_title=_line(self.value("title")),
            permalink=payload.web_address(self.value("url")),
            author=self._author(external_id),
            text=_MARKUP_READERS[self.settings.format](text),
            created_at=created_at or moment,
            edited_at=changed_at if is_edited else None,
            parent_id=self._word("parent_id"),
            opens_thread=bool(opens) if named else thread_id == external_id,
            extras=extras,
            visibility=self.settings.default_visibility,
        )

    def _author(self, external_id: str) -> AuthorRef:
        name = _line(self.value("author_name"))
        author_id = self._word("author_id") or name or f"of:{external_id}"[:300]
        return AuthorRef(external_id=author_id, handle=name or author_id, name=name)

    def _word(self, name: str) -> str:
        """An id as text; what is neither text nor number is known by its hash."""
        value = self.value(name)
        if value is None:
            return ""
        if isinstance(value, dict | list | float | bool):
            written = json.dumps(value, sort_keys=True, ensure_ascii=False)
            value = hashlib.sha256(written.encode("utf-8", "replace")).hexdigest()
        return payload.read(_Word, {"word": value}).word

    def _time(self, name: str) -> datetime | None:
        """A time, as text or as seconds or milliseconds since 1970; None for anything else."""
        value = self.value(name)
        if isinstance(value, str) and value.isascii() and value.isdecimal():
            value = int(value[:20])
        try:
            if isinstance(value, int | float) and not isinstance(value, bool):
                seconds = value / 1_000 if abs(value) >= _MILLISECONDS_FROM else value
                return datetime.fromtimestamp(seconds, UTC)
            moment = datetime.fromisoformat(str(value)) if value else None
            if moment is None:
                return None
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError, OSError):
            return None


class _Word(payload.Shape):
    word: payload.OptionalId = ""


def _text(value: Any) -> str:
    """A text, or the texts of a list one below another."""
    if isinstance(value, list):
        return "\n\n".join(part for part in map(_text, value) if part.strip())
    if isinstance(value, str):
        return value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value)[:100] if is_number and abs(value) < 1e15 else ""


def _line(value: Any) -> str:
    return payload.read(_Line, {"line": _text(value)}).line


class _Line(payload.Shape):
    line: payload.Line = ""

"""What a source is: data plus pure functions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, TypeVar

from pydantic import BaseModel, JsonValue

from integrations.contract import Inbound

if TYPE_CHECKING:
    import httpx

    from integrations.signatures import Signature

S = TypeVar("S", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Response:
    """The answer to a handshake, sent as it is."""

    body: bytes = b""
    content_type: str = "text/plain"
    status: int = 200


class EventType(StrEnum):
    created = "created"
    edited = "edited"
    deleted = "deleted"


@dataclass(frozen=True, slots=True)
class AuthorRef:
    """Who wrote a comment, as the platform names them. ``external_id`` never changes, a handle
    may."""

    external_id: str
    handle: str
    name: str = ""
    is_staff: bool = False
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class CommentEvent:
    """One thing that happened to one comment. ``text`` is plain text; ``version`` orders the
    versions of a comment.

    ``version`` compares as text: use ISO 8601 UTC times with fixed width, or zero-padded numbers,
    or ``""`` for a platform that never edits. A deletion may leave everything empty but
    ``external_id`` and ``version``. ``opens_thread``: it is the thread's first message (an issue, a
    topic), not an answer in it.
    """

    type: EventType
    external_id: str
    version: str = ""
    thread_id: str = ""
    thread_title: str = ""
    permalink: str = ""
    author: AuthorRef | None = None
    text: str = ""
    created_at: datetime | None = None
    edited_at: datetime | None = None
    parent_id: str = ""
    opens_thread: bool = False
    likes: int = 0
    extras: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Poll:
    """One page fetched by a poll: the raw body becomes a delivery, ``cursor`` is where the next
    poll starts."""

    deliveries: Sequence[Inbound]
    cursor: str


@dataclass(frozen=True, slots=True)
class Source(Generic[S]):
    """A platform we listen to. The module's docstring is its set-up guide.

    ``event`` names what a delivery is about (``issues.opened``); it must be in ``handled`` (then
    ``parse`` is called), in ``ignored`` (name -> why we leave it alone; a trailing ``.*`` matches
    every action), or it is 'unknown' and kept. ``parse`` is pure and raises PayloadError.
    ``delivery_id`` returns what makes a delivery the same one again (at most 200 characters), or
    None for 'the SHA-256 of the body'. ``challenge`` answers a platform's handshake, given the
    active secrets, and returns None for anything that is not one; ``challenge_signed`` says whether
    the handshake's signature must be right first. ``validate`` raises PayloadError for a body that
    its sender should be told of (400); where it is None, or passes, the delivery is stored first
    and a bad one shows as failed. ``global_authors``: author ids mean the same person in every
    source of the platform. ``reply`` is None where we cannot reply.
    """

    name: str
    title: str
    settings: type[S]
    signature: Signature
    handled: frozenset[str]
    ignored: Mapping[str, str]
    event: Callable[[Inbound], str]
    parse: Callable[[Inbound, S], list[CommentEvent]]
    delivery_id: Callable[[Inbound], str | None]
    guide: str
    challenge: Callable[[Inbound, Sequence[str]], Response | None] | None = None
    challenge_signed: bool = True
    validate: Callable[[Inbound], None] | None = None
    global_authors: bool = False
    new_secret: Callable[[], str] | None = None
    poll: Callable[[S, str, httpx.AsyncClient], Awaitable[Poll]] | None = None
    reply: Callable[[S, CommentEvent, str, httpx.AsyncClient], Awaitable[str]] | None = None
    max_body_bytes: int = 1_048_576

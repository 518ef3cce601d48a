"""What a source and a tracker are: the only thing the service knows about a vendor.

A source is data plus pure functions; a tracker is one small asynchronous client. Neither sees the database.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from pydantic import BaseModel, JsonValue

if TYPE_CHECKING:
    import httpx

    from integrations.signatures import Signature

S = TypeVar("S", bound=BaseModel)


class IntegrationError(Exception):
    """Something a vendor sent or answered that cannot be used. ``reason`` is a snake_case word,
    ``detail`` a sentence."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class PayloadError(IntegrationError):
    """A delivery whose body does not have the shape its platform documents."""


class SignatureRefused(IntegrationError):
    """A delivery that nobody who holds the secret has signed, or that is too old."""


# --- sources ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Inbound:
    """One HTTP request as it arrived. Header names are lower case; ``body`` holds the raw bytes; times are UTC."""

    method: str
    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str]
    received_at: datetime

    def json(self) -> dict[str, Any]:
        """The body as a JSON object. Raises PayloadError: ``invalid_encoding``, ``invalid_json`` or ``wrong_shape``."""
        try:
            text = self.body.decode("utf-8")
        except UnicodeDecodeError as error:
            raise PayloadError("invalid_encoding", f"The body is not UTF-8 (byte {error.start}).") from None
        try:
            value = json.loads(text)
        except ValueError:
            raise PayloadError("invalid_json", "The body is not JSON.") from None
        except RecursionError:
            raise PayloadError("invalid_json", "The body is JSON that is nested too deeply to be read.") from None
        if not isinstance(value, dict):
            raise PayloadError("wrong_shape", "The body is JSON, but not an object.")
        return value


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
    """Who wrote a comment, as the platform names them. ``external_id`` never changes, a handle may."""

    external_id: str
    handle: str
    name: str = ""
    is_staff: bool = False
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class CommentEvent:
    """One thing that happened to one comment. ``text`` is plain text; ``version`` orders the versions of a comment.

    ``version`` compares as text: use ISO 8601 UTC times with fixed width, or zero-padded numbers, or ``""`` for a
    platform that never edits. A deletion may leave everything empty but ``external_id`` and ``version``.
    ``opens_thread``: it is the thread's first message (an issue, a topic), not an answer in it.
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
    """One page fetched by a poll: the raw body becomes a delivery, ``cursor`` is where the next poll starts."""

    deliveries: Sequence[Inbound]
    cursor: str


@dataclass(frozen=True, slots=True)
class Source(Generic[S]):
    """A platform we listen to. The module's docstring is its set-up guide.

    ``event`` names what a delivery is about (``issues.opened``); it must be in ``handled`` (then ``parse`` is called),
    in ``ignored`` (name -> why we leave it alone; a trailing ``.*`` matches every action), or it is 'unknown' and kept.
    ``parse`` is pure and raises PayloadError. ``delivery_id`` returns what makes a delivery the same one again (at most
    200 characters), or None for 'the SHA-256 of the body'. ``challenge`` answers a platform's handshake, given the
    active secrets, and returns None for anything that is not one; ``challenge_signed`` says whether the handshake's
    signature must be right first. ``validate`` raises PayloadError for a body that its sender should be told of (400);
    where it is None, or passes, the delivery is stored first and a bad one shows as failed. ``global_authors``: author
    ids mean the same person in every source of the platform. ``reply`` is None where we cannot reply.
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


# --- trackers --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Quote:
    """One comment as a ticket shows it. ``text`` is raw user text: every tracker neutralises it when it renders."""

    text: str
    author: str
    platform: str
    permalink: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """What a theme's ticket should say now. Raw text everywhere; the tracker renders and neutralises.

    ``marker`` is ``relay-<theme id>``; ``labels`` are at most 50 characters of ``[a-z0-9._:-]`` each; ``threads`` holds
    (title, permalink) of every thread that speaks of the theme; ``phrases`` are what several people say in the same
    words; ``summary`` was written by the machine that ``summary_by`` names, and is empty where none is asked.
    """

    marker: str
    title: str
    kind: str
    product: str
    people: int
    mentions: int
    first_seen: datetime
    last_seen: datetime
    quotes: Sequence[Quote]
    threads: Sequence[tuple[str, str]]
    labels: Sequence[str]
    theme_url: str
    phrases: Sequence[str] = ()
    summary: str = ""
    summary_by: str = ""


@dataclass(frozen=True, slots=True)
class TicketRef:
    """Where a ticket is. ``id`` never changes, ``key`` may move (PROJ-1, 17), ``url`` is for people."""

    id: str
    key: str
    url: str


class StatusCategory(StrEnum):
    open = "open"
    in_progress = "in_progress"
    done = "done"
    declined = "declined"
    gone = "gone"


@dataclass(frozen=True, slots=True)
class RemoteState:
    """A ticket as the tracker holds it now. ``category`` is ``gone`` where it was deleted there."""

    ref: TicketRef
    status: str
    category: StatusCategory
    title: str = ""


@dataclass(frozen=True, slots=True)
class TicketEvent:
    """A change of a ticket that a tracker reported by webhook."""

    state: RemoteState
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a check: what was looked at, whether it is right, and what to do if it is not."""

    subject: str
    ok: bool
    detail: str
    remedy: str = ""


class TrackerError(IntegrationError):
    """A call to a tracker that failed.

    ``ambiguous``: the tracker may have carried the call out (timeout, connection lost, 5xx), so look the marker up
    before any retry of a create. ``permanent``: trying again without a person's help cannot work. ``retry_after`` in
    seconds is what the tracker asked for.
    """

    def __init__(
        self,
        reason: str,
        detail: str,
        *,
        ambiguous: bool = False,
        permanent: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(reason, detail)
        self.ambiguous = ambiguous
        self.permanent = permanent
        self.retry_after = retry_after


class Tracker(Protocol):
    """A connection to one tracker. Every method raises TrackerError and nothing else."""

    async def create(self, draft: Draft) -> TicketRef:
        """Create the ticket with its marker in the same call. Called once per ledger row; never retries by itself."""

    async def update(self, ref: TicketRef, draft: Draft) -> TicketRef:
        """Bring the managed block, and the labels that are ours, up to date; text that people wrote around it stays."""

    async def find(self, marker: str) -> TicketRef | None:
        """The ticket that carries the marker, if there is one (search may lag behind a create: see ``search_lag``)."""

    async def get(self, ref: TicketRef) -> RemoteState:
        """The ticket as it is now; category ``gone`` where the tracker no longer has it."""

    async def check(self) -> list[Finding]:
        """Credentials, permissions and required fields, each with a remedy."""

    async def close(self) -> None:
        """Release connections."""


S_contra = TypeVar("S_contra", bound=BaseModel, contravariant=True)


class OpenTracker(Protocol[S_contra]):
    """Opens a connection to a tracker. Makes no request: the first method called does."""

    def __call__(self, settings: S_contra, credentials: Any, *, allow_private: bool = False) -> Tracker:
        """``allow_private`` is the operator's word that loopback and private addresses may be called."""


@dataclass(frozen=True, slots=True)
class TrackerType(Generic[S]):
    """A kind of tracker we can push to. ``settings`` has the public fields, ``credentials`` the secret ones.

    ``min_interval``: seconds between two writes that keep us below the vendor's limits. ``search_lag``: seconds until a
    created ticket is found by ``find``.
    """

    name: str
    title: str
    settings: type[S]
    credentials: type[BaseModel]
    open: OpenTracker[S]
    guide: str
    parse_event: Callable[[Inbound, S], list[TicketEvent]]
    signature: Signature
    min_interval: float = 0.0
    search_lag: float = 0.0

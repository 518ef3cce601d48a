"""What a tracker is: one small asynchronous client, and what goes through it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from pydantic import BaseModel

from integrations.contract import Inbound, IntegrationError

if TYPE_CHECKING:
    from integrations.signatures import Signature

S = TypeVar("S", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Quote:
    """One comment as a ticket shows it. ``text`` is raw user text: every tracker neutralises it
    when it renders."""

    text: str
    author: str
    platform: str
    permalink: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """What a theme's ticket should say now. Raw text everywhere; the tracker renders and
    neutralises.

    ``marker`` is ``relay-<theme id>``; ``labels`` are at most 50 characters of ``[a-z0-9._:-]``
    each; ``threads`` holds (title, permalink) of every thread that speaks of the theme; ``phrases``
    are what several people say in the same words; ``summary`` was written by the machine that
    ``summary_by`` names, and is empty where none is asked.
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
    """Where a ticket is. ``id`` never changes, ``key`` may move (PROJ-1, 17), ``url`` is for
    people."""

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

    ``ambiguous``: the tracker may have carried the call out (timeout, connection lost, 5xx), so
    look the marker up before any retry of a create. ``permanent``: trying again without a person's
    help cannot work. ``retry_after`` in seconds is what the tracker asked for.
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
        """Create the ticket with its marker in the same call. Called once per ledger row; never
        retries by itself."""

    async def update(self, ref: TicketRef, draft: Draft) -> TicketRef:
        """Bring the managed block, and the labels that are ours, up to date; text that people wrote
        around it stays."""

    async def find(self, marker: str) -> TicketRef | None:
        """The ticket that carries the marker, if there is one (search may lag behind a create: see
        ``search_lag``)."""

    async def get(self, ref: TicketRef) -> RemoteState:
        """The ticket as it is now; category ``gone`` where the tracker no longer has it."""

    async def check(self) -> list[Finding]:
        """Credentials, permissions and required fields, each with a remedy."""

    async def close(self) -> None:
        """Release connections."""


S_contra = TypeVar("S_contra", bound=BaseModel, contravariant=True)


class OpenTracker(Protocol[S_contra]):
    """Opens a connection to a tracker. Makes no request: the first method called does."""

    def __call__(
        self, settings: S_contra, credentials: Any, *, allow_private: bool = False
    ) -> Tracker:
        """``allow_private`` is the operator's word that loopback and private addresses may be
        called."""


@dataclass(frozen=True, slots=True)
class TrackerType(Generic[S]):
    """A kind of tracker we can push to. ``settings`` has the public fields, ``credentials`` the
    secret ones.

    ``min_interval``: seconds between two writes that keep us below the vendor's limits.
    ``search_lag``: seconds until a created ticket is found by ``find``.
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

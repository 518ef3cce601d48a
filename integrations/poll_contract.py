"""How a platform is asked for what it does not send: history, what is new, what a webhook missed.

A walk is a chain of pages from a cursor, a text that only the platform reads. ``begin`` makes the
cursor that walks over everything since a moment; ``poll`` answers one page and where the next one
begins, and says ``done`` at the end of the walk. The cursor it gives then is where the next walk
begins, which brings what is new since. Pages hold requests of the same shape as the platform's
webhooks, so that a comment is the same one whichever way it came.

All of it is without a clock and a database. A walk may end at any page and go on on another
machine; a page that is asked for twice must not hurt.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel

from integrations.contract import Finding, IntegrationError

if TYPE_CHECKING:
    import httpx

S = TypeVar("S", bound=BaseModel)

POLL_INTERVAL_SECONDS = 300.0
POLL_PAGE_MAX_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class PolledItem:
    """One delivery as the platform's webhook would have sent it; header names are lower case."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Poll:
    """One page of a walk. ``cursor`` is where the next one begins. ``reached``: how far in time
    the walk is, where the page tells."""

    deliveries: Sequence[PolledItem]
    cursor: str
    done: bool = False
    reached: datetime | None = None


@dataclass(frozen=True, slots=True)
class KnownComment:
    """A comment that we have, as ``CommentEvent`` describes it, to be looked at again where it was
    written."""

    external_id: str
    thread_id: str = ""
    place: str = ""
    opens_thread: bool = False
    extras: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rechecked:
    """What the platform says of comments that we have.

    ``deliveries`` are those that exist, as a poll would bring them. ``gone`` are the ids of those
    that the platform says are deleted, while it shows what they stood in: a page that is missing as
    a whole, or that we may not see any more, says nothing of them. ``unseen`` is a sentence about
    what could not be looked at, blank where all could. An id that is in neither is left alone.
    """

    deliveries: Sequence[PolledItem] = ()
    gone: frozenset[str] = frozenset()
    unseen: str = ""


@dataclass(frozen=True, slots=True)
class Polling(Generic[S]):
    """How a platform is polled.

    - ``credentials``: what lets us in, a model whose secrets are SecretStr; None where nothing
      does.
    - ``begin``: the cursor of a walk since a moment, None for everything there is.
    - ``poll``: one page, given the settings, the credentials (``{}`` where there are none), the
      cursor and a client of ``integrations.http``. Raises PollError and httpx errors.
    - ``check``: what is missing before it can be polled, one finding a line.
    - ``account``: what the platform counts calls by; sources of one account share its limit.
    - ``guide``: steps in Markdown that lead to the credentials.
    - ``calls_per_minute`` and ``burst``: what the platform permits an account at least.
    - ``credentials_end``: when the credentials end, by the headers of an answer; None where they
      do not tell.
    - ``newest_first``: a walk goes back in time.
    - ``recheck``: looks again at comments that we have, ``recheck_most`` at once, neighbours in
      their threads; so few that their calls take less than a minute. None where the platform
      cannot be asked for single ones.
    """

    credentials: type[BaseModel] | None
    begin: Callable[[datetime | None], str]
    poll: Callable[[S, Mapping[str, Any], str, httpx.AsyncClient], Awaitable[Poll]]
    check: Callable[[S, Mapping[str, Any], httpx.AsyncClient], Awaitable[list[Finding]]]
    account: Callable[[S, Mapping[str, Any]], str]
    guide: str
    calls_per_minute: float
    burst: int = 10
    interval_seconds: float = POLL_INTERVAL_SECONDS
    newest_first: bool = True
    credentials_end: Callable[[Mapping[str, str]], datetime | None] | None = None
    recheck: (
        Callable[
            [S, Mapping[str, Any], Sequence[KnownComment], httpx.AsyncClient], Awaitable[Rechecked]
        ]
        | None
    ) = None
    recheck_most: int = 40


class PollError(IntegrationError):
    """A page that could not be had. ``retry_after``: the platform asks to wait so many seconds.
    ``needs_person``: it stays so until somebody changes something."""

    def __init__(
        self,
        reason: str,
        detail: str,
        *,
        retry_after: float | None = None,
        needs_person: bool = False,
    ) -> None:
        super().__init__(reason, detail)
        self.retry_after = retry_after
        self.needs_person = needs_person


class CursorExpired(PollError):
    """The platform no longer knows the cursor: the walk begins anew, and what is known already is
    not stored again."""

    def __init__(self, title: str) -> None:
        super().__init__(
            "cursor_expired",
            f"{title} no longer knows where the last page ended: it is walked over again in a "
            "moment, and what is here already is not stored twice.",
        )

"""How an answer goes back into the thread where somebody asked, once.

``can_reply`` says without any call whether a comment can be answered, and until when. ``reply``
posts the answer, and ``find`` looks for one whose call was cut off; both are told the same ``key``,
which makes the answer the same one again: the platform's own key where it has one, else a marker
that people do not see, else our account and the words.

All of it is without a clock and a database.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar
from uuid import UUID

from pydantic import BaseModel

from integrations.contract import Finding, IntegrationError, Visibility

if TYPE_CHECKING:
    import httpx

S = TypeVar("S", bound=BaseModel)
S_contra = TypeVar("S_contra", bound=BaseModel, contravariant=True)


@dataclass(frozen=True, slots=True)
class AnsweredComment:
    """The comment that is answered, as it was stored: see ``CommentEvent``."""

    external_id: str
    thread_id: str
    permalink: str
    parent_id: str
    position: int
    opens_thread: bool
    created_at: datetime
    visibility: Visibility
    extras: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CanReply:
    """Whether a comment can be answered: with a blank ``reason`` it can, ``until`` that moment
    where there is one. ``detail`` is a sentence that says why not."""

    reason: str = ""
    detail: str = ""
    until: datetime | None = None

    @property
    def ok(self) -> bool:
        """Whether it can."""
        return not self.reason


@dataclass(frozen=True, slots=True)
class PostedReply:
    """An answer that stands in its thread: its id there, as ``CommentEvent.external_id``, and its
    web address."""

    external_id: str
    permalink: str


class ReplyError(IntegrationError):
    """An answer that could not be posted; docs/replies.md lists every ``reason``.

    - ``ambiguous``: it may have been posted: it is looked for before it is sent again.
    - ``whole_source``: it holds for every answer to this source, not for this one alone.
    - ``permanent``: trying again does not help until somebody changed something.
    - ``retry_after``: seconds that the platform asked for.
    """

    def __init__(
        self,
        reason: str,
        detail: str,
        *,
        ambiguous: bool = False,
        whole_source: bool = False,
        permanent: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(reason, detail)
        self.ambiguous = ambiguous
        self.whole_source = whole_source
        self.permanent = permanent
        self.retry_after = retry_after


class PostReply(Protocol[S_contra]):
    """Posts an answer. Raises ReplyError."""

    async def __call__(
        self,
        settings: S_contra,
        credentials: Mapping[str, Any],
        comment: AnsweredComment,
        text: str,
        key: UUID,
        http: httpx.AsyncClient,
    ) -> PostedReply:
        """``text`` is what ``Replying.outgoing`` made of an answer."""


class FindReply(Protocol[S_contra]):
    """Looks for an answer whose call was cut off. Raises ReplyError where nothing certain can be
    told; None is believed."""

    async def __call__(
        self,
        settings: S_contra,
        credentials: Mapping[str, Any],
        comment: AnsweredComment,
        key: UUID,
        since: datetime,
        http: httpx.AsyncClient,
    ) -> PostedReply | None:
        """``since``: when the call went out."""


@dataclass(frozen=True, slots=True)
class Replying(Generic[S]):
    """How a platform is answered.

    - ``guide``: numbered steps in Markdown: how to get the credentials, and no more rights than an
      answer needs. ``credentials``: what people enter.
    - ``outgoing`` makes plain text what the platform shows as those very words: nothing in it is a
      mention, a command or markup; addresses on http and https stay links.
    - ``limit`` and ``measure``: how long an answer may be, in the platform's units.
    - ``per_hour``: how many answers an hour are sent at most, far below the platform's own limit.
    - ``automatic``: whether the platform's rules let answers go out that no person looked at.
    """

    guide: str
    credentials: type[BaseModel]
    can_reply: Callable[[S, AnsweredComment], CanReply]
    reply: PostReply[S]
    find: FindReply[S]
    check: Callable[[S, Mapping[str, Any], httpx.AsyncClient], Awaitable[list[Finding]]]
    outgoing: Callable[[str], str]
    limit: int
    measure: Callable[[str], int] = len
    per_hour: int = 20
    automatic: bool = True

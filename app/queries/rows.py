"""What a reader sees of comments, themes and tickets: rows that API and dashboard share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, fields
from datetime import date, datetime
from typing import Any, ClassVar, Protocol, TypeVar
from uuid import UUID

from app.models.states import (
    CommentStage,
    HeardFrom,
    Policy,
    SuggestionState,
    ThemeStatus,
    TicketState,
    TicketStatus,
    Tone,
    Visibility,
)
from app.storage.rows import states_of


class DataRow(Protocol):
    """A row whose fields are declared: any dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


Row = TypeVar("Row", bound=DataRow)


@dataclass(frozen=True, slots=True)
class CommentRow:
    """One comment with its author, its source and its theme. Times are UTC; ``sentiment`` is -1..1.

    ``other_kinds`` are what parts of it say beside ``kind``. ``tone`` is ``hostile`` where it may
    attack a person, with the probability of that; a hint, and else empty.

    ``doubt`` has the likelihoods of all kinds where the model does not trust itself with ``kind``,
    else nothing.

    ``grouping`` is the evidence for the theme it is in (verdict, score, thresholds, nearest
    comments); ``kind`` is empty until the comment was enriched; ``deleted_at`` is set when the
    author or the platform removed it. ``visibility``: who may read it where it was written.
    """

    id: int
    product_id: UUID
    source_id: UUID
    source_name: str
    platform: str
    external_id: str
    thread_id: str
    thread_title: str
    permalink: str
    author_id: int | None
    author: str
    author_handle: str
    author_is_staff: bool
    author_is_bot: bool
    text: str
    likes: int
    created_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    received_at: datetime
    stage: CommentStage
    reason: str
    detail: str
    language: str
    kind: str
    kind_by: str
    kind_confidence: float
    kind_reason: str
    doubt: Mapping[str, float]
    other_kinds: list[str]
    sentiment: float
    tone: Tone
    tone_confidence: float
    theme_id: UUID | None
    theme_title: str
    theme_by: str
    grouping: Mapping[str, Any]
    visibility: Visibility

    @property
    def runner_up(self) -> tuple[str, float]:
        """The kind that is likeliest after ``kind`` and its likelihood, where there is doubt; else
        an empty name."""
        candidates = [(likely, name) for name, likely in self.doubt.items() if name != self.kind]
        likely, name = max(candidates, default=(0.0, ""))
        return name, likely

    @property
    def deleted(self) -> bool:
        """Whether the comment is gone where it was written."""
        return self.deleted_at is not None


@dataclass(frozen=True, slots=True)
class CommentVersionRow:
    """One version of a comment that arrived."""

    version: str
    type: str
    text: str
    delivery_id: int | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class CommentDetail:
    """A comment, every probability the model gave, and each version that arrived, oldest first."""

    row: CommentRow
    kind_scores: Mapping[str, float]
    model_version: str
    delivery_id: int | None
    parent_id: str
    versions: list[CommentVersionRow]


@dataclass(frozen=True, slots=True)
class TicketRow:
    """A theme's ticket in a tracker, as the ledger has it. ``url`` is empty until it was created
    there. ``superseded_at``: since when the matter is followed in another ticket, which
    ``followed_key`` and ``followed_url`` name once it is there.

    ``status`` is what ``remote_status`` means; where ``living_key`` names a ticket that this one is
    a duplicate of, it is that one's. ``said_again`` counts the people who spoke of its theme since
    it was done. ``drift`` says in a word what differs between here and there. ``linked_at``: when a
    person linked it; ``former_key`` and ``former_url`` name what stood for the theme before.
    ``rule_name`` and ``rule_why``: the routing rule that sent it there, and why; blank where the
    product's own policy did."""

    id: UUID
    product_id: UUID
    theme_id: UUID
    theme_title: str
    theme_kind: str
    tracker_id: UUID
    tracker_name: str
    tracker_type: str
    state: TicketState
    remote_key: str
    url: str
    remote_status: str
    due_at: datetime | None
    attempts: int
    reason: str
    detail: str
    created_at: datetime
    pushed_at: datetime | None
    superseded_at: datetime | None
    superseded_by: UUID | None
    followed_key: str
    followed_url: str
    status: TicketStatus
    status_since: datetime | None
    status_by: str
    status_from: HeardFrom
    living_key: str
    living_url: str
    looked_at: datetime | None
    drift: str
    drift_detail: str
    told_at: datetime | None
    said_again: int
    linked_at: datetime | None
    former_key: str
    former_url: str
    rule_name: str
    rule_why: str

    @property
    def is_there(self) -> bool:
        """Whether it is a ticket in a tracker that lives, or may be one."""
        return self.superseded_at is None and self.state in (
            TicketState.created,
            TicketState.creating,
        )


@dataclass(frozen=True, slots=True)
class ThemeRow:
    """One theme as lists show it.

    ``copies`` of its ``mentions`` are in the words of somebody before, and add no voice to
    ``people``. ``platforms`` are those its comments came from; ``quote`` is the start of its newest
    comment; ``recent`` counts the comments of the last seven days; ``tickets`` and ``suggestions``
    (open ones) say what hangs on it. ``weight`` adds up what its people weigh. ``visibility`` is
    that of its most private comment.
    """

    id: UUID
    product_id: UUID
    product_name: str
    kind: str
    kind_by: str
    title: str
    title_by: str
    status: ThemeStatus
    status_reason: str
    merged_into: UUID | None
    version: int
    people: int
    mentions: int
    copies: int
    recent: int
    confidence: float
    sentiment: float
    first_seen: datetime | None
    last_seen: datetime | None
    decided_at: datetime | None
    created_at: datetime
    changed_at: datetime
    platforms: tuple[str, ...]
    visibility: Visibility
    quote: str
    tickets: tuple[TicketRow, ...]
    suggestions: int
    weight: float


@dataclass(frozen=True, slots=True)
class SuggestionRow:
    """Another theme that may be the same, with the evidence; a person decides. ``other_ticketed``:
    it has a ticket that is or may be in a tracker."""

    id: int
    theme_id: UUID
    other_id: UUID
    other_title: str
    other_kind: str
    other_status: ThemeStatus
    other_people: int
    other_mentions: int
    score: float
    evidence: Mapping[str, Any]
    state: SuggestionState
    created_at: datetime
    other_ticketed: bool


@dataclass(frozen=True, slots=True)
class ThemeDetail:
    """A theme with its policy, its open suggestions and what was merged into it."""

    row: ThemeRow
    policy: Policy
    suggestions: list[SuggestionRow]
    merged_from: list[tuple[UUID, str]]
    sources: list[tuple[UUID, str, int]]
    languages: list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """One thing that happened to a theme. ``undoable``: it holds what undo needs, and nobody undid
    it yet."""

    id: int
    theme_id: UUID | None
    at: datetime
    actor: str
    verb: str
    detail: Mapping[str, Any]
    undone_by: int | None
    undoable: bool


@dataclass(frozen=True, slots=True)
class TimelineDay:
    """How often a theme was spoken of on a day, and by how many people."""

    day: date
    mentions: int
    people: int


def build(of: type[Row], row: Mapping[str, Any], **extra: object) -> Row:
    """A row class from the columns of the same names, and from what a query does not know."""
    values = {name: row[name] for field in fields(of) if (name := field.name) not in extra}
    for name, state in states_of(of).items():
        values[name] = state(values[name])
    return of(**values, **extra)

"""Themes as the API shows them."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.base import Out, example
from app.api.schemas.comment import Visibility
from app.api.schemas.ticket import TicketOut

ThemeStatus = Literal["triage", "accepted", "ignored", "merged"]


class ThemeOut(Out):
    """One bug or one request."""

    id: UUID
    product_id: UUID
    product_name: str
    kind: str
    kind_by: str = Field(description="`model` or `person`.")
    title: str
    title_by: str = Field(
        description="`model`, `person`, or `llm:<name>` for a configured language model."
    )
    status: ThemeStatus
    status_reason: str
    merged_into: UUID | None
    version: int = Field(
        description="Send it with a decision, to be told when somebody was faster."
    )
    people: int = Field(
        description="Distinct people who said it; a text that was passed round is one voice."
    )
    mentions: int = Field(description="Comments that say it.")
    copies: int = Field(
        description="Of these, those in the words of somebody before: they add nobody to `people`."
    )
    recent: int = Field(description="Comments of the last seven days.")
    confidence: float = Field(description="0 to 1.")
    sentiment: float = Field(description="-1 to 1.")
    first_seen: datetime | None
    last_seen: datetime | None
    decided_at: datetime | None
    created_at: datetime
    changed_at: datetime
    platforms: list[str]
    visibility: Visibility = Field(
        description="That of its most private comment: it is pushed where no more people can read "
        "it, unless a person says so."
    )
    quote: str = Field(description="The start of its newest comment, as the author wrote it.")
    tickets: list[TicketOut]
    suggestions: int = Field(description="Open suggestions that it is the same as another theme.")
    weight: float = Field(description="What its people weigh, each counted once.")

    model_config = Out.model_config | example(
        {
            "id": "7f0a6c1e-2d0b-4f6e-b2b4-6f2f4be8a001",
            "product_id": "0d2cdb2e-54e6-4f2e-8a3c-0a3a52f0a001",
            "product_name": "Desktop app",
            "kind": "bug",
            "kind_by": "model",
            "title": "Export to CSV crashes",
            "title_by": "model",
            "status": "triage",
            "status_reason": "",
            "merged_into": None,
            "version": 3,
            "people": 7,
            "mentions": 9,
            "copies": 1,
            "recent": 4,
            "confidence": 0.91,
            "sentiment": -0.5,
            "first_seen": "2026-11-02T08:00:00Z",
            "last_seen": "2026-11-20T11:58:00Z",
            "decided_at": None,
            "created_at": "2026-11-02T08:00:04Z",
            "changed_at": "2026-11-20T11:58:02Z",
            "platforms": ["discourse", "slack"],
            "visibility": "members",
            "quote": "Exporting to CSV crashes since the last update.",
            "tickets": [],
            "suggestions": 1,
            "weight": 3.0,
        }
    )


class SuggestionOut(Out):
    """Another theme that may be the same, with the evidence."""

    id: int
    theme_id: UUID
    other_id: UUID
    other_title: str
    other_kind: str
    other_status: str
    other_people: int
    other_mentions: int
    score: float = Field(
        description="How likely both say the same, 0 to 1. Of two themes (verdict `merge`) the "
        "mean over the comments that speak for one."
    )
    evidence: dict[str, Any] = Field(
        description="`verdict` (`suggest`: a comment came, `merge`: two themes grew together), "
        "`score`, `join_at` and `suggest_at` (from which likelihood comments join, and a person is "
        "asked; above 1: they never join by themselves), `apart`, two words by which they mean "
        "different things, if any, `nearest` comments with `words` in common; `cosine` and "
        "`lexical` there are likenesses, no likelihoods."
    )
    state: Literal["open", "accepted", "rejected"]
    created_at: datetime


class PairOut(Out):
    """Two open themes that may be the same."""

    id: int
    product_id: UUID
    score: float = Field(description="How likely both say the same, 0 to 1.")
    evidence: dict[str, Any] = Field(description="As of a suggestion of one theme.")
    created_at: datetime
    later_until: datetime | None = Field(
        description="Somebody put it off: until then it comes after all others."
    )
    theme_id: UUID
    theme_title: str
    theme_kind: str
    theme_status: ThemeStatus
    theme_people: int
    theme_mentions: int
    theme_version: int
    other_id: UUID
    other_title: str
    other_kind: str
    other_status: ThemeStatus
    other_people: int
    other_mentions: int
    other_version: int


class MatterOut(Out):
    """One theme, or several that may be the same, counted as one matter."""

    theme: ThemeOut = Field(description="The theme that stands for it.")
    theme_ids: list[UUID] = Field(
        description="All of its themes, the one that stands for it first."
    )
    people: int = Field(
        description="Up to so many spoke of them: who spoke of two is counted twice."
    )
    recent_people: int = Field(description="Of the last seven days, today among them.")
    previous_people: int = Field(description="Of the seven days before.")


class NamedTheme(Out):
    """A theme by name."""

    id: UUID
    title: str


class SourceShare(Out):
    """How many of a theme's comments came from a source."""

    id: UUID
    name: str
    comments: int


class LanguageShare(Out):
    """How many of a theme's comments are in a language."""

    language: str
    comments: int


class QuoteOut(Out):
    """A comment that shows what a theme is about."""

    comment_id: int
    text: str = Field(description="The start of the comment, as the author wrote it.")
    author: str
    platform: str
    permalink: str
    created_at: datetime

    model_config = Out.model_config | example(
        {
            "comment_id": 512,
            "text": "Exporting to CSV crashes since the last update.",
            "author": "Ada",
            "platform": "discourse",
            "permalink": "https://forum.example.org/t/17/3",
            "created_at": "2026-11-20T11:58:00Z",
        }
    )


class RoutingOut(Out):
    """Who decides where the theme's ticket goes, as the rules are now."""

    rule_name: str = Field(
        description="The rule that matches; blank where the product's own policy decides."
    )
    rule_id: UUID | None
    tracker_id: UUID | None = Field(description="Null: every tracker that takes its kind.")
    policy: str
    why: str


class ThemeDetailOut(Out):
    """A theme with its open suggestions and what was merged into it."""

    theme: ThemeOut
    policy: str = Field(description="The product's policy: `review`, `auto` or `hold`.")
    routing: RoutingOut = Field(
        description="The rule that decides about it now. A ticket that exists stays where it is; "
        "its `rule_name` and `rule_why` say what decided then."
    )
    suggestions: list[SuggestionOut]
    merged_from: list[NamedTheme]
    sources: list[SourceShare]
    languages: list[LanguageShare]
    phrases: list[str] = Field(
        description="What several people say in the same words, and others seldom."
    )
    summary: str = Field(
        description="Written by a configured language model; empty where there is none."
    )
    summary_by: str = Field(description="The language model that wrote the summary.")
    quotes: list[QuoteOut] = Field(
        description="Comments that differ, of one person each, the best first."
    )


class ActivityOut(Out):
    """One thing that happened to a theme."""

    id: int
    theme_id: UUID | None
    at: datetime
    actor: str = Field(description="`system`, `user:<email>` or `token:<name>`.")
    verb: str
    detail: dict[str, Any]
    undone_by: int | None
    undoable: bool

    model_config = Out.model_config | example(
        {
            "id": 88,
            "theme_id": "7f0a6c1e-2d0b-4f6e-b2b4-6f2f4be8a001",
            "at": "2026-11-20T12:00:00Z",
            "actor": "user:ada@example.org",
            "verb": "accepted",
            "detail": {},
            "undone_by": None,
            "undoable": True,
        }
    )


class TimelineDayOut(Out):
    """How often a theme was spoken of on a day."""

    day: date
    mentions: int
    people: int

    model_config = Out.model_config | example({"day": "2026-11-20", "mentions": 4, "people": 3})


class SimilarThemeOut(Out):
    """A theme near another one."""

    theme: ThemeOut
    cosine: float = Field(description="Likeness of the nearest vectors, at most 1; no likelihood.")

"""Comments as the API shows them, and what can be said about them."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.base import In, Out, example

Kind = Literal["bug", "feature", "question", "praise", "other"]
Tone = Literal["hostile"]
Visibility = Literal["public", "unknown", "members", "private"]
CommentStage = Literal["parsed", "enriched", "grouped", "failed"]


class CommentOut(Out):
    """One message by one author in a thread."""

    id: int
    product_id: UUID
    source_id: UUID
    source_name: str
    platform: str
    external_id: str
    thread_id: str
    thread_title: str
    permalink: str = Field(description="Where it was written; may be empty.")
    author_id: int | None
    author: str
    author_handle: str
    author_is_staff: bool
    author_is_bot: bool
    text: str = Field(
        description="Plain text as the author wrote it: escape it before you show it."
    )
    likes: int
    created_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    received_at: datetime
    stage: CommentStage
    reason: str
    detail: str
    language: str = Field(description="ISO 639-1, or `und`.")
    kind: Literal["", "bug", "feature", "question", "praise", "other"]
    kind_by: str = Field(description="`model` or `person`.")
    kind_confidence: float = Field(description="0 to 1.")
    kind_reason: str = Field(
        description="Why the kind is not the model's own choice (`spam`, `agreement` and others), "
        "or `unsure`: a person should look."
    )
    other_kinds: list[Kind] = Field(
        description="What parts of it clearly say beside `kind`, clearest first."
    )
    sentiment: float = Field(description="-1 to 1.")
    tone: Literal["", "hostile"] = Field(
        description="A hint that it may attack a person; never more than a hint."
    )
    tone_confidence: float = Field(description="The probability of an attack, 0 to 1.")
    theme_id: UUID | None
    theme_title: str
    theme_by: str = Field(description="`model` or `person`.")
    grouping: dict[str, Any] = Field(
        description="Why it is in its theme: `verdict` (`join`, `suggest`, `new`), `score`, how "
        "likely it says the same as the theme that came closest (0 to 1), `join_at` and "
        "`suggest_at`, the likelihoods from which such texts join and a person is asked (above 1: "
        "never by themselves), `apart`, two words by which it means something else than that "
        "theme, if any, and the `nearest` comments with `words` in common; `cosine` and `lexical` "
        "there are likenesses, no likelihoods. Empty where it has no theme."
    )

    visibility: Visibility = Field(
        description="Who may read it where it was written: `public`, `members` or `private`; "
        "`unknown` where the platform does not say."
    )

    model_config = Out.model_config | example(
        {
            "id": 4711,
            "product_id": "0d2cdb2e-54e6-4f2e-8a3c-0a3a52f0a001",
            "source_id": "9d7a2a8e-3f0c-4d53-9b1f-5a1a6f1ca001",
            "source_name": "Forum",
            "platform": "discourse",
            "external_id": "8812",
            "thread_id": "2001",
            "thread_title": "Export is broken",
            "permalink": "https://forum.example.org/t/export-is-broken/2001/3",
            "author_id": 12,
            "author": "Ada",
            "author_handle": "ada",
            "author_is_staff": False,
            "author_is_bot": False,
            "text": "Exporting to CSV crashes since the last update.",
            "likes": 3,
            "created_at": "2026-11-20T11:58:00Z",
            "edited_at": None,
            "deleted_at": None,
            "received_at": "2026-11-20T11:58:01Z",
            "stage": "grouped",
            "reason": "",
            "detail": "",
            "language": "en",
            "kind": "bug",
            "kind_by": "model",
            "kind_confidence": 0.93,
            "kind_reason": "",
            "other_kinds": ["feature"],
            "sentiment": -0.6,
            "tone": "",
            "tone_confidence": 0.02,
            "theme_id": "7f0a6c1e-2d0b-4f6e-b2b4-6f2f4be8a001",
            "theme_title": "Export to CSV crashes",
            "theme_by": "model",
            "grouping": {
                "verdict": "join",
                "score": 0.87,
                "join_at": 0.8,
                "suggest_at": 0.35,
                "nearest": [],
            },
            "visibility": "public",
        }
    )


class CommentVersionOut(Out):
    """One version of a comment that arrived."""

    version: str
    type: str
    text: str
    delivery_id: int | None
    received_at: datetime


class CommentDetailOut(Out):
    """A comment with every probability the model gave, and its history, oldest first."""

    row: CommentOut = Field(serialization_alias="comment")
    kind_scores: dict[str, float]
    model_version: str
    delivery_id: int | None
    parent_id: str
    versions: list[CommentVersionOut]


class ReclassifyIn(In):
    """The kind that a comment really has."""

    kind: Kind

    model_config = In.model_config | example({"kind": "question"})


class MoveIn(In):
    """Where a comment belongs."""

    theme_id: UUID | None = Field(
        description="A theme of the same product, or null for a new theme of its own."
    )

    model_config = In.model_config | example({"theme_id": "7f0a6c1e-2d0b-4f6e-b2b4-6f2f4be8a001"})

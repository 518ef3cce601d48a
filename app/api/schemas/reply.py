"""Answers that go back into the threads where people asked, as the API shows them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.api.schemas.base import CleanText, In, Out, example
from app.models.states import ReplyMeaning, ReplyState

ReplyText = Annotated[CleanText, Field(max_length=4_000)]


REPLY_EXAMPLE = {
    "id": "7f0a6c1e-2d0b-4f6e-b2b4-6f2f4be8a0aa",
    "product_id": "0d2cdb2e-54e6-4f2e-8a3c-0a3a52f0a001",
    "theme_id": "7f0a6c1e-2d0b-4f6e-b2b4-6f2f4be8a001",
    "theme_title": "Export to CSV crashes",
    "source_id": "c0a3d6f4-11b4-4e0e-9f0e-0b7b1c1aa001",
    "source_name": "Forum",
    "platform": "discourse",
    "thread_title": "Export",
    "comment_id": 4711,
    "comment_text": "Export to CSV crashes every time.",
    "comment_permalink": "https://forum.example.org/t/export/17/3",
    "meaning": "shipped",
    "text": "This is done: {title}",
    "state": "draft",
    "reason": "",
    "detail": "",
    "automatic": False,
    "author": "system",
    "decided_by": "",
    "due_at": None,
    "posted_at": None,
    "permalink": "",
    "created_at": "2026-11-20T12:00:00Z",
}
REPLY_PREVIEW_EXAMPLE = {
    "plain": "This is done: “Export to CSV crashes”",
    "outgoing": "This is done: “Export to CSV crashes”",
    "length": 37,
    "limit": 31_900,
    "notes": [],
    "reason": "",
    "detail": "",
}


class ReplyOut(Out):
    """An answer. ``text`` has placeholders: `{title}`, `{ticket}` and `{product}`."""

    id: UUID
    product_id: UUID
    theme_id: UUID | None
    theme_title: str
    source_id: UUID
    source_name: str
    platform: str
    thread_title: str
    comment_id: int | None
    comment_text: str
    comment_permalink: str
    meaning: ReplyMeaning
    text: str
    state: ReplyState
    reason: str = Field(description="Why it could not be sent, or waits; blank where nothing is.")
    detail: str
    automatic: bool = Field(description="No person looked at it.")
    author: str
    decided_by: str
    due_at: datetime | None
    posted_at: datetime | None
    permalink: str = Field(description="Where it stands, once it was posted.")
    created_at: datetime

    model_config = Out.model_config | example(REPLY_EXAMPLE)


class ReplyPreviewOut(Out):
    """What an answer would say to its readers now, and whether it can be sent: with a blank
    `reason` it can."""

    plain: str
    outgoing: str = Field(description="As it is sent, in the platform's markup.")
    length: int
    limit: int
    notes: list[str] = Field(description="What was left out for these readers, a sentence each.")
    reason: str
    detail: str

    model_config = Out.model_config | example(REPLY_PREVIEW_EXAMPLE)


class ReplyDetailOut(ReplyOut):
    """An answer with what its readers would see."""

    preview: ReplyPreviewOut

    model_config = Out.model_config | example({**REPLY_EXAMPLE, "preview": REPLY_PREVIEW_EXAMPLE})


class ReplyEditIn(In):
    """What a draft is to say."""

    text: ReplyText

    model_config = In.model_config | example({"text": "This is done: {title}"})


class ReplyWriteIn(In):
    """A person's own answer to a comment. A blank text is the template of the meaning; a `free` one
    needs a text."""

    text: ReplyText = ""
    meaning: ReplyMeaning = ReplyMeaning.free
    key: UUID | None = Field(
        default=None, description="Makes the same request, sent twice, one answer."
    )
    draft: bool = Field(default=False, description="Put it into the queue instead of sending it.")

    model_config = In.model_config | example(
        {"text": "Which version do you use?", "meaning": "free", "key": None, "draft": False}
    )


class RepliesApprovedOut(Out):
    """How many drafts of a theme were approved, and how many stay because they cannot be sent."""

    approved: int
    drafts: int

    model_config = Out.model_config | example({"approved": 3, "drafts": 1})


class LedgerPersonOut(Out):
    """Somebody who asked, and when and where they were told how it ended."""

    name: str
    heard_at: datetime
    permalink: str
    no_replies: bool = Field(description="They want no answers of ours.")
    told_at: datetime | None
    told_link: str


class LedgerReplyOut(Out):
    """An answer that a thread has, or is to have."""

    id: UUID
    meaning: ReplyMeaning
    state: ReplyState
    reason: str
    detail: str
    posted_at: datetime | None
    permalink: str


class LedgerThreadOut(Out):
    """A thread in which people asked: with a blank `reason` it can be answered."""

    source_name: str
    platform: str
    title: str
    permalink: str
    comment_id: int | None
    reason: str
    detail: str
    told: bool
    people: list[LedgerPersonOut]
    replies: list[LedgerReplyOut]

    model_config = Out.model_config | example(
        {
            "source_name": "Forum",
            "platform": "discourse",
            "title": "Export",
            "permalink": "https://forum.example.org/t/export/17/3",
            "comment_id": 4711,
            "reason": "",
            "detail": "",
            "told": True,
            "people": [
                {
                    "name": "Ada",
                    "heard_at": "2026-11-10T12:00:00Z",
                    "permalink": "https://forum.example.org/t/export/17/3",
                    "no_replies": False,
                    "told_at": "2026-11-20T12:00:00Z",
                    "told_link": "https://forum.example.org/t/-/17/9",
                }
            ],
            "replies": [],
        }
    )


class ReplyRulesOut(Out):
    """How a product answers."""

    wait_minutes: int
    drafted: str
    automatic: str
    quiet_from: int
    quiet_until: int
    time_zone: str
    disclosure: str

    model_config = Out.model_config | example(
        {
            "wait_minutes": 30,
            "drafted": "planned,shipped,declined",
            "automatic": "",
            "quiet_from": 22,
            "quiet_until": 7,
            "time_zone": "Europe/Berlin",
            "disclosure": "",
        }
    )


class ReplyRulesIn(In):
    """Change how a product answers; what is left out stays."""

    wait_minutes: int | None = None
    drafted: CleanText | None = Field(
        default=None, description="Meanings, separated by commas, that are drafted."
    )
    automatic: CleanText | None = Field(
        default=None, description="Meanings that go out by themselves where the source allows it."
    )
    quiet_from: int | None = Field(default=None, description="An hour, 0 to 23.")
    quiet_until: int | None = Field(default=None, description="An hour; the same is never quiet.")
    time_zone: CleanText | None = None
    disclosure: CleanText | None = Field(default=None, description="Blank for the default line.")

    model_config = In.model_config | example({"quiet_from": 22, "quiet_until": 7})


class ReplyTemplateIn(In):
    """What a product says; a blank text is the default again."""

    platform: CleanText = Field(default="", description="Blank for all platforms.")
    meaning: ReplyMeaning
    text: ReplyText

    model_config = In.model_config | example(
        {"platform": "", "meaning": "shipped", "text": "Done: {title}\n{ticket}"}
    )


class ReplyTemplateOut(Out):
    """What a product says in answers of a meaning; a blank platform is all others."""

    platform: str
    meaning: ReplyMeaning
    text: str

    model_config = Out.model_config | example(
        {"platform": "", "meaning": "shipped", "text": "Done: {title}\n{ticket}"}
    )


class ReplyAccountOut(Out):
    """The account by which a source is answered."""

    source_id: UUID
    enabled: bool
    automatic: bool
    per_hour: int = Field(description="Answers an hour; 0 for the platform's number.")
    paused_until: datetime | None
    reason: str
    detail: str
    created_at: datetime

    model_config = Out.model_config | example(
        {
            "source_id": "c0a3d6f4-11b4-4e0e-9f0e-0b7b1c1aa001",
            "enabled": True,
            "automatic": False,
            "per_hour": 0,
            "paused_until": None,
            "reason": "",
            "detail": "",
            "created_at": "2026-11-20T12:00:00Z",
        }
    )


class ReplyAccountIn(In):
    """Credentials and switches of the account that answers; what is left out stays."""

    credentials: dict[str, CleanText] | None = Field(
        default=None, description="As the source's page names them."
    )
    enabled: bool | None = None
    automatic: bool | None = None
    per_hour: int | None = None

    model_config = In.model_config | example(
        {"credentials": {"api_key": "the key", "api_username": "team"}}
    )


class RepliesWantedIn(In):
    """Whether somebody gets answers of ours."""

    wanted: bool

    model_config = In.model_config | example({"wanted": False})

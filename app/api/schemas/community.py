"""Questions and promises as the API shows them."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.api.schemas.base import CleanText, In, JsonId, Out, example
from app.models.states import PromiseState

QUESTION_EXAMPLE = {
    "comment_id": 4711,
    "product_id": "0d2cdb2e-54e6-4f2e-8a3c-0a3a52f0a001",
    "source_id": "c0a3d6f4-11b4-4e0e-9f0e-0b7b1c1aa001",
    "source_name": "Forum",
    "platform": "discourse",
    "thread_title": "Invitations",
    "permalink": "https://forum.example.org/t/invitations/17/1",
    "author": "Kim",
    "is_newcomer": True,
    "text": "How do I invite a colleague?",
    "likes": 2,
    "asked_at": "2026-11-18T12:00:00Z",
    "assignee_id": None,
    "assignee": "",
    "like_id": None,
    "answered_at": None,
    "answered_by": "",
    "answer_permalink": "",
    "reply_state": "",
}
PROMISE_EXAMPLE = {
    "id": 12,
    "product_id": "0d2cdb2e-54e6-4f2e-8a3c-0a3a52f0a001",
    "theme_id": None,
    "theme_title": "",
    "comment_id": 4711,
    "comment_text": "How do I invite a colleague?",
    "permalink": "https://forum.example.org/t/invitations/17/1",
    "platform": "discourse",
    "reply_id": None,
    "made_to": "Kim",
    "words": "A guide to invitations",
    "promised_by": "user:mo@example.org",
    "due_on": "2026-12-01",
    "is_overdue": False,
    "state": "open",
    "settled_at": None,
    "settled_by": "",
    "evidence": "",
    "created_at": "2026-11-20T12:00:00Z",
}


class QuestionOut(Out):
    """A question of the community. `answered_at` and what follows tell of the first answer by
    somebody else."""

    comment_id: int
    product_id: UUID
    source_id: UUID
    source_name: str
    platform: str
    thread_title: str
    permalink: str
    author: str
    is_newcomer: bool = Field(description="Whoever asks had said nothing before, elsewhere.")
    text: str
    likes: int
    asked_at: datetime
    assignee_id: UUID | None
    assignee: str
    like_id: int | None = Field(description="The answered question that says the same.")
    answered_at: datetime | None
    answered_by: str
    answer_permalink: str
    reply_state: str = Field(description="State of the newest answer of ours to it, or blank.")

    model_config = Out.model_config | example(QUESTION_EXAMPLE)


class ResponseTimesOut(Out):
    """How soon others answered what was asked in the last days. Unanswered questions count: half of
    all were answered within `median_seconds`, nine of ten within `p90_seconds`, and null says that
    so many have no answer."""

    asked: int
    answered: int
    within: int = Field(description="Answered within seven days.")
    undecided: int = Field(description="Without an answer, and asked less than seven days ago.")
    linked: int = Field(description="Answered by a link to a question like it.")
    coverage: float | None = Field(description="`within` / `asked`; null without any.")
    median_seconds: float | None
    p90_seconds: float | None

    model_config = Out.model_config | example(
        {
            "asked": 40,
            "answered": 31,
            "within": 28,
            "undecided": 4,
            "linked": 3,
            "coverage": 0.7,
            "median_seconds": 5400.0,
            "p90_seconds": None,
        }
    )


class KnownAnswerOut(Out):
    """A question that was answered, and where."""

    comment_id: int
    text: str
    permalink: str
    thread_title: str
    source_name: str
    platform: str
    asked_at: datetime
    answered_at: datetime
    answered_by: str
    answer_permalink: str

    model_config = Out.model_config | example(
        {
            "comment_id": 4502,
            "text": "How can I invite somebody?",
            "permalink": "https://forum.example.org/t/invite/11/1",
            "thread_title": "Invite",
            "source_name": "Forum",
            "platform": "discourse",
            "asked_at": "2026-10-18T12:00:00Z",
            "answered_at": "2026-10-18T14:00:00Z",
            "answered_by": "Lea",
            "answer_permalink": "https://forum.example.org/t/invite/11/2",
        }
    )


class AssignIn(In):
    """Who looks after a question; null for nobody."""

    user_id: UUID | None

    model_config = In.model_config | example({"user_id": None})


class LinkAnswerIn(In):
    """The answered question that says the same."""

    question_id: JsonId

    model_config = In.model_config | example({"question_id": 4502})


class LinkedOut(Out):
    """The draft that tells whoever asked; with a null `reply_id`, `detail` says why there is
    none."""

    reply_id: UUID | None
    detail: str

    model_config = Out.model_config | example(
        {"reply_id": "7f0a6c1e-2d0b-4f6e-b2b4-6f2f4be8a0aa", "detail": ""}
    )


class PromiseOut(Out):
    """What somebody of the team said that they would do."""

    id: int
    product_id: UUID
    theme_id: UUID | None
    theme_title: str
    comment_id: int | None
    comment_text: str
    permalink: str
    platform: str
    reply_id: UUID | None
    made_to: str
    words: str
    promised_by: str
    due_on: date | None = Field(description="The last day; null where none was named.")
    is_overdue: bool
    state: PromiseState
    settled_at: datetime | None
    settled_by: str
    evidence: str = Field(description="Where it can be seen that it was kept.")
    created_at: datetime

    model_config = Out.model_config | example(PROMISE_EXAMPLE)


class PromiseIn(In):
    """A promise: to whoever wrote `comment_id`, to whoever `reply_id` answers, or to `made_to`,
    which needs `product_id`."""

    words: Annotated[CleanText, Field(max_length=2_000)]
    due_on: date | None = None
    comment_id: JsonId | None = None
    reply_id: UUID | None = None
    made_to: Annotated[CleanText, Field(max_length=200)] = ""
    product_id: UUID | None = None

    model_config = In.model_config | example(
        {
            "words": "A guide to invitations",
            "due_on": "2026-12-01",
            "comment_id": 4711,
            "reply_id": None,
            "made_to": "",
            "product_id": None,
        }
    )


class PromiseSettleIn(In):
    """What became of a promise: `kept` (with the address where that can be seen), `withdrawn`, or
    `open` again."""

    state: PromiseState
    evidence: Annotated[CleanText, Field(max_length=2_000)] = ""

    model_config = In.model_config | example(
        {"state": "kept", "evidence": "https://docs.example.org/invitations"}
    )

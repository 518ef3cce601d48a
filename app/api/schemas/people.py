"""People and the links between their accounts as the API shows them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.base import CleanText, In, JsonId, Out, example
from app.models.states import LinkBasis, LinkState, ThemeStatus, TicketStatus
from app.people.helping import HelpBand

PERSON_EXAMPLE = {
    "id": 12,
    "product_id": "0d2cdb2e-54e6-4f2e-8a3c-0a3a52f0a001",
    "name": "Kim Ode",
    "accounts": ["discourse: kim", "github: kim-ode"],
    "comments": 14,
    "first_at": "2026-04-18T12:00:00Z",
    "last_at": "2026-11-18T12:00:00Z",
    "is_staff": False,
    "is_bot": False,
    "no_replies": False,
    "plan": "pro",
    "customer": "Example Ltd",
    "weight": 3.0,
    "band": "some",
}
LINK_EXAMPLE = {
    "id": 5,
    "product_id": "0d2cdb2e-54e6-4f2e-8a3c-0a3a52f0a001",
    "one_id": 12,
    "one": "discourse: kim",
    "one_name": "Kim Ode",
    "other_id": 31,
    "other": "github: kim",
    "other_name": "Kim Ode",
    "state": "proposed",
    "basis": "signs",
    "signs": [{"sign": "same_handle", "value": "kim"}, {"sign": "same_name"}],
    "why": "",
    "created_at": "2026-11-18T12:00:00Z",
    "decided_at": None,
    "decided_by": "",
}
Why = Annotated[CleanText, Field(max_length=500)]


class PersonOut(Out):
    """Somebody of a list. `id` is the lowest number of their accounts; any other one names them as
    well. `band` is told on the list of helpers alone."""

    id: int
    product_id: UUID
    name: str
    accounts: list[str] = Field(description="Platform and handle of each.")
    comments: int
    first_at: datetime
    last_at: datetime
    is_staff: bool
    is_bot: bool
    no_replies: bool = Field(description="They want no answers of ours.")
    plan: str
    customer: str
    weight: float | None
    band: HelpBand

    model_config = Out.model_config | example(PERSON_EXAMPLE)


class AccountLinkOut(Out):
    """Two accounts that are, may be or are not one human, with the evidence."""

    id: int
    product_id: UUID
    one_id: int
    one: str
    one_name: str
    other_id: int
    other: str
    other_name: str
    state: LinkState
    basis: LinkBasis = Field(description="Who found it: `verified`, `staff`, or `signs`.")
    signs: list[dict[str, Any]] = Field(
        description="What speaks for it: `same_handle`, `same_name`, `same_text`, "
        "`names_account` (with the comment), `same_mail`, or the same account of a site."
    )
    why: str
    created_at: datetime
    decided_at: datetime | None
    decided_by: str

    model_config = Out.model_config | example(LINK_EXAMPLE)


class AccountOut(Out):
    """A handle on one platform."""

    id: int
    platform: str
    source_name: str
    handle: str
    name: str
    is_staff: bool
    is_bot: bool
    no_replies_at: datetime | None
    plan: str
    customer: str
    weight: float | None
    comments: int
    first_at: datetime | None
    last_at: datetime | None

    model_config = Out.model_config | example(
        {
            "id": 12,
            "platform": "discourse",
            "source_name": "Forum",
            "handle": "kim",
            "name": "Kim Ode",
            "is_staff": False,
            "is_bot": False,
            "no_replies_at": None,
            "plan": "pro",
            "customer": "Example Ltd",
            "weight": 3.0,
            "comments": 14,
            "first_at": "2026-04-18T12:00:00Z",
            "last_at": "2026-11-18T12:00:00Z",
        }
    )


class MatterOut(Out):
    """A theme that somebody spoke of, and what became of it: heard, ticketed, shipped, told."""

    theme_id: UUID
    title: str
    kind: str
    status: ThemeStatus
    comments: int
    heard_at: datetime
    last_at: datetime
    ticket_key: str
    ticket_url: str
    ticket_status: TicketStatus | None
    ticketed_at: datetime | None
    shipped_at: datetime | None
    told_at: datetime | None
    told_link: str = Field(description="Address of the answer that told them.")
    told_meaning: str


class NoteOut(Out):
    """What the team noted about somebody."""

    id: int
    text: str
    written_by: str
    created_at: datetime


class HelpedOut(Out):
    """Somebody who was helped: the newest answer to a question of theirs, and what it weighs now
    (half after 90 days)."""

    person_id: int
    name: str
    at: datetime
    permalink: str
    question: str
    weight: float


class HelpOut(Out):
    """Whom somebody helped in the last 360 days: a band with its evidence, and no rank."""

    band: HelpBand
    people: int
    score: float
    evidence: list[HelpedOut] = Field(description="The newest twenty.")


class PersonDetailOut(Out):
    """Whoever is behind `accounts`."""

    id: int
    product_id: UUID
    name: str
    comments: int
    no_replies: bool
    accounts: list[AccountOut]
    links: list[AccountLinkOut]
    matters: list[MatterOut]
    notes: list[NoteOut]
    helping: HelpOut


class ForgottenOut(Out):
    """What was forgotten; `unreached` says in sentences what could not be."""

    accounts: int
    comments: int
    unreached: list[str]

    model_config = Out.model_config | example(
        {
            "accounts": 2,
            "comments": 14,
            "unreached": ["Backups of the database still hold it."],
        }
    )


class LinkIn(In):
    """Two accounts that are one human, and why."""

    one_id: JsonId
    other_id: JsonId
    why: Why

    model_config = In.model_config | example(
        {"one_id": 12, "other_id": 31, "why": "Kim said so in the forum."}
    )


class LinkDecisionIn(In):
    """`linked` confirms a proposal, `refused` says that they are two people, `undone` takes a link
    back. `why` may be blank where a proposal is confirmed."""

    state: Literal[LinkState.linked, LinkState.refused, LinkState.undone]
    why: Why = ""

    model_config = In.model_config | example({"state": "linked", "why": ""})


class NoteIn(In):
    """A note about somebody, of 4,000 characters at most."""

    text: CleanText

    model_config = In.model_config | example({"text": "Runs the user group in Oslo."})


class WeightLineIn(In):
    """What your books say of an account. `platform` is needed where several have the handle."""

    handle: Annotated[CleanText, Field(max_length=300)]
    platform: Annotated[CleanText, Field(max_length=50)] = ""
    plan: CleanText = ""
    customer: CleanText = ""
    weight: float = Field(default=1.0, description="0 to 1,000,000,000.")

    model_config = In.model_config | example(
        {
            "handle": "kim",
            "platform": "github",
            "plan": "pro",
            "customer": "Example Ltd",
            "weight": 3.0,
        }
    )


class WeightsIn(In):
    """Lines about accounts of a product."""

    product_id: UUID
    lines: Annotated[list[WeightLineIn], Field(min_length=1, max_length=5_000)]


class RefusedLineOut(Out):
    """A line that was not used, counted from 1, and why."""

    line: int
    reason: str = Field(
        description="`handle_unknown`, `handle_ambiguous`, `weight_invalid` or `text_too_long`."
    )
    detail: str


class WeightsSetOut(Out):
    """How many accounts got a weight, and which lines were not used."""

    accounts: int
    refused: list[RefusedLineOut]

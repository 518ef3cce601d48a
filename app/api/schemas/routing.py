"""Routing rules as the API shows them."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.base import CleanText, Flag, In, JsonNumber, Name, Out, Word, example
from app.api.schemas.product import Confidence, People, Policy
from app.setup.routing_filters import RuleFilters

Values = Annotated[list[Word], Field(max_length=50)]
EXAMPLE_FILTERS = {"kinds": ["bug"], "words": ["crash", "data loss"], "min_people": 5}
EXAMPLE_CONTENTS: dict[str, Any] = {
    "title": "[{{ product }}] {{ title }}",
    "labels": ["community", "{% if people >= 10 %}loud{% endif %}"],
    "values": {"priority": "{{ 'High' if people >= 10 else 'Medium' }}"},
}
EXAMPLE_RULE: dict[str, Any] = {
    "name": "Crashes",
    "filters": EXAMPLE_FILTERS,
    "tracker_id": "5a1f9e52-8f2e-4b6c-9a53-0b7b1c1aa001",
    "policy": "auto",
    "auto_min_people": 5,
    "auto_min_confidence": 0.6,
    "contents": EXAMPLE_CONTENTS,
}
EXAMPLE_RULE_ID = "6f0e7b2a-54e6-4f2e-8a3c-0a3a52f0a001"


class RuleFiltersIn(In):
    """What a theme has to be. All filters that are set have to hold; one value of each is
    enough."""

    kinds: Values = Field(default=[], description="`bug`, `feature`.")
    words: Values = Field(default=[], description="Words or phrases of its title or a comment.")
    sources: Values = Field(default=[], description="Ids of sources it was said in.")
    languages: Values = Field(default=[], description="Codes such as `de`.")
    areas: Values = Field(
        default=[],
        description="Places of the community: a channel, a category, a repository, as `place` of "
        "a comment names it, with or without `channel:`.",
    )
    tones: Values = Field(default=[], description="`friendly`, `unfriendly`, `hostile`.")
    min_people: Annotated[int, Field(ge=0, le=10_000), JsonNumber] = 0

    model_config = In.model_config | example(EXAMPLE_FILTERS)


Template = Annotated[CleanText, Field(max_length=2_000)]


class TicketContentsIn(In):
    """Templates of what a rule's tickets say. Blank: as without a rule."""

    title: Template = Field(default="", description="Such as `[{{ product }}] {{ title }}`.")
    intro: Template = Field(default="", description="A text above our block.")
    labels: list[Template] = Field(default=[], max_length=20)
    values: dict[Word, Template] = Field(
        default={},
        description="By the ids of the tracker's fields, which `GET /trackers/{id}/fields` lists.",
    )

    model_config = In.model_config | example(EXAMPLE_CONTENTS)


class TicketContentsOut(Out):
    """Templates of what a rule's tickets say."""

    title: str
    intro: str
    labels: list[str]
    values: dict[str, str]


class RuleIn(In):
    """One rule. With `id` it is one that stands; without, a new one."""

    id: UUID | None = None
    name: Name
    filters: RuleFiltersIn = RuleFiltersIn()
    tracker_id: UUID | None = Field(
        default=None,
        description="Where its tickets go; null for every tracker that takes the theme's kind.",
    )
    policy: Policy = "review"
    auto_min_people: People = 2
    auto_min_confidence: Confidence = 0.6
    contents: TicketContentsIn = TicketContentsIn()

    model_config = In.model_config | example(EXAMPLE_RULE)


class RulesIn(In):
    """All rules of a product, in their order."""

    rules: Annotated[list[RuleIn], Field(max_length=200)]

    model_config = In.model_config | example({"rules": [EXAMPLE_RULE]})


class RulesSaveIn(RulesIn):
    """All rules of a product, and whether they are applied to what was said so far."""

    apply_to_history: Flag = Field(
        default=False,
        description="Accept the themes that a try with the same rules lists as `ticket` and "
        "`no_tracker`. Without it nothing old is accepted.",
    )

    model_config = In.model_config | example({"rules": [EXAMPLE_RULE], "apply_to_history": False})


class RuleFiltersOut(Out):
    """What a theme has to be for a rule to match."""

    kinds: list[str]
    words: list[str]
    sources: list[str]
    languages: list[str]
    areas: list[str]
    tones: list[str]
    min_people: int


class RuleOut(Out):
    """One rule of a product's list."""

    id: UUID
    name: str
    filters: RuleFiltersOut
    tracker_id: UUID | None
    policy: Policy
    auto_min_people: int
    auto_min_confidence: float
    contents: TicketContentsOut

    model_config = Out.model_config | example(
        {
            "id": EXAMPLE_RULE_ID,
            **EXAMPLE_RULE,
            "filters": {
                **{name: [] for name in RuleFilters.__dataclass_fields__},
                **EXAMPLE_FILTERS,
            },
            "contents": {"intro": "", **EXAMPLE_CONTENTS},
        }
    )


class TriedThemeOut(Out):
    """What rules make of one theme."""

    theme_id: UUID
    title: str
    kind: str
    people: int
    outcome: Literal["ticket", "no_tracker", "stays", "decided", "held", "review", "too_few"]
    trackers: list[str] = Field(description="Names of the trackers that take it.")
    why: str = Field(description="Why this rule decides about it.")


class TriedRuleOut(Out):
    """What one rule makes of what was said so far."""

    rule_name: str = Field(description="Blank for the product's own policy, the last.")
    matched: int
    counts: dict[str, int] = Field(
        description="Themes by outcome: `ticket` (accepted by itself, with tickets), `no_tracker` "
        "(accepted, and no tracker takes it), `stays` (its ticket stays where it is), `decided` "
        "(before), `held`, `review` (waits for a person), `too_few` (waits for more people)."
    )
    themes: list[TriedThemeOut] = Field(description="Up to 100, the most spoken of first.")


class TrialOut(Out):
    """What a list of rules makes of what was said so far; nothing was written."""

    rules: list[TriedRuleOut]
    themes: int = Field(description="Themes that were looked at.")
    tickets: int = Field(description="Tickets that would be made.")

    model_config = Out.model_config | example(
        {
            "rules": [
                {
                    "rule_name": "Crashes",
                    "matched": 1,
                    "counts": {"ticket": 1},
                    "themes": [
                        {
                            "theme_id": "7f0a6c1e-2d0b-4f6e-b2b4-6f2f4be8a001",
                            "title": "Export to CSV crashes",
                            "kind": "bug",
                            "people": 12,
                            "outcome": "ticket",
                            "trackers": ["app"],
                            "why": "it is a bug; it says “crash”",
                        }
                    ],
                },
                {"rule_name": "", "matched": 0, "counts": {}, "themes": []},
            ],
            "themes": 1,
            "tickets": 1,
        }
    )


class TicketFieldOut(Out):
    """A field of new tickets that rules can fill in."""

    id: str
    name: str
    shape: Literal["text", "number", "day", "choice", "choices", "words", "other"]
    kinds: list[str] = Field(description="Kinds of theme whose tickets have it.")
    required_for: list[str] = Field(description="Kinds whose tickets cannot be made without it.")
    options: dict[str, str] = Field(description="Names by id.")

    model_config = Out.model_config | example(
        {
            "id": "priority",
            "name": "Priority",
            "shape": "choice",
            "kinds": ["bug", "feature"],
            "required_for": [],
            "options": {"2": "High", "3": "Medium"},
        }
    )


class PreviewOut(Out):
    """The request that would make a ticket, without what lets us in."""

    tracker_id: UUID
    tracker_name: str
    rule_name: str = Field(description="Blank: the product's own policy decides.")
    why: str
    method: str
    address: str
    body: dict[str, Any] | None
    problem: str = Field(description="Why no ticket can be made; then there is no request.")

    model_config = Out.model_config | example(
        {
            "tracker_id": "5a1f9e52-8f2e-4b6c-9a53-0b7b1c1aa001",
            "tracker_name": "app",
            "rule_name": "Crashes",
            "why": "it says “crash”",
            "method": "POST",
            "address": "/repos/acme/app/issues",
            "body": {"title": "Export to CSV crashes", "body": "...", "labels": ["kind:bug"]},
            "problem": "",
        }
    )

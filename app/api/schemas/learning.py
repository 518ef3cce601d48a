"""What products learned, as the API shows it."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from app.api.schemas.base import Flag, In, JsonNumber, Out, example

What = Literal["kind", "grouping"]
Status = Literal["candidate", "active", "retired", "rejected"]
VERSION_EXAMPLE: dict[str, Any] = {
    "number": 3,
    "status": "active",
    "reason": "better",
    "detail": "It is better on labels that were kept out.",
    "labels": 214,
    "base": "all-MiniLM-L6-v2+kind-5f1c2a",
    "trained_at": "2026-11-20T03:23:05Z",
    "trained_by": "system",
    "activated_at": "2026-11-20T03:23:05Z",
    "settings": {"unsure_below": 0.62, "empty": False},
    "scores": {
        "before": {"macro_f1": 0.71, "log_loss": 0.83},
        "after": {"macro_f1": 0.79, "log_loss": 0.73},
        "gain": {"mean": 0.08, "low": 0.03},
        "changed": 0.07,
    },
}


class ModelVersionOut(Out):
    """One version of what a product learned."""

    number: int
    status: Status = Field(
        description="`active` serves; `candidate` may be promoted; `retired` served before; "
        "`rejected` was not better."
    )
    reason: str = Field(description="Why it has its status, in one word.")
    detail: str = Field(description="The same as a sentence.")
    labels: int = Field(description="Labels it was fitted to.")
    base: str = Field(
        description="The shipped model that it corrects; under another one it is not used."
    )
    settings: dict[str, Any] = Field(
        description="`unsure_below` of kinds: from this confidence nine of ten were right. "
        "`shifts` of grouping: how far each likelihood from which comments join or a person is "
        "asked moved, by class of text. `labels_digest`: SHA-256 of the labels; `compared_with`: "
        "the version it was measured against, null for the shipped model."
    )
    scores: dict[str, Any] = Field(
        description="Measured on labels kept out of the fit: `before`, `after`, `gain` (of macro "
        "F1; of coverage where the reason is `surer` and only the threshold moved; of net benefit "
        "for grouping) with the 5 % quantile `low`; of kinds `changed`, the share of unlabelled "
        "comments whose kind it changes; empty where nothing was measured."
    )
    trained_at: datetime
    trained_by: str
    activated_at: datetime | None

    model_config = Out.model_config | example(VERSION_EXAMPLE)


class LearningOut(Out):
    """What a product could learn from, and what it learned."""

    what: What
    labels: int = Field(description="Words of people that count: corrections and confirmations.")
    corrections: int
    confirmations: int
    fresh: int = Field(description="Labels since the last try.")
    needed: int = Field(description="Labels without which nothing is tried.")
    training: bool = Field(description="A worker was asked to train and has not finished.")
    active: ModelVersionOut | None = Field(
        description="The version in force; null where the shipped model serves."
    )
    versions: list[ModelVersionOut] = Field(description="Newest first, the last 50.")

    model_config = Out.model_config | example(
        {
            "what": "kind",
            "labels": 214,
            "corrections": 61,
            "confirmations": 153,
            "fresh": 4,
            "needed": 30,
            "training": False,
            "active": VERSION_EXAMPLE,
            "versions": [VERSION_EXAMPLE],
        }
    )


class TrainIn(In):
    """What to train."""

    what: What | None = Field(default=None, description="Only this; both without it.")

    model_config = In.model_config | example({"what": "kind"})


class TrainOut(Out):
    """What a worker was asked for."""

    asked: list[What] = Field(
        description="Empty where a worker was asked before and has not finished."
    )
    unchanged: list[What] = Field(
        description="Not asked for: the labels and the shipped model are those that the last "
        "version learned from."
    )

    model_config = Out.model_config | example({"asked": ["kind"], "unchanged": ["grouping"]})


class RollbackIn(In):
    """What to take back."""

    what: What

    model_config = In.model_config | example({"what": "kind"})


class PromoteIn(In):
    """Which version to put in force."""

    what: What
    number: Annotated[
        int, Field(ge=1, le=2**31 - 1, description="The version's `number`."), JsonNumber
    ]
    anyway: Flag = Field(
        default=False, description="Also where it was rejected because it was not better."
    )

    model_config = In.model_config | example({"what": "kind", "number": 2, "anyway": False})

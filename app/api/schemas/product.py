"""Products as the API shows them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.base import (
    PRODUCT_EXAMPLE,
    Flag,
    In,
    JsonNumber,
    Name,
    Out,
    Word,
    example,
)

Policy = Literal["review", "auto", "hold"]
Boldness = Literal["careful", "balanced", "bold"]
People = Annotated[
    int, Field(ge=1, le=10_000, description="`auto`: people that a theme needs."), JsonNumber
]
Confidence = Annotated[
    float, Field(ge=0, le=1, description="`auto`: confidence that a theme needs."), JsonNumber
]


class ProductIn(In):
    """A new product."""

    name: Name
    slug: Annotated[Word, Field(max_length=100)] | None = Field(
        default=None,
        description="Its name in labels and on the command line; made from the name without it.",
    )
    policy: Policy = "review"
    auto_min_people: People = 2
    auto_min_confidence: Confidence = 0.6
    count_staff: Flag = False
    boldness: Boldness = "balanced"

    model_config = In.model_config | example({"name": "Desktop app", "policy": "review"})


class ProductPatch(In):
    """What to change; fields that are left out stay."""

    name: Name | None = None
    policy: Policy | None = None
    auto_min_people: People | None = None
    auto_min_confidence: Confidence | None = None
    count_staff: Flag | None = None
    boldness: Boldness | None = None

    model_config = In.model_config | example({"policy": "auto", "auto_min_people": 3})


class ProductOut(Out):
    """What a team builds, and the policy by which its themes become tickets."""

    id: UUID
    slug: str
    name: str
    policy: Policy = Field(
        description="`review`: a person approves; `auto`: thresholds do; `hold`: nothing is pushed."
    )
    auto_min_people: int
    auto_min_confidence: float
    count_staff: bool = Field(description="Whether what staff says makes themes as well.")
    boldness: Boldness = Field(
        description="How much joins themes without being asked about: `careful`, `balanced` or "
        "`bold`."
    )
    created_at: datetime

    model_config = Out.model_config | example(
        {
            "id": PRODUCT_EXAMPLE,
            "slug": "desktop-app",
            "name": "Desktop app",
            "policy": "review",
            "auto_min_people": 2,
            "auto_min_confidence": 0.6,
            "count_staff": False,
            "boldness": "balanced",
            "created_at": "2026-11-20T12:00:00Z",
        }
    )

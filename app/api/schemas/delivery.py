"""Deliveries as the API shows them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from app.api.schemas.base import BigId, In, Out, Word, example
from app.api.schemas.comment import Visibility

DeliveryStage = Literal["received", "parsed", "ignored", "unknown", "failed"]


class DeliveryOut(Out):
    """One request that a platform sent."""

    id: int
    product_id: UUID
    source_id: UUID
    source_name: str
    platform: str
    received_at: datetime
    event: str
    stage: DeliveryStage
    attempts: int
    reason: str = Field(description="Why it is ignored or failed.")
    detail: str
    finished_at: datetime | None
    size: int = Field(description="Length of the body in bytes.")
    visibility: Visibility = Field(
        description="Who may read all of it where it was written. What is `private` is not kept, "
        "unless its source keeps private words."
    )

    model_config = Out.model_config | example(
        {
            "id": 1042,
            "product_id": "0d2cdb2e-54e6-4f2e-8a3c-0a3a52f0a001",
            "source_id": "9d7a2a8e-3f0c-4d53-9b1f-5a1a6f1ca001",
            "source_name": "Forum",
            "platform": "discourse",
            "received_at": "2026-11-20T11:58:01Z",
            "event": "post_created",
            "stage": "failed",
            "attempts": 1,
            "reason": "wrong_shape",
            "detail": "The body is JSON, but not an object.",
            "finished_at": "2026-11-20T11:58:02Z",
            "size": 812,
            "visibility": "public",
        }
    )


class DeliveryDetailOut(Out):
    """A delivery with its request; headers and parameters that may hold a secret are hidden."""

    row: DeliveryOut = Field(serialization_alias="delivery")
    method: str
    headers: dict[str, str]
    query: dict[str, str]
    body: str = Field(
        description="At most 100,000 characters; bytes that are not UTF-8 are escaped."
    )
    truncated: bool
    comments: int = Field(description="Comments whose current version came from here.")


class StageCountOut(Out):
    """How many deliveries ended in a stage for a reason."""

    stage: DeliveryStage
    reason: str
    count: int

    model_config = Out.model_config | example(
        {"stage": "failed", "reason": "wrong_shape", "count": 3}
    )


class RefusedRequestsOut(Out):
    """Requests of one sender that a source refused for one reason in the last 14 days."""

    reason: str
    origin: str = Field(description="The sender's address; blank: several, counted together.")
    count: int
    first_at: datetime
    last_at: datetime

    model_config = Out.model_config | example(
        {
            "reason": "signature_wrong",
            "origin": "203.0.113.7",
            "count": 12,
            "first_at": "2026-11-19T08:00:00Z",
            "last_at": "2026-11-20T11:58:01Z",
        }
    )


class TestEventOut(Out):
    """What became of a test that was sent to a source's address."""

    arrived: bool
    status: int = Field(description="The HTTP status of the answer, 0 where none came.")
    detail: str
    delivery_id: int | None

    model_config = Out.model_config | example(
        {
            "arrived": True,
            "status": 202,
            "detail": "It arrived, was signed rightly and is stored as delivery 1042.",
            "delivery_id": 1042,
        }
    )


class ReplayQuery(In):
    """Which deliveries of a source to read again."""

    stage: DeliveryStage | None = None
    reason: Word | None = None
    event: Word | None = None
    text: Word | None = None
    """Stands in the body; looked for in the newest 10,000."""

    model_config = ConfigDict(extra="forbid")


class TryIn(In):
    """Settings to try on a delivery."""

    settings: dict[str, JsonValue] = Field(description="As they would be saved, all of them.")
    delivery_id: BigId | None = Field(default=None, description="Left out: the newest.")

    model_config = In.model_config | example({"settings": {"id": "key", "text": "words"}})


class TriedCommentOut(Out):
    """A comment as it would be read."""

    type: str
    external_id: str
    text: str
    thread_id: str
    thread_title: str
    author: str = Field(description="The author's id; blank where none is named.")
    permalink: str
    created_at: datetime | None
    edited_at: datetime | None


class TriedOut(Out):
    """What would become of a delivery; nothing was changed."""

    delivery_id: int
    event: str
    outcome: DeliveryStage
    detail: str
    comments: list[TriedCommentOut]

    model_config = Out.model_config | example(
        {
            "delivery_id": 1042,
            "event": "json.received",
            "outcome": "parsed",
            "detail": "",
            "comments": [
                {
                    "type": "created",
                    "external_id": "7",
                    "text": "Dark mode please.",
                    "thread_id": "7",
                    "thread_title": "Ideas",
                    "author": "u-5",
                    "permalink": "",
                    "created_at": "2026-11-20T11:58:01Z",
                    "edited_at": "2026-11-20T12:01:00Z",
                }
            ],
        }
    )


class ReplayOut(Out):
    """How many deliveries go through the stages again."""

    replayed: int

    model_config = Out.model_config | example({"replayed": 1})

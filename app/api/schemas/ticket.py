"""Tickets as the API shows them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.base import Out, example

TicketStatus = Literal["", "open", "in_progress", "done", "declined", "duplicate"]
TicketState = Literal["pending", "creating", "created", "blocked", "cancelled", "gone", "unlinked"]


class TicketOut(Out):
    """A theme's ticket in a tracker."""

    id: UUID
    product_id: UUID
    theme_id: UUID
    theme_title: str
    theme_kind: str
    tracker_id: UUID
    tracker_name: str
    tracker_type: str
    state: TicketState = Field(
        description="`blocked` waits for a person: `reason` and `detail` say why."
    )
    remote_key: str = Field(
        description="The tracker's own name for it, empty until it was created there."
    )
    url: str
    remote_status: str = Field(description="Its status, as the tracker calls it.")
    status: TicketStatus = Field(
        description="What that means: `done` was shipped, `declined` will not be done."
    )
    status_since: datetime | None
    status_by: str = Field(description="Who gave it that status, as far as that is known.")
    status_from: Literal["", "webhook", "comparison", "us"] = Field(
        description="How the change reached the service."
    )
    living_key: str = Field(
        description="The ticket that it is a duplicate of: then `status` is that one's."
    )
    living_url: str
    looked_at: datetime | None = Field(description="When it was looked at in the tracker last.")
    drift: str = Field(description="What differs from the tracker, in one word; else empty.")
    drift_detail: str
    said_again: int = Field(description="People who spoke of its theme since it was done.")
    told_at: datetime | None = Field(
        description="When somebody said that people were told what became of it."
    )
    due_at: datetime | None = Field(
        description="When it is pushed next; null when it is up to date."
    )
    attempts: int
    reason: str
    detail: str
    created_at: datetime
    pushed_at: datetime | None
    linked_at: datetime | None = Field(
        description="When a person linked it: then it is people's own, and we write a comment "
        "there and nothing else."
    )
    former_key: str = Field(description="The ticket that stood for the theme before.")
    former_url: str
    rule_name: str = Field(
        description="The routing rule that sent it there; blank where the product's policy did."
    )
    rule_why: str = Field(description="Why that rule matched, then.")
    superseded_at: datetime | None = Field(
        description="Since when the matter is followed in another ticket, after a merge."
    )
    superseded_by: UUID | None = Field(description="The ticket in which it is followed.")

    model_config = Out.model_config | example(
        {
            "id": "4b8e3a52-9a57-4c3e-9d43-0c3d6b5fd001",
            "product_id": "0d2cdb2e-54e6-4f2e-8a3c-0a3a52f0a001",
            "theme_id": "7f0a6c1e-2d0b-4f6e-b2b4-6f2f4be8a001",
            "theme_title": "Export to CSV crashes",
            "theme_kind": "bug",
            "tracker_id": "c0a3d6f4-11b4-4e0e-9f0e-0b7b1c1aa001",
            "tracker_name": "Desktop app",
            "tracker_type": "github",
            "state": "created",
            "remote_key": "17",
            "url": "https://github.com/example/desktop/issues/17",
            "remote_status": "open",
            "status": "open",
            "status_since": "2026-11-20T12:00:12Z",
            "status_by": "",
            "status_from": "us",
            "living_key": "",
            "living_url": "",
            "looked_at": "2026-11-20T12:00:15Z",
            "drift": "",
            "drift_detail": "",
            "said_again": 0,
            "told_at": None,
            "due_at": None,
            "attempts": 0,
            "reason": "",
            "detail": "",
            "created_at": "2026-11-20T12:00:00Z",
            "pushed_at": "2026-11-20T12:00:12Z",
            "linked_at": None,
            "former_key": "",
            "former_url": "",
            "rule_name": "",
            "rule_why": "",
            "superseded_at": None,
            "superseded_by": None,
        }
    )

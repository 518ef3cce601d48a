"""What the sandbox remembers about who changed a ticket: GitHub tells of it as edits of a body,
Jira as a changelog."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

SANDBOX_BOT = "sandbox-bot"
"""The account of whoever calls the sandbox's APIs."""
PERSON = "a-person"
"""The account of whoever uses its pages and its own API."""
HISTORY_MOST = 60

ChangedField = Literal["body", "title", "status"]


class Change(BaseModel):
    """One change of a ticket; ``before`` and ``after`` are texts, or ADF documents."""

    id: int
    at: datetime
    author: str
    field: ChangedField
    before: Any = None
    after: Any = None


class Link(BaseModel):
    """One issue duplicates, blocks ... another: ids of tickets of Jira."""

    id: int
    type: str
    inward: int
    outward: int

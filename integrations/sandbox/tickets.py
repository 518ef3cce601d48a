"""A ticket of the sandbox, and what is kept of it in the state file."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from integrations.sandbox.history import Change
from integrations.sandbox.vendors import SANDBOX_VENDORS, SandboxVendor, Vendor


class Comment(BaseModel):
    """One comment on a ticket; ``body`` is text or an ADF document."""

    id: int
    body: Any
    created_at: datetime
    pinned: bool = False
    author: str = ""
    """Who wrote it; blank for the account that the API is called by."""


class Ticket(BaseModel):
    """One issue. ``container``: ``owner/name`` or a project key; ``status`` as its vendor calls
    it."""

    id: int
    vendor: Vendor
    container: str
    number: int
    title: str
    body: Any = None
    kind: str = ""
    labels: list[str] = Field(default_factory=list)
    status: str
    reason: str | None = None
    fields: dict[str, Any] = Field(default_factory=dict)
    comments: list[Comment] = Field(default_factory=list)
    remote_links: list[dict[str, Any]] = Field(default_factory=list)
    created_at: datetime
    updated_at: datetime
    visible_at: datetime
    deleted: bool = False
    closed_at: datetime | None = None
    closed_by: str = ""
    duplicate_of: int | None = None
    moved_to: int | None = None
    history: list[Change] = Field(default_factory=list)

    @property
    def of(self) -> SandboxVendor:
        """What is true of every ticket of its vendor."""
        return SANDBOX_VENDORS[self.vendor]

    @property
    def key(self) -> str:
        """The key within the tracker: ``APP-1``, or the number."""
        return f"{self.container}-{self.number}" if self.of.has_own_keys else str(self.number)

    @property
    def slug(self) -> str:
        """The key among all tickets of the sandbox: ``APP-1`` or ``owner/name/1``."""
        key = self.key if self.of.has_own_keys else f"{self.container}/{self.number}"
        return self.of.slug_prefix + key

    @property
    def done(self) -> bool:
        """Whether nothing is left to do on it."""
        return self.status in self.of.done_statuses

    @property
    def may_start(self) -> bool:
        """Whether its tracker knows something between open and done, where it is not yet."""
        started = self.of.moves.get("start")
        if started is None:
            return False
        return self.status != started.status or (
            bool(started.label) and started.label not in self.labels
        )

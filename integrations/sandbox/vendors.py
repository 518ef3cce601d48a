"""The trackers that the sandbox stands in for: what they call a status, and how far one may be
moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Vendor = Literal["github", "jira", "gitlab", "linear", "gitea"]
Move = Literal["close", "decline", "start", "reopen"]

JIRA_STATUSES = {  # name -> (transition id, category key, category name, resolution)
    "To Do": ("11", "new", "To Do", None),
    "In Progress": ("21", "indeterminate", "In Progress", None),
    "Done": ("31", "done", "Done", "Done"),
    "Won't Do": ("41", "done", "Done", "Won't Do"),
}


@dataclass(frozen=True, slots=True)
class MovedTo:
    """What a move makes of a ticket: its status, the reason that the tracker keeps with it, and the
    label by which people say what the status does not."""

    status: str
    reason: str | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class SandboxVendor:
    """``keeps_id``: a ticket that moves to another container stays the same object. ``slug_prefix``
    tells its tickets from those of another vendor with the same containers; of a vendor whose
    tickets are called by their container (``APP-1``) ``has_own_keys`` holds."""

    title: str
    open_status: str
    done_statuses: frozenset[str]
    moves: Mapping[Move, MovedTo]
    keeps_id: bool = False
    has_own_keys: bool = False
    slug_prefix: str = ""
    is_markdown: bool = True
    duplicate: MovedTo = field(default=MovedTo("closed", "duplicate"))

    @property
    def started(self) -> MovedTo:
        """What ``start`` makes of a ticket; an open status where there is nothing between."""
        return self.moves.get("start", self.moves["reopen"])


LINEAR_STATES = {  # name -> type, in the order of a team's board
    "Backlog": "backlog",
    "Todo": "unstarted",
    "In Progress": "started",
    "Done": "completed",
    "Canceled": "canceled",
    "Duplicate": "duplicate",
}

_CLOSED = frozenset({"closed"})
SANDBOX_VENDORS: Mapping[Vendor, SandboxVendor] = {
    "github": SandboxVendor(
        "GitHub",
        "open",
        _CLOSED,
        {
            "close": MovedTo("closed", "completed"),
            "decline": MovedTo("closed", "not_planned"),
            "reopen": MovedTo("open", "reopened"),
        },
    ),
    "jira": SandboxVendor(
        "Jira",
        "To Do",
        frozenset(name for name, status in JIRA_STATUSES.items() if status[1] == "done"),
        {
            "close": MovedTo("Done"),
            "decline": MovedTo("Won't Do"),
            "start": MovedTo("In Progress"),
            "reopen": MovedTo("To Do"),
        },
        keeps_id=True,
        has_own_keys=True,
        is_markdown=False,
        duplicate=MovedTo("Won't Do"),
    ),
    "gitlab": SandboxVendor(
        "GitLab",
        "opened",
        _CLOSED,
        {
            "close": MovedTo("closed"),
            "decline": MovedTo("closed", label="wontfix"),
            "start": MovedTo("opened", label="doing"),
            "reopen": MovedTo("opened"),
        },
        slug_prefix="gitlab/",
        duplicate=MovedTo("closed"),
    ),
    "gitea": SandboxVendor(
        "Gitea",
        "open",
        _CLOSED,
        {
            "close": MovedTo("closed"),
            "decline": MovedTo("closed", label="wontfix"),
            "start": MovedTo("open", label="doing"),
            "reopen": MovedTo("open"),
        },
        slug_prefix="gitea/",
        duplicate=MovedTo("closed"),
    ),
    "linear": SandboxVendor(
        "Linear",
        "Todo",
        frozenset({"Done", "Canceled", "Duplicate"}),
        {
            "close": MovedTo("Done"),
            "decline": MovedTo("Canceled"),
            "start": MovedTo("In Progress"),
            "reopen": MovedTo("Todo"),
        },
        keeps_id=True,
        has_own_keys=True,
        duplicate=MovedTo("Duplicate"),
    ),
}

"""What a step of a push works with, and what it comes to."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from app.setup.opened_tracker import OpenedTracker
from app.storage.db import Database

Clock = Callable[[], datetime | None]
"""The present moment; None leaves it to the database, whose clock all workers share."""


def database_clock() -> None:
    """The database's own time."""


class Step(Enum):
    """What one step of a push came to."""

    called = auto()
    """The tracker was called for the ticket, with or without success."""
    uncalled = auto()
    """Nothing had to be sent."""
    paused = auto()
    """Every call to the tracker has to wait now."""
    nothing_due = auto()
    """The ledger holds nothing more for now."""

    @property
    def ends_run(self) -> bool:
        """Whether no other ticket can follow now."""
        return self in (Step.paused, Step.nothing_due)


@dataclass(frozen=True, slots=True)
class PushRun:
    """One run over the due tickets of a tracker: whom its steps call, and where they write.

    A create call that was cut off is looked for at each of ``lookup_seconds`` after it, rising: at
    the first it is over on the tracker's side, after the last its search has no lag any more.
    """

    database: Database
    opened: OpenedTracker
    base_url: str
    lookup_seconds: tuple[float, ...]
    clock: Clock
    chance: random.Random

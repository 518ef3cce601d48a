"""What a stand-in of a platform has to do so that the same tests can poll any of them."""

from __future__ import annotations

import pkgutil
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from tests.scenes.stand_ins import Asked, Reply, StandIn


@dataclass
class Said:
    """Something that was written there. ``number`` counts from 1."""

    number: int
    text: str
    at: datetime
    edited_at: datetime | None = None


@dataclass
class Community(StandIn):
    """A platform with one place where people write.

    ``platform`` is its name here, ``key`` what lets us in and ``wrong_key`` what does not.
    What can be answered has a ``reply_key``, and says with ``answered_...`` what a comment of it
    looks like; ``answers`` are the bodies of what was posted, and are shown to who looks for them.
    ``lists_answers``: whether it tells what stands there already.
    ``per_page`` rows make a page. ``expired``: how it says that it no longer knows a page's name.
    ``tells_edits``: whether edits are seen when it is asked again.
    """

    platform: ClassVar[str]
    key: ClassVar[dict[str, str]] = {}
    wrong_key: ClassVar[dict[str, str] | None] = None
    refused_reason: ClassVar[str] = "source_unauthorized"
    expired: ClassVar[Reply | None] = None
    tells_edits: ClassVar[bool] = True
    throttled: ClassVar[Reply] = Reply({"message": "slow down"}, 429, {"retry-after": "30"})

    reply_key: ClassVar[dict[str, str] | None] = None
    lists_answers: ClassVar[bool] = True
    answered_id: ClassVar[str] = "1"
    answered_thread: ClassVar[str] = "1"
    answered_extras: ClassVar[dict[str, Any]] = {}

    per_page: int = 4
    answers: list[dict[str, Any]] = field(default_factory=list)
    written: list[Said] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.answer = self.answered

    @abstractmethod
    def chosen(self, url: str) -> dict[str, Any]:
        """The source's settings, given the stand-in's address."""

    @abstractmethod
    def answered(self, request: Asked) -> Reply | None:
        """What the platform answers."""

    def say(self, text: str, at: datetime) -> Said:
        """Write something."""
        words = Said(len(self.written) + 1, text, at.replace(microsecond=0))
        self.written.append(words)
        return words

    def erase(self, words: Said) -> None:
        """Delete something that was written."""
        self.written.remove(words)

    def newest_first(self) -> list[Said]:
        return sorted(self.written, key=lambda words: (words.at, words.number), reverse=True)

    def page(self, rows: Sequence[Any], start: int) -> tuple[list[Any], int]:
        """The rows from ``start``, and where the next page begins, 0 where there is none."""
        end = start + self.per_page
        return list(rows[start:end]), end if end < len(rows) else 0


def ago(**parts: float) -> datetime:
    """A time in the past, such as ``ago(minutes=5)``."""
    return datetime.now(UTC) - timedelta(**parts)


def communities() -> list[type[Community]]:
    """Every stand-in of this folder."""
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        import_module(f"{__package__}.{module.name}")
    return sorted(Community.__subclasses__(), key=lambda one: one.platform)

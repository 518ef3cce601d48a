"""What a likelihood has to reach: by the length of the texts, by the sort of place, in a thread,
and by how bold a product is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from classifiers.contract import ModelError
from classifiers.grouping.link import SIGNS
from classifiers.grouping.sorts import Sort
from classifiers.grouping.threads import THREAD_SIGNS
from classifiers.stored_weights import SHIPPED_WEIGHTS

TEXT_CLASSES = ("short", "medium", "long", "technical", "report")
NEVER_JOINS = 1.01
"""A threshold no score reaches: a person decides."""


class Boldness(StrEnum):
    """How much a product lets join by itself."""

    careful = "careful"
    balanced = "balanced"
    bold = "bold"


@dataclass(frozen=True, slots=True)
class Level:
    """What is asked at one boldness: by ``sorts`` of place and class of text; of a comment in the
    ``thread`` of one of the theme; and of one that was told neither bug nor request, in the thread
    (``thread_aside``) and elsewhere (``aside``)."""

    sorts: Mapping[str, Mapping[str, float]]
    thread: float
    thread_aside: float
    aside: float

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Level:
        """As it is stored."""
        sorts = {sort: _numbers(stored["sorts"][sort], TEXT_CLASSES) for sort in stored["sorts"]}
        if not sorts.keys() <= set(Sort):
            raise ValueError("sorts")
        return cls(
            sorts,
            float(stored["thread"]),
            float(stored["thread_aside"]),
            float(stored["aside"]),
        )


STRICT_LEVEL = Level({}, NEVER_JOINS, NEVER_JOINS, NEVER_JOINS)
"""Nothing but likeness, and only bugs and requests."""


@dataclass(frozen=True, slots=True)
class ThreadLink:
    """The logistic function of ``intercept`` and the signs of ``classifiers.grouping.threads``,
    each times its weight."""

    weights: Mapping[str, float]
    intercept: float

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> ThreadLink:
        """As it is stored."""
        return cls(_numbers(stored["weights"], THREAD_SIGNS), float(stored["intercept"]))


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What a score must reach to ``join`` and to ``suggest``, by the class of the two texts; see
    ``pair_class``.

    The score is the likelihood (0..1) that a comment says the same as a theme: the logistic
    function of ``intercept`` and the signs of ``classifiers.grouping.link``, each times its weight
    in ``weights`` (0 for one that is not named).

    ``levels`` are those of each boldness; ``level`` is the one in force, whose ``sorts`` say what
    is asked in places of a known sort. ``thread`` is the link of comments of one thread, None where
    threads tell nothing.
    """

    join: Mapping[str, float]
    suggest: Mapping[str, float]
    weights: Mapping[str, float]
    intercept: float
    version: str
    thread: ThreadLink | None = None
    level: Level = field(default_factory=lambda: STRICT_LEVEL)
    levels: Mapping[str, Level] = field(default_factory=dict)

    def join_for(self, sort: str, size: str) -> float:
        """From where a comment of this sort of place joins, in a pair of this class."""
        return self.level.sorts.get(sort, self.join)[size]

    def bold(self, boldness: Boldness) -> Thresholds:
        """The same at another boldness; unchanged where none were fixed for it."""
        return replace(self, level=self.levels.get(boldness, self.level))

    @classmethod
    def read(cls, folder: Path | None = None) -> Thresholds:
        """The shipped thresholds, or those in ``folder``.

        Raises:
            ModelError: ``thresholds_unreadable``.
        """
        path = (folder or SHIPPED_WEIGHTS) / "grouping.json"
        try:
            card = json.loads(path.read_text(encoding="utf-8"))
            stored = card.get("levels", {})
            levels = {str(name): Level.of(stored[name]) for name in Boldness if stored}
            return cls(
                join=_numbers(card["join"], TEXT_CLASSES),
                suggest=_numbers(card["suggest"], TEXT_CLASSES),
                weights=_numbers(card["weights"], SIGNS),
                intercept=float(card["intercept"]),
                version=str(card["version"]),
                thread=ThreadLink.of(card["thread"]) if "thread" in card else None,
                level=levels.get(Boldness.balanced, STRICT_LEVEL),
                levels=levels,
            )
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise ModelError(
                "thresholds_unreadable",
                f"The grouping thresholds in {path} cannot be read ({type(error).__name__}: "
                f"{error}); fit them again with this version "
                "(python -m classifiers.training.train_grouping), or reinstall the package.",
            ) from error


def _numbers(stored: Mapping[str, Any], names: Sequence[str]) -> dict[str, float]:
    return {name: float(stored[name]) for name in names}

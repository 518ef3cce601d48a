"""What a routing rule matches: the filters that people set, checked before they are stored."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from app.errors import Invalid
from classifiers.kind_words import THEME_KINDS

RULE_TONES = ("friendly", "unfriendly", "hostile")
"""How a theme sounds as a whole; ``hostile``: somebody in it is."""
FILTER_VALUES_MOST = 50
FILTER_VALUE_MOST_CHARACTERS = 100
RULE_PEOPLE_MOST = 10_000
_LANGUAGE_CODE = re.compile(r"[a-z]{2,3}")


@dataclass(frozen=True, slots=True)
class RuleFilters:
    """What a theme has to be for a rule to match it. Every filter that is set has to hold; of the
    values of one filter, one is enough; a filter that is empty matches everything.

    ``words``: words or phrases of its title or of a comment. ``sources`` are the ids of sources,
    ``languages`` codes such as ``de``, ``areas`` places of a community (a channel, a category, a
    repository), each of at least one comment. ``min_people``: how many speak of it at least.
    """

    kinds: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    tones: tuple[str, ...] = ()
    min_people: int = 0

    def stored(self) -> dict[str, Any]:
        """The filters that are set, ready to be stored as JSON."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
            if value
        }


FILTER_NAMES = tuple(field.name for field in fields(RuleFilters))


def checked_filters(entered: Mapping[str, Any]) -> RuleFilters:
    """Filters as they were entered, cleaned. Raises Invalid: ``filter_unknown`` for a name that is
    no filter, ``filter_invalid`` for a value that it cannot have."""
    unknown = sorted(set(entered) - set(FILTER_NAMES))
    if unknown:
        raise Invalid(
            f"A rule has no filter {unknown[0][:40]!r}: use {', '.join(FILTER_NAMES)}.",
            reason="filter_unknown",
        )
    people = entered.get("min_people") or 0
    if (
        isinstance(people, bool)
        or not isinstance(people, int)
        or not 0 <= people <= RULE_PEOPLE_MOST
    ):
        raise filter_invalid(f"min_people is a whole number up to {RULE_PEOPLE_MOST:,}.")
    return RuleFilters(
        kinds=_chosen("kinds", entered, sorted(THEME_KINDS)),
        words=_texts("words", entered),
        sources=_texts("sources", entered),
        languages=_languages(entered),
        areas=_texts("areas", entered),
        tones=_chosen("tones", entered, RULE_TONES),
        min_people=people,
    )


def filter_invalid(sentence: str) -> Invalid:
    """A value that a filter cannot have."""
    return Invalid(sentence, reason="filter_invalid")


def _texts(name: str, entered: Mapping[str, Any]) -> tuple[str, ...]:
    values = entered.get(name) or ()
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise filter_invalid(f"{name} is a list of texts.")
    if not all(isinstance(value, str) for value in values):
        raise filter_invalid(f"{name} is a list of texts.")
    cleaned = [" ".join(value.replace("\x00", "").split()) for value in values]
    if len(cleaned) > FILTER_VALUES_MOST:
        raise filter_invalid(f"{name} has {FILTER_VALUES_MOST} values at most.")
    if any(not 1 <= len(value) <= FILTER_VALUE_MOST_CHARACTERS for value in cleaned):
        raise filter_invalid(
            f"A value of {name} has 1 to {FILTER_VALUE_MOST_CHARACTERS} characters."
        )
    return tuple(dict.fromkeys(cleaned))


def _chosen(name: str, entered: Mapping[str, Any], allowed: Sequence[str]) -> tuple[str, ...]:
    values = tuple(value.lower() for value in _texts(name, entered))
    if set(values) - set(allowed):
        raise filter_invalid(f"{name} are some of: {', '.join(allowed)}.")
    return tuple(value for value in allowed if value in values)


def _languages(entered: Mapping[str, Any]) -> tuple[str, ...]:
    codes = tuple(value.lower() for value in _texts("languages", entered))
    if not all(_LANGUAGE_CODE.fullmatch(code) for code in codes):
        raise filter_invalid("languages are codes of two or three letters, such as de or pt.")
    return codes

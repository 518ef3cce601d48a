"""Texts that are cut from one template around different objects."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from classifiers.contract import Kind, Member, Verdict
from classifiers.grouping.grouper import DefaultGrouper
from classifiers.grouping.templates import template_apart


def said(text: str, number: int = 1, sort: str = "reviews") -> Member:
    """A comment of a theme of its own; all of them have the same vector."""
    vector = np.zeros(384, np.float32)
    vector[0] = 1
    return Member(number, f"theme {number}", Kind.bug, text, vector, sort=sort)


@pytest.mark.parametrize(
    ("one", "other", "by"),
    [
        (
            "The scanner crashes with an error E20 at the second page",
            "The tuner crashes with an error E41 at the second string",
            ("scanner", "tuner"),
        ),
        (
            "Labels come out blank on the small printer.",
            "Labels come out with the last line cut off on the small printer.",
            ("blank", "last"),
        ),
        (
            "Do you plan a square format? I have to crop everything.",
            "Do you plan a landscape format? I have to crop everything.",
            ("square", "landscape"),
        ),
    ],
)
def test_the_same_template_around_other_objects(one: str, other: str, by: tuple[str, str]) -> None:
    assert template_apart(one, other) == by
    assert template_apart(other, one) == by[::-1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The scanner crashes with an error", "The scanner crashes with an error, twice a day"),
        ("scanning ends with error 20", "I cannot scan: E20, and the window is gone"),
        ("dark mode please", "please add a dark mode for the night"),
        ("The songs are doubled.", "the song is doubled"),
        (
            "### What is wrong\nno sound\n### What did you expect\nmusic",
            "### What is wrong\nit is silent\n### What did you expect\nsongs",
        ),
        ("", "anything at all"),
        ("👍", "👍 👍"),
    ],
)
def test_what_is_said_in_own_words_or_has_nothing_of_its_own_stays(one: str, other: str) -> None:
    assert template_apart(one, other) is None


ONE = "The scanner crashes with an error E20 at the second page"
OTHER = "The tuner crashes with an error E20 at the second page"


def test_texts_of_one_template_are_suggested_and_never_joined() -> None:
    decision = DefaultGrouper().decide(said(ONE, 2), [said(OTHER)])
    assert decision.verdict is Verdict.suggest
    assert decision.apart == ("scanner", "tuner")
    assert decision.join_at > 1


def test_a_place_that_nobody_knows_is_judged_as_before() -> None:
    unknown = [said(text, number, sort="") for number, text in enumerate((OTHER, ONE))]
    decision = DefaultGrouper().decide(unknown[1], unknown[:1])
    assert decision.apart == ()


def test_a_thread_says_more_than_a_template() -> None:
    opening = replace(said(OTHER), thread="t", name="a", opens=True, sort="community")
    reply = replace(said(ONE, 2, sort="community"), thread="t", name="b")
    assert DefaultGrouper().decide(reply, [opening]).apart == ()

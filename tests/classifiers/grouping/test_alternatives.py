"""Comments on one matter that mean different things of one sort."""

from __future__ import annotations

import numpy as np
import pytest

from classifiers.contract import Kind, Member, Verdict
from classifiers.grouping.alternatives import NAMES, OPPOSITES, PLACES, differ
from classifiers.grouping.grouper import DefaultGrouper
from classifiers.grouping.thresholds import Thresholds

GROUPER = DefaultGrouper(
    Thresholds(
        dict.fromkeys(("short", "medium", "long", "technical", "report"), 0.7),
        dict.fromkeys(("short", "medium", "long", "technical", "report"), 0.4),
        {"link": 10.0},
        -6.0,
        "test",
    )
)


def said(text: str, kind: Kind = Kind.feature, number: int = 1, theme: str = "a") -> Member:
    """A comment; all of them have the same vector."""
    vector = np.zeros(384, np.float32)
    vector[0] = 1
    return Member(number, theme, kind, text, vector)


@pytest.mark.parametrize(
    ("one", "other", "by"),
    [
        ("Let me export the songs", "importing songs is missing", ("export", "importing")),
        ("a widget for Android please", "Widget on my iPhone", ("android", "iphone")),
        ("desktop app for recipes", "recipes on Android Auto", ("desktop", "android")),
        ("save charts as PDF", "charts as png files", ("pdf", "png")),
        (
            "connect it with Google Calendar",
            "connection to Outlook",
            ("google calendar", "outlook"),
        ),
        ("sign in with Google", "sign in with Apple", ("in with google", "in with apple")),
        ("a weekly summary", "summary for every year, a yearly one", ("weekly", "yearly")),
        ("sort the songs by date", "sorting by name", ("by date", "by name")),
        ("colour of the notes", "size of the notes", ("colour", "size")),
        ("translate the menus to Polish", "menus in Korean", ("polish", "korean")),
        ("the fan starts too early", "Fan starts too late", ("too early", "too late")),
        (
            "please let me turn off the ticker",
            "Enable the ticker for guests",
            ("turn off", "enable"),
        ),
    ],
)
def test_what_means_different_things_of_one_sort(one: str, other: str, by: tuple[str, str]) -> None:
    assert differ(said(one), [said(other)]) == by
    assert differ(said(other), [said(one)]) == by[::-1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Let me export the songs", "songs should leave the app"),
        ("export and import of songs", "import songs"),
        ("widget on Android and iPhone", "Android widget"),
        ("Desktop app please", "an app for Ubuntu, like the one for Windows"),
        ("sync with Outlook", "calendar sync, like Google Calendar has it"),
        ("close the window on its own", "on my mac it should close"),
        ("sign in with Google", "login by Google account"),
        ("save charts as jpg", "JPEG charts"),
        ("", "export"),
    ],
)
def test_what_may_mean_the_same(one: str, other: str) -> None:
    assert differ(said(one), [said(other)]) is None
    assert differ(said(other), [said(one)]) is None


def test_a_bug_names_where_it_was_met_and_not_what_it_is_about() -> None:
    one, other = "freezes when scrolling, Android", "Freezes on iPad while scrolling"
    assert differ(said(one, Kind.bug), [said(other, Kind.bug)]) is None
    assert differ(said(one, Kind.feature), [said(other, Kind.feature)]) == ("android", "ipad")
    exported, imported = said("export freezes", Kind.bug), said("import freezes", Kind.bug)
    assert differ(exported, [imported]) == ("export", "import")


def test_a_theme_that_speaks_of_both_keeps_neither_out() -> None:
    theme = [said("widget for Android"), said("widget for the web")]
    assert differ(said("widget for browsers, in Firefox"), theme) is None
    assert differ(said("widget for Linux"), theme) == ("linux", "android")


def test_what_stands_far_down_does_not_keep_apart_but_is_known() -> None:
    filler = "It would help our choir to have it before the concert in spring. " * 4
    assert differ(said(filler + "We print PDF."), [said("Scores as SVG")]) is None
    assert differ(said("Scores as PDF. " + filler + "Or SVG."), [said("Scores as SVG")]) is None


def test_they_never_join_without_a_person_but_as_copies() -> None:
    comment = said("Export the songs", number=9, theme="")
    decision = GROUPER.decide(comment, [said("Import the songs")])
    assert (decision.verdict, decision.apart) == (Verdict.suggest, ("export", "import"))
    assert decision.join_at > 1
    other = GROUPER.decide(
        comment, [said("Import the songs"), said("songs to a file", number=2, theme="b")]
    )
    assert (other.verdict, other.theme_id, other.apart) == (Verdict.join, "b", ())
    mixed = [said("Import songs", number=2), said("Export the songs!", number=3)]
    assert GROUPER.decide(comment, mixed).verdict is Verdict.join


def test_no_word_stands_for_both_opposites() -> None:
    for one, other in OPPOSITES:
        assert not set(one.split(", ")) & set(other.split(", "))
    for choice in {**PLACES, **NAMES}.values():
        assert all(
            len(name.split()) <= 3 and name == name.casefold()
            for said in choice.values()
            for name in said.split(", ")
        )

"""Titles made of comments: readable, free of noise and of people's data, whatever was written."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from classifiers.faces.titles import candidates, title_of
from classifiers.faces.titles_cutting import AUTHOR_TITLE_CHARACTERS, TITLE_CHARACTERS, cut
from classifiers.faces.titles_noise import DANGLING_WORDS, PARTICLE_WORDS
from classifiers.faces.titles_worth import worth_of_title
from tests.scenes.growth import grows_at_most, repeated

SCANNER = "The scanner skips every second page"
LOST = "The ruler cannot be found after a restart"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Hi guys! The print preview stays empty on Mondays",
            "The print preview stays empty on Mondays",
        ),
        (
            "Hello Martha, since the last update I noticed that the ruler is upside down",
            "The ruler is upside down",
        ),
        (
            "I just wanted to report that exporting a chart loses its legend.",
            "Exporting a chart loses its legend",
        ),
        ("It would be great if you could add dark mode", "Add dark mode"),
        ("Please add a way to pin a folder!!! thanks", "Add a way to pin a folder"),
        ("[BUG] Folders cannot be renamed", "Folders cannot be renamed"),
        ("Feature request: sort folders by colour", "Sort folders by colour"),
        ("v3.2.1: the tray icon vanishes", "The tray icon vanishes"),
        ("The tray icon vanishes since 3.2.1 🤬🤬🤬", "The tray icon vanishes since 3.2.1"),
        ("Upgrade the ruler library to 3.22.3.1", "Upgrade the ruler library to 3.22.3.1"),
        ("Ruler#draw paints twice", "Ruler#draw paints twice"),
        (
            "Version 3.2 and later lose the ruler (page 2 of 3) on every save",
            "Version 3.2 and later lose the ruler (page 2 of 3) on every save",
        ),
        ("No sound after the film was cut", "No sound after the film was cut"),
        ("I wish there was no limit on pinned folders", "No limit on pinned folders"),
        ("All-day events are shown twice", "All-day events are shown twice"),
        ("Hi-DPI icons are blurry", "Hi-DPI icons are blurry"),
        ("Same-site cookies are lost at sign-in", "Same-site cookies are lost at sign-in"),
        ("Numbers in a column are not aligned right", "Numbers in a column are not aligned right"),
        ("The index of chapters is of no help", "The index of chapters is of no help"),
        ("The ruler is upside down, any help?", "The ruler is upside down"),
        (
            "Wrote this in the other channel too, but it is urgent: the ruler is doubled in print",
            "The ruler is doubled in print",
        ),
        (
            "Heads up for everybody who sends invoices to clients by mail from here every month: "
            "check the totals, the export crops the wide ones",
            "Check the totals, the export crops the wide ones",
        ),
        (
            "Can we stay polite? I don't like the new colours much, but all this shouting won't "
            "help anybody",
            "I don't like the new colours much, but all this shouting won't help anybody",
        ),
        ("Sorry for the noise but the ruler is upside down", "The ruler is upside down"),
        ("Feature wish: sort folders by colour. On the bus now.", "Sort folders by colour"),
        (
            "Is there a way to sort folders by colour from a script? I saw /v1/sort somewhere",
            "A way to sort folders by colour from a script",
        ),
        (
            "@relay_team **Folders** cannot be renamed, see https://example.com/x",
            "Folders cannot be renamed",
        ),
        ("The link to a shared note does not work", "The link to a shared note does not work"),
        ("[Shared notes](https://example.com/x) cannot be opened", "Shared notes cannot be opened"),
        (
            "Anyone else's cursor going to the end of the note?",
            "Cursor going to the end of the note",
        ),
        ("iPad keyboard hides the toolbar", "iPad keyboard hides the toolbar"),
        (
            "> Fine here\n\nNo, they lose their colours after a restart",
            "They lose their colours after a restart",
        ),
        (
            "On Monday Bob wrote:\n> works for me\nThe scanner skips every second page",
            "The scanner skips every second page",
        ),
        (
            "The scanner skips every second page\n-- \nBest regards\nDr. Ann Other\nSent from my "
            "phone",
            "The scanner skips every second page",
        ),
        (
            "```\nfatal: no such ruler\n```\nThe ruler cannot be found after a restart",
            "The ruler cannot be found after a restart",
        ),
        (
            "THE APP DELETES MY FOLDERS EVERY SINGLE NIGHT AND NOBODY CARES",
            "The app deletes my folders every single night and nobody cares",
        ),
        ("Export to PDF and CSV is broken", "Export to PDF and CSV is broken"),
        (
            "### Steps to reproduce\n\nOpen the ruler twice\n\n### Expected\nOne ruler",
            "Open the ruler twice",
        ),
        ("Ask bob@example.com. The ruler is upside down", "The ruler is upside down"),
        ("印刷プレビューが真っ白になります。助けてください。", "印刷プレビューが真っ白になります"),
        (
            "Предпросмотр печати пустой после перезапуска!!!",
            "Предпросмотр печати пустой после перезапуска",
        ),
    ],
)
def test_title_of_a_comment(text: str, expected: str) -> None:
    assert title_of(text) == expected


@pytest.mark.parametrize(
    "empty",
    ["Help please!!", "Question", "Bug", "App review", "Feature request", "Update?", "🔥🔥"],
)
def test_a_thread_title_without_content_does_not_win(empty: str) -> None:
    assert candidates("", empty) == []
    assert (
        title_of("The ruler is upside down after a restart", empty)
        == "The ruler is upside down after a restart"
    )


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        (
            "<marquee>x</marquee> shows up in file names",
            "<marquee>x</marquee> shows up in file names",
        ),
        (
            "Saving a drawing with more than sixty layers fails on the second try with an odd "
            "message about colours",
            "Saving a drawing with more than sixty layers fails on the second try with an odd "
            "message about colours",
        ),
    ],
)
def test_the_title_that_an_author_gave_is_kept(title: str, expected: str) -> None:
    text = "I opened the folder as always and the ruler vanished. Nothing else is broken."
    assert title_of(text, title, "bug") == expected


@pytest.mark.parametrize("subject", ["Read receipts", "Profile pictures", "Screenshot folders"])
def test_a_subject_that_sounds_like_talk_about_posts_is_still_named(subject: str) -> None:
    named, talk = f"{subject} are missing", f"{subject.split()[0]} attached"
    assert worth_of_title(named, "bug") > 0 >= worth_of_title(talk, "bug")


def test_what_a_cut_takes_away_does_not_turn_the_meaning() -> None:
    sentence = (
        "Printing from the tablet works on every machine that we have here, except that the ruler "
        "vanishes"
    )
    assert "vanishes" in title_of(sentence, kind="bug")


def test_a_good_thread_title_wins_over_the_story_below_it() -> None:
    story = (
        "So yesterday I sat down with my tea and opened the folder as always, you know how it goes"
    )
    assert (
        title_of(story, "[Bug] Ruler is upside down in print preview")
        == "Ruler is upside down in print preview"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("🤯🤯", "A problem without words"),
        ("https://example.com/a/very/long/path?x=1", "A problem without words"),
        ("", "A problem without words"),
        ("broken", "Broken"),
        ("crash", "Crash"),
        ("help!!!", "Help"),
    ],
)
def test_what_says_nothing_still_has_a_title(text: str, expected: str) -> None:
    assert title_of(text, kind="bug") == expected


def test_a_stack_trace_alone_is_named_by_its_error() -> None:
    trace = (
        "```\nRulerError: the ruler has no length\n    at draw (ruler.js:10:3)\n    at main "
        "(main.js:1:1)\n```"
    )
    assert "ruler has no length" in title_of(trace)


def test_a_sentence_without_end_is_cut_where_a_thought_ends() -> None:
    run_on = (
        "the ruler vanishes when i zoom in and then the page jumps and i have to scroll back to "
        "the top of it and " * 9
    )
    made = title_of(run_on)
    assert made == "The ruler vanishes when i zoom in"
    unbroken = title_of("ruler " * 60)
    assert unbroken.split()[-1] == "ruler"
    assert len(unbroken) <= TITLE_CHARACTERS


_PIECES = """the a with ruler page @bob #3 **x** http://x.de (y " … 🙂 v2.1 of PDF and, . ! ?"""
PIECES = [*_PIECES.split(), "\n"]
ANY_TEXT = st.text(max_size=400) | st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join)
WORDS = st.lists(
    st.sampled_from(["the", "of", "ruler", "with", "and", "page,", "to", "zooms;", "because"]),
    min_size=1,
    max_size=60,
)


@settings(max_examples=300, deadline=None)
@example("(((((", "")
@example("a\x00b", "İstanbul'da")
@given(ANY_TEXT, st.text(max_size=60))
def test_every_title_is_one_clean_line(text: str, thread_title: str) -> None:
    made = title_of(text, thread_title)
    assert made
    assert len(made) <= AUTHOR_TITLE_CHARACTERS
    assert made == made.strip()
    assert "\n" not in made
    assert not re.search(r"https?://|[@`*]|(?<!\w)#|#\d|[.,;:!?…]$", made)
    assert made.count("(") == made.count(")")
    assert made.count('"') % 2 == 0


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(["the", "of", "ruler", "with", "and", "page,", "to", "zooms;", "because"]),
        min_size=1,
        max_size=60,
    ),
    st.integers(20, 90),
)
def test_cut_ends_with_a_word_that_can_end(words: list[str], length: int) -> None:
    made = cut(" ".join(words), length)
    assert len(made) <= length
    if len(" ".join(words)) > length and len(made.split()) > 1:
        assert made.split()[-1] not in DANGLING_WORDS - PARTICLE_WORDS


@pytest.mark.parametrize(
    "unit",
    [
        "(",
        "[",
        "<",
        "**",
        "@a",
        "a, ",
        "1.",
        "i just wanted to say that ",
        "```\n",
        "> a\n",
        "hi ",
        '"',
    ],
)
def test_titles_take_linear_time(unit: str) -> None:
    short, long = repeated(unit, 5_000), repeated(unit, 40_000)
    assert grows_at_most(24, lambda text: title_of(text, text[:500]), short, long)

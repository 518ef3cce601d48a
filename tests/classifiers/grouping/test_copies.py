"""What makes two comments the same wording, and what two people may well write by chance."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.grouping.copies import wording
from tests.scenes.growth import grows_at_most, repeated

CAMPAIGN = (
    "We demand that the classic editor comes back: the new toolbar hides every important command "
    "behind three menus "
    "and slows our daily work down. Sign at https://petition.example/classic"
)


@pytest.mark.parametrize(
    "copy",
    [
        CAMPAIGN.upper(),
        f"  {CAMPAIGN.replace(' ', '  ')} 😡😡!!",
        f"> somebody else said this\n> and that\n\n{CAMPAIGN}",
        f"On Monday, Ann Lee wrote:\n> I like it\n{CAMPAIGN}",
        f"Hello everyone,\n{CAMPAIGN}",
        f"{CAMPAIGN}\n-- \nTom Berg, Example Ltd.",
        f"{CAMPAIGN}\n\nKind regards,\nTom Berg",
        f"{CAMPAIGN}\nSent from my phone",
        f"{CAMPAIGN}\n- Tom",
        f"{CAMPAIGN}?utm_source=mail&utm_campaign=classic#top",
        CAMPAIGN.replace("https://", "http://www."),
    ],
)
def test_a_decorated_copy_has_the_same_wording(copy: str) -> None:
    assert wording(copy) == wording(CAMPAIGN) != ""


@pytest.mark.parametrize(
    "text",
    [
        "dark mode please",
        "The app crashes on start since the last update",
        "",
        "👍👍",
        "please please " * 20,
    ],
)
def test_what_two_people_may_well_write_has_none(text: str) -> None:
    assert wording(text) == ""


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("classic", "modern"),
        ("three", "four"),
        ("petition.example/classic", "petition.example/new"),
    ],
)
def test_another_word_makes_another_wording(word: str, other: str) -> None:
    assert wording(CAMPAIGN.replace(word, other)) != wording(CAMPAIGN)


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(), max_size=300))
def test_any_text_is_fine(text: str) -> None:
    assert len(wording(text)) in (0, 16)


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "word ",
        "> ",
        "\n",
        "on a ",
        "http://",
        "\nthanks ",
        "- a\n",
        "hi ",
        "\nab ab ab",
        "a" + "\n" * 99,
    ],
)
def test_work_grows_with_the_text_and_no_faster(piece: str) -> None:
    assert grows_at_most(24, wording, repeated(piece, 25_000), repeated(piece, 200_000))
    assert grows_at_most(5, wording, repeated(piece, 200_000), repeated(piece, 400_000))

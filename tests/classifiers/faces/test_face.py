"""What a theme shows of itself: its title, phrases and quotes, from comments and vectors."""

from __future__ import annotations

import numpy as np

from classifiers.faces.face import Portrait, PortraitComment
from classifiers.texts.phrases import Background, key_phrases
from tests.scenes.small_model import vector

CENTRAL = "The ruler is upside down in print preview"
SAID = [
    ("ann", "ruler is upside down when i open the print preview"),
    ("bob", CENTRAL),
    (
        "cid",
        "my tea went cold while the ruler in preview flipped, upside down again, as on every "
        "working day",
    ),
    ("dan", "Help please!!"),
]


def spoken(said: list[tuple[str, str]]) -> list[PortraitComment]:
    return [
        PortraitComment(number, text, vector(text), voice)
        for number, (voice, text) in enumerate(said)
    ]


def test_the_title_is_that_of_the_central_comment_whatever_the_order() -> None:
    for order in (SAID, SAID[::-1]):
        found = Portrait(spoken(order), "bug").title()
        assert found is not None
        assert found.title == CENTRAL
        assert dict(enumerate(order))[found.comment_id][1] == CENTRAL


def test_nothing_said_gives_no_title() -> None:
    assert Portrait(spoken([("ann", "🙂"), ("bob", "Help please!!")])).title() is None
    assert Portrait([]).title() is None


def test_one_loud_person_does_not_move_the_centre() -> None:
    loud = [("eve", f"my folders are pink number {number}") for number in range(20)]
    found = Portrait(spoken(SAID + loud), "bug").title()
    assert found is not None
    assert "ruler" in found.title.lower()


def test_comments_without_vectors_still_have_a_face() -> None:
    found = Portrait([PortraitComment(1, CENTRAL, None, "ann")]).title()
    assert found is not None
    assert found.title == CENTRAL


def test_quotes_differ_and_are_of_one_person_each() -> None:
    said = [
        ("ann", "The ruler is upside down in print preview, I noticed it today"),
        ("bob", "The ruler is upside down in print preview, I noticed it today!!"),
        ("ann", "Another thing that I have to say about the ruler in print preview"),
        (
            "cid",
            "Letters on my screen are mirrored as soon as I measure something in the print preview",
        ),
        ("dan", "+1"),
        ("eve", "ruler upside down " * 80),
    ]
    chosen = Portrait(spoken(said)).quotes(3)
    assert len(chosen) == 3
    assert len({said[number][0] for number in chosen}) == 3
    assert not {0, 1} <= set(chosen), "a copy says nothing new"
    assert 3 in chosen
    assert 4 not in chosen
    assert chosen == Portrait(spoken(said)).quotes(3)


def test_recent_and_liked_comments_are_quoted_first() -> None:
    texts = [
        "the ruler flips in the preview of page one",
        "the ruler flips in the preview of page two",
    ]
    same = np.ones(384, dtype=np.float32) / np.float32(np.sqrt(384))
    old = PortraitComment(1, texts[0], same, "ann", age=90.0)
    assert Portrait([old, PortraitComment(2, texts[1], same, "bob")]).quotes(1) == [2]
    assert Portrait(
        [
            PortraitComment(1, texts[0], same, "ann", likes=30),
            PortraitComment(2, texts[1], same, "bob"),
        ]
    ).quotes(1) == [1]


def test_key_phrases_are_what_several_people_say_and_others_do_not() -> None:
    said = [
        ("ann", "Print preview is mirrored, love the app"),
        ("bob", "love the app but the print previews look mirrored"),
        ("cid", "My print preview... mirrored!"),
    ]
    others = Background.of(
        ["love the app, great app", "i love the app so much", "page layout is fine"] * 5
    )
    phrases = key_phrases(said, others)
    assert phrases[0] == "print preview"
    assert "mirrored" in phrases
    assert not any("love" in phrase for phrase in phrases)
    assert key_phrases([("ann", "print preview"), ("ann", "print preview")]) == [], (
        "one person is not several"
    )
    assert key_phrases([]) == []


def test_a_phrase_may_hold_a_small_word_in_its_middle() -> None:
    assert (
        key_phrases([("ann", "exporting to pdf fails"), ("bob", "it is exporting to pdf, badly")])[
            0
        ]
        == "exporting to pdf"
    )

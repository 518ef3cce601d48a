"""Cleaning, fingerprints, phrases and language: what they keep, what they drop, and that nothing
upsets them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.faces.titles import title_of
from classifiers.kinds.noise import noise
from classifiers.texts.language import detect
from classifiers.texts.phrases import content_words, key_phrases, shared_words
from classifiers.texts.text import MAX_CLEAN_CHARACTERS, clean, fingerprint
from tests.scenes.growth import grows_at_most, repeated

ANY_TEXT = st.text(st.characters(), max_size=300)


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("It broke, see https://example.org/a?b=c now", "It broke, see link now"),
        ("a\x00b\u202ec \ud800", "a b c"),
        ("noooooooo!!!!!!!!", "nooo!!!"),
        ("hello\n\n\n\n\nworld", "hello\n\nworld"),
        ("Crash <!-- fill in\nthe form --> on start", "Crash on start"),
        (
            "![screen](https://x.example/y.png) shows [the menu](https://x.example)",
            "screen shows the menu",
        ),
        ("Broken.\n-- \nBest regards, Kim", "Broken."),
        ("Broken.\nSent from my iPhone", "Broken."),
        ("See:\n```py\none\ntwo\nthree\nfour\n```\nafter", "See:\none\ntwo\nafter"),
        (
            "Boom\n at a(A.j:1)\n at b(A.j:2)\n at c(A.j:3)\nend",
            "Boom\n at a(A.j:1)\n at b(A.j:2)\nend",
        ),
        ("-- \nonly a signature", "-- \nonly a signature"),
    ],
)
def test_clean(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


@settings(max_examples=150, deadline=None)
@given(ANY_TEXT)
def test_cleaning_never_fails_and_is_encodable(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode("utf-8")
    assert len(cleaned) <= MAX_CLEAN_CHARACTERS
    assert "\x00" not in cleaned


@settings(max_examples=150, deadline=None)
@given(ANY_TEXT)
def test_fingerprint_ignores_case_of_ascii_and_outer_space(text: str) -> None:
    assert fingerprint(f"  {text}\n") == fingerprint(text)
    plain = text.encode("ascii", "ignore").decode()
    assert fingerprint(plain.upper()) == fingerprint(plain.lower())


def test_fingerprint_tells_copies_from_others() -> None:
    original = "The app CRASHES on start!!! https://example.org"
    assert fingerprint(original) == fingerprint("the app crashes — on start")
    assert fingerprint("café") == fingerprint("cafe")
    assert fingerprint(original) != fingerprint("the app crashes on exit")
    assert fingerprint("😀") != fingerprint("😡")
    assert fingerprint(" \n") == ""


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "word ",
        "<!-- ",
        "<!-- --> ",
        "[",
        "![a](",
        "```\n",
        "http://",
        "\n",
        "é\u0301",
        "...",
        "at x(",
    ],
)
def test_work_grows_with_the_text_and_no_faster(piece: str) -> None:
    def read(text: str) -> None:
        clean(text)
        fingerprint(text)
        title_of(text)
        key_phrases([("ann", text), ("bob", text)])
        detect(text)

    assert grows_at_most(24, read, repeated(piece, 5_000), repeated(piece, 40_000))
    assert grows_at_most(5, read, repeated(piece, 200_000), repeated(piece, 400_000))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty_text"),
        ("😂 !!", "no_words"),
        ("link", "link_only"),
        ("Hi all", "greeting"),
        ("good morning everyone", "greeting"),
        ("Earn $500 per day from home", "spam"),
        ("hi, the app crashes", ""),
        ("hello?", ""),
        ("thank you so much guys", "thanks"),
        ("thanks but it still crashes", ""),
        ("thanks for nothing", ""),
        ("+1", "agreement"),
        ("same problem here!!", "agreement"),
        ("+1 for dark mode", ""),
        ("same here, crashes on my tablet", ""),
        ("FIRST!!1", "chatter"),
        ("lol 😂", "chatter"),
        ("crash", ""),
        ("not working", ""),
        ("500", ""),
        ("check this out: link", "link_only"),
        ("link crashes", ""),
        ("Use code SAVE20 for 20% off at link", "spam"),
        ("promo code: RELAY50", "spam"),
        ("Free nitro for everyone link", "spam"),
        ("Visit link for best SEO services, guest posts, backlinks", "spam"),
        ("selling account lvl 80, dm", "sale"),
        ("Can't use code SAVE20 for 20% off at checkout", ""),
        ("I can use my promo code only once, why?", ""),
        ("casino bonus screen crashes", ""),
        ("spam bots post 'earn $500 per day' in our chat, please filter them", ""),
        ("I earn 500 a day as a driver and the app loses trips", ""),
        ("how do I earn points every day", ""),
        ("The referral code screen is empty", ""),
    ],
)
def test_noise(text: str, reason: str) -> None:
    assert noise(text) == reason


def test_content_words_meet_across_endings() -> None:
    assert content_words("The app crashes") == content_words("crashed")
    assert shared_words("Crashes while uploading photos", "upload of a photo crashed") == (
        "crashes",
        "uploading",
        "photos",
    )

"""Noise by rules: what is found, what is never thrown away, and what they do to public sets.

``noise_texts.jsonl`` was written before the rules for off-topic talk: one half to write them by,
the other to judge them. Look-alikes speak of the same things and have something to say about a
product.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from classifiers.kinds.noise import noise
from classifiers.texts.text import clean
from tests.paths import SHARED
from tests.scenes.growth import grows_at_most, repeated

TEXTS = [
    json.loads(line)
    for line in Path(__file__)
    .with_name("noise_texts.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]
PUBLIC = SHARED / "data" / "classification"
REASONS = {
    "job": {"job_ad"},
    "promotion": {"promotion", "spam"},
    "trade": {"sale", "spam"},
    "chain": {"chain_letter"},
    "giveaway": {"spam"},
    "automatic": {"automatic"},
    "moderation": {"moderation"},
    "filler": {"chatter", "agreement", "no_words"},
    "signature": {"signature", "no_words"},
}


def reason(text: str) -> str:
    return noise(clean(text))


@pytest.mark.parametrize(("half", "least"), [("rules", 0.9), ("judge", 0.78)])
def test_most_noise_is_named_for_what_it_is(half: str, least: float) -> None:
    texts = [row for row in TEXTS if row["noise"] and row["half"] == half]
    found = [row for row in texts if reason(row["text"])]
    assert len(texts) > 80
    assert len(found) >= least * len(texts)
    assert [row for row in found if reason(row["text"]) not in REASONS[row["sort"]]] == []


def test_look_alikes_are_heard() -> None:
    texts = [row["text"] for row in TEXTS if not row["noise"]]
    assert len(texts) > 150
    assert [(text, reason(text)) for text in texts if reason(text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "For sale sign on the map covers the price, $20 is cut off",
        "Buying 3 seats costs 30 dollars more than shown",
        "Check out my website, the header overlaps the logo: https://example.org",
        "Keep the chat clean of system messages",
        "Please don't double post my entries to Facebook",
        "Dark mode just landed!",
        "Moved to a new phone",
        "Share this to all my devices",
        "When I copy and paste this, bold is dropped",
        "passive income upgrades are too expensive",
        "Trading signals arrive late",
        "Racing to the moon is my favourite level",
        "Best app EVER!",
        "Love, love this",
        "Love!",
        "Sent from the web client my message has no line breaks",
        "bump, still broken in the beta",
        "+1 for dark mode",
        "me too, since 3.4 the login loops",
        "any update?",
        "any update on this?",
        "any news on the export bug?",
        "buying gold in the shop does nothing",
        "buying a skin takes my gold and gives nothing",
        "Selling keys to vendors gives 0 gold",
        "Buying skins costs 20 dollars more on mobile",
        "Trading fish with friends leaves me with 3k gold",
        "buying premium on my second account gives nothing",
        "mod here is outdated",
        "[Mod] Sodium makes the sky black",
        "[Mod] removed blocks come back",
        "Mod menu opens behind the map",
        "mod: optifine no loading",
        "Admin: list of users is sorted backwards",
        "messages deleted after logging in",
        "Messages deleted",
        "comment deleted itself",
        "Comment deleted",
        "Moving to Windows 11 made fonts tiny",
        "Moving to Windows 11",
        "Moved to Settings",
        "Moved to Settings > Privacy and it logged me out",
        "Moved to Linux",
        "congrats on the new dark theme",
        "congrats on the launch of 4.0!",
        "congrats team, great release",
        "thanks for the gold edition",
        "great app, you deserve more stars",
        "thanks for the video export",
        "marked as solved but it still crashes",
        "Marked as solved, thanks for nothing",
        "marked it as answered and the thread vanished",
    ],
)
def test_who_says_anything_about_the_product_is_heard(text: str) -> None:
    assert reason(text) == ""


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("bump", "chatter"),
        ("bump for visibility", "chatter"),
        ("commenting to find this later", "chatter"),
        ("+1 same here", "agreement"),
        ("me too!!", "agreement"),
        ("morning all ☕", "greeting"),
        ("Sent from my iPhone", "signature"),
        ("Best,\nMaya", "signature"),
        ("I am out of the office until 3 March, call my colleague", "automatic"),
        ("selling my ticket for tonight, 20 euros", "sale"),
        ("We're hiring: two testers, full remote", "job_ad"),
        ("selling skins, paypal, dm me", "sale"),
        ("WTS gold cheap, dm me", "sale"),
        ("Moving this thread to Support", "moderation"),
        ("Moved to the Support forum as it is a question", "moderation"),
        ("[mod] keep it civil please", "moderation"),
        ("mod: please stay on topic", "moderation"),
        ("Moderator note: please use the search first", "moderation"),
        ("Comment deleted by a moderator", "moderation"),
        ("congrats on the Series B", "chatter"),
        ("Congratulations to you all on the wedding!!", "chatter"),
        ("great video, you deserve more subs", "chatter"),
        ("thanks for the award kind stranger", "chatter"),
        ("marked as solved, thanks all", "chatter"),
    ],
)
def test_reasons(text: str, named: str) -> None:
    assert reason(text) == named


@pytest.mark.skipif(not PUBLIC.exists(), reason="the public sets are not here")
def test_no_report_or_request_of_the_public_sets_is_thrown_away() -> None:
    """Of 3,992 labelled bugs and requests and 1,301 questions."""
    lost, seen = [], 0
    for file in sorted(PUBLIC.glob("*.jsonl.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                if row["kind"] in ("bug", "feature", "question"):
                    seen += 1
                    if reason(row["text"]):
                        lost.append((row["text"], reason(row["text"])))
    assert seen > 5_000
    assert len(lost) <= 3, lost


@pytest.mark.parametrize(
    "piece",
    ["a ", "Regards ", "my new ", "test ", "yes ", "same ", "win free ", "joined ", "1 ", "\n"],
)
def test_work_grows_slowly_with_the_text(piece: str) -> None:
    half, most, beyond = (repeated(piece, characters) for characters in (299, 598, 100_000))
    assert grows_at_most(10, noise, half, most)  # a pattern that tries all ways would never end
    assert grows_at_most(500, noise, most, beyond)

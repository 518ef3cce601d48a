"""The hint for attacks on people: what it finds, what it must leave alone, and how the head is
made."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from classifiers.contract import Embedder
from classifiers.kinds.enrich import DefaultEnricher
from classifiers.kinds.heads import Features
from classifiers.kinds.tone import HOSTILE_PART_FROM, ToneModel
from classifiers.stored_weights import SHIPPED_WEIGHTS
from classifiers.training.seed_texts import SEEDS_FOLDER
from classifiers.training.train_tone import ToneTexts, read_texts, train_tone

HOSTILE = [
    "You are such an idiot, nobody wants you in this forum.",
    "Shut up you pathetic loser.",
    "I know where you live and you will regret this.",
    "The people in your support are brainless morons.",
]
CIVIL = [
    "How do I kill a zombie process that the worker left behind?",
    "The slave does not follow its master after a failover and the job aborts.",
    "This bug is killing me, I lost two hours of work.",
    "Worst update ever, absolute garbage, I want my money back.",
    "holy shit this is fast, fucking love it",
    "Oh great, another update that moves every button.",
    "You should add a calendar view.",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_an_attack_is_a_hint(enricher: DefaultEnricher, text: str) -> None:
    assert enricher.enrich([text])[0].tone == "hostile"


@pytest.mark.parametrize("text", HOSTILE)
def test_an_attack_within_a_long_report_is_a_hint_too(enricher: DefaultEnricher, text: str) -> None:
    report = "The export stops at 40 % when a table has more than a thousand rows. It happens with every browser I have."
    plain, both, behind = enricher.enrich(
        [f"{report} {report}", f"{report} {text} {report}", f"{report}\n\n{text}"]
    )
    assert [plain.tone, both.tone, behind.tone] == ["", "hostile", "hostile"]
    assert both.hostile >= HOSTILE_PART_FROM


def test_more_is_asked_of_a_part_than_of_the_whole() -> None:
    assert ToneModel().hostile_from < HOSTILE_PART_FROM


@pytest.mark.parametrize("text", CIVIL)
def test_harsh_words_about_a_product_are_none(enricher: DefaultEnricher, text: str) -> None:
    found = enricher.enrich([text])[0]
    assert found.tone == ""
    assert 0 <= found.hostile < HOSTILE_PART_FROM


def test_what_cannot_be_read_has_no_tone(enricher: DefaultEnricher) -> None:
    found = enricher.enrich(
        ["Du bist der letzte Idiot und niemand will dich hier haben", "", "https://x.example/a"]
    )
    assert [(each.tone, each.hostile) for each in found] == [("", 0.0)] * 3


def test_the_texts_are_many_and_stand_once() -> None:
    rows = read_texts()
    written = [text for text, own in zip(rows.texts, rows.written, strict=True) if own]
    assert int(rows.hostile.sum()) >= 250
    assert int((rows.written & ~rows.hostile).sum()) >= 400
    assert len(set(written)) == len(written)
    assert not np.intersect1d(rows.groups[rows.hostile], rows.groups[~rows.hostile]).size
    assert (SEEDS_FOLDER / "tone" / "hostile.txt").is_file()


def test_the_shipped_head_is_as_precise_as_it_must_be() -> None:
    scores = json.loads((SHIPPED_WEIGHTS / "tone.json").read_text(encoding="utf-8"))["scores"]
    assert scores["precision"] >= 0.85
    assert scores["precision_on_hard_texts"] >= 0.85
    assert scores["recall"] >= 0.7


def test_training_again_gives_the_same_head(embedder: Embedder, tmp_path: Path) -> None:
    texts = HOSTILE * 3 + CIVIL * 3
    hostile = np.array([True] * 12 + [False] * 21)
    rows = ToneTexts(texts, hostile, np.arange(33) % 8 + 10 * hostile, np.ones(33, bool))
    first = train_tone(embedder, tmp_path / "a", 7, source=rows, say=lambda _: None)
    assert (
        first["version"]
        == train_tone(embedder, tmp_path / "b", 7, source=rows, say=lambda _: None)["version"]
    )
    assert first["encoder"] == "all-MiniLM-L6-v2"
    model = ToneModel(tmp_path / "a")
    bad, good = model.hostile(
        Features.of([HOSTILE[0], CIVIL[0]], embedder.encode([HOSTILE[0], CIVIL[0]]).inner)
    )
    assert bad > good

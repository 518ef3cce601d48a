"""Several kinds in one comment: how it is cut, and what is kept beside the strongest kind."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.contract import Embedder, Kind, ModelError
from classifiers.kinds.enrich import DefaultEnricher
from classifiers.kinds.kind import KINDS, KindModel
from classifiers.kinds.several import (
    CLEAR_ALONE,
    MAX_SEGMENTS,
    SEGMENTED_CHARACTERS,
    SideKinds,
    clearest,
    segments,
)
from classifiers.stored_weights import SHIPPED_WEIGHTS
from classifiers.training.fit_several import cases, fit_several

BUG = "The app crashes every time I open the camera on my phone."
WISH = "Please add the possibility to sort my lists by date, that would be great."
PRAISE = "I love this app, it is the best thing I have installed all year, thank you so much!"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        ("One sentence that is long enough to be cut, if only there were two.", []),
        ("Two short ones. They say little.", []),
        (f"{BUG} {WISH}", [BUG, WISH]),
        (f"{BUG}\n\n{WISH}", [BUG, WISH]),
        (f"Hi! {BUG} Thanks!", [f"Hi! {BUG} Thanks!"]),
        (
            "Version 1.2 of the plugin fails on start. It worked in 1.1 until the update.",
            ["Version 1.2 of the plugin fails on start.", "It worked in 1.1 until the update."],
        ),
    ],
)
def test_segments(text: str, parts: list[str]) -> None:
    assert [text[begin:end] for begin, end in segments(text)] == (parts if len(parts) > 1 else [])


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(), max_size=400))
def test_segments_are_few_and_lose_no_word(text: str) -> None:
    parts = segments(text)
    assert len(parts) <= MAX_SEGMENTS
    assert len(parts) != 1
    if parts:
        assert (
            " ".join(text[begin:end] for begin, end in parts).split()
            == text[:SEGMENTED_CHARACTERS].split()
        )
        assert all(end <= begin for (_, end), (begin, _) in pairwise(parts))


def test_a_wall_of_text_is_cut_into_few_segments() -> None:
    assert 2 <= len(segments("It is a line of words here.\n" * 5_000)) <= MAX_SEGMENTS


def test_neighbours_are_judged_together_and_the_best_run_counts() -> None:
    bug, feature = KINDS.index(Kind.bug), KINDS.index(Kind.feature)
    rows = np.full((3, len(KINDS)), 0.01)
    rows[0, bug], rows[1, bug], rows[2, feature] = 0.8, 0.45, 0.96
    found = clearest("word " * 24, [(0, 30), (30, 60), (60, 120)], rows)
    assert found[bug] == pytest.approx(0.6)  # both are too short to stand alone: the geometric mean
    assert found[feature] == pytest.approx(0.96)


def test_few_words_count_where_they_are_sure() -> None:
    rows = np.full((2, len(KINDS)), 0.01)
    rows[0, KINDS.index(Kind.bug)], rows[1, KINDS.index(Kind.feature)] = 0.8, CLEAR_ALONE
    found = clearest("word " * 12, [(0, 30), (30, 60)], rows)
    assert found[KINDS.index(Kind.feature)] == pytest.approx(CLEAR_ALONE)
    assert found[KINDS.index(Kind.bug)] == pytest.approx(
        (0.8 * 0.01) ** 0.5
    )  # of both parts together


def test_what_is_clear_is_kept_clearest_first_and_never_twice() -> None:
    side = SideKinds({Kind.bug: 0.5, Kind.feature: 0.5, Kind.question: 0.5, Kind.praise: 0.9}, "v")
    clearness = np.array(
        [
            {"bug": 0.95, "feature": 0.6, "question": 0.7, "praise": 0.8}.get(kind, 0)
            for kind in KINDS
        ]
    )
    assert side.beside(Kind.bug, clearness) == (Kind.question, Kind.feature)
    assert side.beside(Kind.other, clearness)[0] is Kind.bug


def test_both_kinds_of_an_obvious_pair_are_told(enricher: DefaultEnricher) -> None:
    pair, one, _ = enricher.enrich(
        [f"{BUG} {WISH}", BUG, f"{BUG} It happens since the last update on both my phones."]
    )
    assert {pair.kind, *pair.other_kinds} == {Kind.bug, Kind.feature}
    assert one.other_kinds == ()


def test_the_company_in_a_batch_changes_nothing(enricher: DefaultEnricher) -> None:
    texts = [f"{BUG} {WISH}", "lol", BUG, f"{PRAISE} {BUG}", ""]
    together = enricher.enrich(texts)
    for text, found in zip(texts, together, strict=True):
        alone = enricher.enrich([text])[0]
        assert (alone.kind, alone.other_kinds, alone.tone) == (
            found.kind,
            found.other_kinds,
            found.tone,
        )


def test_noise_and_unknown_languages_have_no_other_kinds(enricher: DefaultEnricher) -> None:
    foreign = (
        "Die App stürzt beim Öffnen der Kamera ab. Bitte baut doch einen Kalender für die Termine "
        "ein."
    )
    assert [each.other_kinds for each in enricher.enrich([foreign, "👍 👍"])] == [(), ()]


def test_the_shipped_thresholds_belong_to_the_shipped_heads() -> None:
    card = json.loads((SHIPPED_WEIGHTS / "several.json").read_text(encoding="utf-8"))
    assert (
        card["kind_version"] == KindModel().version
    )  # otherwise run: python -m classifiers.training.fit_several
    assert card["scores"]["precision"] >= 0.7


def test_unreadable_thresholds_are_refused(tmp_path: Path) -> None:
    (tmp_path / "several.json").write_text('{"clear_from": {}}', encoding="utf-8")
    with pytest.raises(ModelError) as refusal:
        SideKinds.read(tmp_path)
    assert refusal.value.reason == "heads_unreadable"


def test_cases_name_all_their_kinds_and_fitting_is_repeatable(
    embedder: Embedder, tmp_path: Path
) -> None:
    question, other = "How do I export my notes?", "We meet on Friday in the usual place."
    kinds = {"bug": BUG, "feature": WISH, "praise": PRAISE, "question": question, "other": other}
    rows = [
        {"text": f"{text} Number {n} of them.", "kind": kind}
        for kind, text in kinds.items()
        for n in range(3)
    ]
    both = f"{PRAISE} {WISH}"
    made = cases([*rows, {"text": both, "kind": "feature", "also": ["praise"]}], 1)
    assert [kinds for text, kinds in made if both in text] == [{Kind.feature, Kind.praise}]
    made = cases(rows, 1)
    assert made == cases(rows, 1) != cases(rows, 2)
    assert all(
        BUG in text and WISH in text for text, kinds in made if kinds == {Kind.bug, Kind.feature}
    )
    for path in SHIPPED_WEIGHTS.glob("kind*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    few = made[::40]
    assert {len(kinds) for _, kinds in few} == {1, 2}
    card = fit_several(embedder, tmp_path, 1, all_cases=few, say=lambda _: None)
    assert SideKinds.read(tmp_path).version == card["version"]

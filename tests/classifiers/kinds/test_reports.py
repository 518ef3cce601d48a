"""The second opinion on reports: which texts get it, what of their title is read, and what it
leaves alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from classifiers.contract import Embedder, ModelError
from classifiers.kinds.experts import REPORT_HEADS, Reports, blend, log_softmax
from classifiers.kinds.heads import Heads
from classifiers.kinds.kind import KindModel
from classifiers.kinds.several import read
from classifiers.stored_weights import SHIPPED_WEIGHTS, load, version_of, write

REPORT = (
    "Crash in the tokenizer when the model folder is on a network drive\n\n### Environment\n\n- "
    "Version: 2.10.0\n"
    "- OS: Ubuntu 22.04\n- Python: 3.10.8\n\n### Steps to reproduce\n\n1. Mount the drive\n2. Load "
    "the model\n\n"
    "### Expected\n\nThe model is loaded.\n\n### Actual\n\nSegmentation fault in `load_vocab()`.\n"
)
REVIEW = (
    "Love it!\nI have used this app every day since spring and my kids adore the colours. The new "
    "stickers are so cute "
    "and I tell all of my friends about it. Five stars, keep up the good work!"
)
ONE_LINE = " ".join(REPORT.split())
TEXTS = [REPORT, REVIEW, ONE_LINE, ""]


def test_only_titled_texts_that_read_like_a_report_get_it(embedder: Embedder) -> None:
    _, features = read(embedder, TEXTS, [[], [], [], []])
    assert features.titled.tolist() == [True, True, False, False]
    reports = Reports.read()
    assert reports.among(features).tolist() == [0]
    general = log_softmax(np.arange(20.0).reshape(4, 5))
    blended = reports.blend(general, features)
    assert (blended[1:] == general[1:]).all()
    assert (blended[0] != general[0]).any()
    none = features.take(np.array([1, 2, 3]))
    assert (
        reports.blend(general[1:], none) is general[1:]
        or (reports.blend(general[1:], none) == general[1:]).all()
    )


def test_the_title_is_read_within_its_text_and_parts_have_none(embedder: Embedder) -> None:
    title, part = (0, REPORT.index("\n")), (80, 160)
    vectors, features = read(embedder, [REVIEW, REPORT], [[(0, 8)], [part, title]])
    alone = embedder.encode([REVIEW, REPORT], [[(0, 8)], [part, title]])
    assert features.titled.tolist() == [True, True, False, False, False]
    np.testing.assert_allclose(vectors, alone.vectors, atol=0.02)
    np.testing.assert_allclose(features.inner[2:], alone.parts, atol=0.05)
    np.testing.assert_allclose(features.titles[:2], alone.parts[[0, 2]], atol=0.05)
    assert (features.titles[2:] == features.inner[2:]).all()
    assert features.with_titles().dense().shape[1] == features.dense().shape[1] + 384


def test_the_second_opinion_shares_out_what_three_kinds_have_and_leaves_the_rest() -> None:
    general = log_softmax(np.array([[2.0, 1.0, 0.0, 1.5, -1.0], [0.0, 0.0, 0.0, 3.0, 0.0]]))
    expert = log_softmax(np.array([[0.0, 4.0, 0.0], [1.0, 1.0, 1.0]]))
    both = blend(general, expert)
    np.testing.assert_allclose(np.exp(both).sum(axis=1), 1)
    np.testing.assert_allclose(both[:, 3:], general[:, 3:])
    assert both[0, :3].argmax() == 1
    assert both[0, 1] - both[0, 0] == pytest.approx(0.85 * 4 - 0.15 * 1)
    np.testing.assert_allclose(both[1, :3], general[1, :3])


def test_a_report_is_judged_the_same_alone_and_among_others(embedder: Embedder) -> None:
    model = KindModel()
    _, together = read(embedder, TEXTS, [[], [], [], []])
    _, alone = read(embedder, [REPORT], [[]])
    np.testing.assert_allclose(
        model.probabilities(together)[0], model.probabilities(alone)[0], atol=0.01
    )
    np.testing.assert_allclose(model.probabilities(together).sum(axis=1), 1)


def test_they_are_stored_and_read_again_and_a_file_of_an_earlier_version_is_refused(
    tmp_path: Path,
) -> None:
    shipped, card = load(REPORT_HEADS, None, Reports.from_arrays)
    write(REPORT_HEADS, shipped, card, tmp_path)
    again = Reports.read(tmp_path)
    assert (again.likeness == shipped.likeness).all()
    assert again.intercept == shipped.intercept
    assert (tmp_path / f"{REPORT_HEADS}.npz").read_bytes() == (
        SHIPPED_WEIGHTS / f"{REPORT_HEADS}.npz"
    ).read_bytes()
    write(REPORT_HEADS, shipped.heads, card, tmp_path)
    with pytest.raises(ModelError) as refusal:
        Reports.read(tmp_path)
    assert refusal.value.reason == "heads_unreadable"
    assert "likeness" in refusal.value.detail


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    whole = (SHIPPED_WEIGHTS / f"{REPORT_HEADS}.npz").read_bytes()
    (tmp_path / f"{REPORT_HEADS}.json").write_bytes(
        (SHIPPED_WEIGHTS / f"{REPORT_HEADS}.json").read_bytes()
    )
    for damaged in (
        b"",
        b"something else",
        whole[: len(whole) // 2],
        whole[:5_000] + bytes(2_000) + whole[7_000:],
    ):
        (tmp_path / f"{REPORT_HEADS}.npz").write_bytes(damaged)
        with pytest.raises(ModelError) as refusal:
            Reports.read(tmp_path)
        assert refusal.value.reason == "heads_unreadable"
        assert "reinstall" in refusal.value.detail


def test_the_cards_are_those_of_the_weights_and_say_what_the_folds_gave() -> None:
    (heads, card), (reports, own) = (
        load("kind", None, Heads.from_arrays),
        load(REPORT_HEADS, None, Reports.from_arrays),
    )
    tone, tone_card = load("tone", None, Heads.from_arrays)
    assert card["version"] == version_of(heads, reports)
    assert (own["version"], tone_card["version"]) == (version_of(reports), version_of(tone))
    assert card["nlbse_five_folds"]["macro_f1"] >= 0.775
    assert card["leave_one_domain_out"]["maalej"]["macro_f1"] >= 0.635

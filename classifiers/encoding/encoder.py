"""The encoder: prepared once into a graph that serves without torch, or sentence-transformers
itself."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
from filelock import FileLock

from classifiers.contract import Embedder, ModelError
from classifiers.encoding.graph import (
    GRAPH_REVISION,
    Weights,
    build,
    read_weights,
    word_vectors,
)
from classifiers.encoding.model_files import MODEL_NAME, WEIGHTS_SHA256, published_model, verify
from classifiers.encoding.openvino_encoder import REPORTS_FOLDER, WORDS_FILE
from classifiers.encoding.openvino_import import openvino
from classifiers.encoding.tuned_layers import layers_version, read_layers

Backend = Literal["auto", "openvino", "sentence-transformers"]
Progress = Callable[[str], None]
PREPARED_STAMP = "prepared.json"
PREPARED_FILES = ("graph.xml", "graph.bin", WORDS_FILE, "tokenizer.json")


def prepare(
    directory: Path, progress: Progress | None = None, *, source: Path | None = None
) -> Path:
    """Build the graph from the published weights under ``directory`` and return its folder; does
    nothing if it is there.

    ``source`` is the folder of the weights, by default that of the installed package. ``progress``
    gets a sentence per step. The folder appears whole or not at all; of several processes one
    builds it while the others wait.

    Raises:
        ModelError: ``model_missing``, ``model_digest_mismatch`` or ``heads_unreadable``, each with
            what to do.
    """
    say = progress or (lambda _: None)
    folder = directory / MODEL_NAME
    if is_prepared(directory):
        return folder
    say("Checking the encoder's weights")
    weights = verify(source or published_model())
    directory.mkdir(parents=True, exist_ok=True)
    with FileLock(directory / f".{MODEL_NAME}.lock"):
        if not is_prepared(directory):
            say("Building the graphs")
            _build(weights, folder)
    say("The encoder is ready")
    return folder


def save_graph(weights: Weights, source: Path, folder: Path) -> None:
    """Write to ``folder`` what ``OpenVinoEmbedder`` reads: a graph of ``weights``, their word
    vectors, and the tokenizer of ``source``."""
    folder.mkdir(parents=True, exist_ok=True)
    openvino().save_model(build(weights), folder / "graph.xml", compress_to_fp16=False)
    np.save(folder / WORDS_FILE, word_vectors(weights))
    shutil.copyfile(source / "tokenizer.json", folder / "tokenizer.json")


def is_prepared(directory: Path) -> bool:
    """Whether ``directory`` holds whole graphs of these weights and this revision."""
    folder = directory / MODEL_NAME
    try:
        stamp = json.loads((folder / PREPARED_STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(stamp == _stamp()) and all(
        (place / name).is_file()
        for place in (folder, folder / REPORTS_FOLDER)
        for name in PREPARED_FILES
    )


def load(
    directory: Path | None, *, threads: int | None = None, backend: Backend = "auto"
) -> Embedder:
    """The encoder, from the graph prepared under ``directory`` or from sentence-transformers.

    ``auto`` takes the graph and prepares it where need be; without a directory,
    sentence-transformers where it is installed. ``threads`` defaults to the cores this process may
    use.

    Raises:
        ModelError: ``model_not_prepared``, ``model_missing``, ``model_digest_mismatch``,
            ``heads_unreadable`` or ``torch_missing``.
    """
    from classifiers.encoding import torch_encoder

    if backend == "sentence-transformers" or (
        backend == "auto" and directory is None and torch_encoder.available()
    ):
        return torch_encoder.SentenceTransformersEmbedder(
            str(verify(published_model())), name=MODEL_NAME, threads=threads
        )
    if directory is None or (backend == "openvino" and not is_prepared(directory)):
        raise ModelError(
            "model_not_prepared", "The encoder is not prepared; run once: relay model prepare"
        )
    from classifiers.encoding.openvino_encoder import OpenVinoEmbedder

    return OpenVinoEmbedder(prepare(directory), threads=threads)


def load_named(name: str, *, threads: int | None = None) -> Embedder:
    """Any other sentence-transformers model by published name or folder, e.g. a multilingual one.

    Raises:
        ModelError: ``torch_missing`` or ``model_missing``.
    """
    from classifiers.encoding.torch_encoder import SentenceTransformersEmbedder

    return SentenceTransformersEmbedder(name, threads=threads)


def _stamp() -> dict[str, str | int]:
    return {"weights": WEIGHTS_SHA256, "revision": GRAPH_REVISION, "reports": layers_version()}


def _build(weights: Path, folder: Path) -> None:
    staging = Path(tempfile.mkdtemp(prefix=f".{MODEL_NAME}-", dir=folder.parent))
    try:
        published = read_weights(weights / "model.safetensors")
        save_graph(published, weights, staging)
        save_graph({**published, **read_layers()}, weights, staging / REPORTS_FOLDER)
        (staging / PREPARED_STAMP).write_text(json.dumps(_stamp()), encoding="utf-8")
        staging.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)
        staging.rename(folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)

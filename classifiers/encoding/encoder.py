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
from classifiers.encoding.model_files import (
    MODEL_NAME,
    WEIGHTS_SHA256,
    published_model,
    sha256,
    verify,
)
from classifiers.encoding.models import DEFAULT, EncoderModel
from classifiers.encoding.openvino_encoder import REPORTS_FOLDER, WORDS_FILE
from classifiers.encoding.openvino_import import openvino
from classifiers.encoding.packed_e5 import read_packed
from classifiers.encoding.tuned_layers import layers_version, read_layers

Backend = Literal["auto", "openvino", "sentence-transformers"]
Progress = Callable[[str], None]
PREPARED_STAMP = "prepared.json"
TOKENIZER_FILE = "tokenizer.json"
PREPARED_FILES = ("graph.xml", "graph.bin", WORDS_FILE, TOKENIZER_FILE)


def prepare(
    directory: Path,
    progress: Progress | None = None,
    *,
    source: Path | None = None,
    model: EncoderModel = DEFAULT,
) -> Path:
    """Build the graph of ``model`` from its published weights under ``directory`` and return its
    folder; does nothing if it is there.

    ``source`` is the folder of the default's weights, by default that of the installed package, or
    the file of another model's. ``progress`` gets a sentence per step. The folder appears whole or
    not at all; of several processes one builds it while the others wait.

    Raises:
        ModelError: ``model_missing``, ``model_not_installed``, ``model_digest_mismatch``,
            ``model_unreadable`` or ``heads_unreadable``, each with what to do.
    """
    say = progress or (lambda _: None)
    folder = directory / model.name
    if is_prepared(directory, model):
        return folder
    say("Checking the encoder's weights")
    if model is DEFAULT:
        weights = verify(source or published_model())
    else:
        weights = require_weights(model, source)
    directory.mkdir(parents=True, exist_ok=True)
    with FileLock(directory / f".{model.name}.lock"):
        if not is_prepared(directory, model):
            say("Building the graphs" if model is DEFAULT else "Building the graph")
            _build(model, weights, folder)
    say("The encoder is ready")
    return folder


def save_graph(weights: Weights, source: Path, folder: Path, model: EncoderModel = DEFAULT) -> None:
    """Write to ``folder`` what ``OpenVinoEmbedder`` reads: a graph of ``weights``, their word
    vectors, and the tokenizer of ``source``."""
    folder.mkdir(parents=True, exist_ok=True)
    graph = build(weights, model.shape, model.name)
    openvino().save_model(graph, folder / "graph.xml", compress_to_fp16=False)
    np.save(folder / WORDS_FILE, word_vectors(weights))
    if source != folder:
        shutil.copyfile(source / TOKENIZER_FILE, folder / TOKENIZER_FILE)


def is_prepared(directory: Path, model: EncoderModel = DEFAULT) -> bool:
    """Whether ``directory`` holds whole graphs of these weights and this revision."""
    folder = directory / model.name
    try:
        stamp = json.loads((folder / PREPARED_STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    places = [folder]
    if model is DEFAULT:
        places.append(folder / REPORTS_FOLDER)
    return bool(stamp == _stamp(model)) and all(
        (place / name).is_file() for place in places for name in PREPARED_FILES
    )


def load(
    directory: Path | None,
    *,
    threads: int | None = None,
    backend: Backend = "auto",
    model: EncoderModel = DEFAULT,
) -> Embedder:
    """The encoder, from the graph prepared under ``directory`` or from sentence-transformers.

    ``auto`` takes the graph and prepares it where need be; without a directory,
    sentence-transformers where it is installed. ``threads`` defaults to the cores this process may
    use.

    Raises:
        ModelError: ``model_not_prepared``, ``model_missing``, ``model_not_installed``,
            ``model_digest_mismatch``, ``heads_unreadable`` or ``torch_missing``.
    """
    from classifiers.encoding import torch_encoder

    if model is DEFAULT and (
        backend == "sentence-transformers"
        or (backend == "auto" and directory is None and torch_encoder.available())
    ):
        return torch_encoder.SentenceTransformersEmbedder(
            str(verify(published_model())), name=MODEL_NAME, threads=threads
        )
    if directory is None or (backend == "openvino" and not is_prepared(directory, model)):
        raise ModelError(
            "model_not_prepared", "The encoder is not prepared; run once: relay model prepare"
        )
    from classifiers.encoding.openvino_encoder import OpenVinoEmbedder

    return OpenVinoEmbedder(prepare(directory, model=model), threads=threads, model=model)


def load_named(name: str, *, threads: int | None = None) -> Embedder:
    """Any other sentence-transformers model by published name or folder, e.g. a multilingual one.

    Raises:
        ModelError: ``torch_missing`` or ``model_missing``.
    """
    from classifiers.encoding.torch_encoder import SentenceTransformersEmbedder

    return SentenceTransformersEmbedder(name, threads=threads)


def require_weights(model: EncoderModel, file: Path | None) -> Path:
    """The file with the weights of ``model``, whose SHA-256 is the one we measured.

    Raises:
        ModelError: ``model_not_installed`` without a file, ``model_digest_mismatch`` for another.
    """
    if file is None or not file.is_file():
        raise ModelError(
            "model_not_installed",
            f"The {model.choice} model is not installed on this machine; run here: "
            f"relay model prepare {model.choice}",
        )
    digest = sha256(file)
    if digest != model.weights_sha256:
        raise ModelError(
            "model_digest_mismatch",
            f"The weights of the {model.choice} model have SHA-256 {digest[:12]}… instead of "
            f"{model.weights_sha256[:12]}…, so they are not used.",
        )
    return file


def _stamp(model: EncoderModel) -> dict[str, str | int]:
    if model is not DEFAULT:
        return {"weights": model.weights_sha256, "revision": GRAPH_REVISION}
    return {"weights": WEIGHTS_SHA256, "revision": GRAPH_REVISION, "reports": layers_version()}


def _build(model: EncoderModel, weights: Path, folder: Path) -> None:
    staging = Path(tempfile.mkdtemp(prefix=f".{model.name}-", dir=folder.parent))
    try:
        if model is DEFAULT:
            published = read_weights(weights / "model.safetensors")
            save_graph(published, weights, staging)
            save_graph({**published, **read_layers()}, weights, staging / REPORTS_FOLDER)
        else:
            tensors, tokenizer = read_packed(weights)
            tokenizer.save(str(staging / TOKENIZER_FILE))
            save_graph(tensors, staging, staging, model)
        (staging / PREPARED_STAMP).write_text(json.dumps(_stamp(model)), encoding="utf-8")
        staging.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)
        staging.rename(folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)

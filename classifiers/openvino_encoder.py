"""The encoder on OpenVINO: the way texts become vectors when serving."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Vectors
from classifiers.model_files import DIMENSIONS, MAX_TOKENS, MODEL_NAME

BATCH_ROWS = 64
BATCH_TOKENS = 2048
PAD_TO = 8
MAX_CHARACTERS = 20_000
"""256 tokens of real text end long before; it keeps a megabyte of text from being tokenised in full."""

Ids = list[int]


class OpenVinoEmbedder:
    """Runs the prepared graph; one per process, call it from one thread at a time."""

    def __init__(self, folder: Path, *, threads: int | None = None, precision: str | None = None) -> None:
        """``precision`` is ``bf16`` or ``f32``; None takes bf16 where the processor computes it natively."""
        from classifiers.openvino_import import openvino

        ov = openvino()
        from tokenizers import Tokenizer

        core = ov.Core()
        native = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        self._precision = precision or ("bf16" if native else "f32")
        workers = threads or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        self._compiled = core.compile_model(
            str(folder / "graph.xml"),
            "CPU",
            {
                "INFERENCE_PRECISION_HINT": self._precision,
                "PERFORMANCE_HINT": "THROUGHPUT",
                "INFERENCE_NUM_THREADS": workers,
                "NUM_STREAMS": workers,
                # Shapes differ from batch to batch: an unlimited cache of kernels would grow for days.
                "CPU_RUNTIME_CACHE_CAPACITY": 512,
            },
        )
        self._queue = ov.AsyncInferQueue(self._compiled, workers)
        self._queue.set_callback(_keep)
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()

    @property
    def name(self) -> str:
        """Model and backend with its precision."""
        return f"{MODEL_NAME}/openvino-{self._precision}"

    @property
    def dimensions(self) -> int:
        """384."""
        return DIMENSIONS

    def embed(self, texts: Sequence[str]) -> Vectors:
        """``float32[n, 384]`` of unit length, in the order of ``texts``."""
        vectors = np.empty((len(texts), DIMENSIONS), np.float32)
        if not texts:
            return vectors
        rows = [encoding.ids for encoding in self._tokenizer.encode_batch_fast([readable(text) for text in texts])]
        for batch in batches([len(row) for row in rows]):
            self._queue.start_async(_pad([rows[place] for place in batch]), (vectors, batch))
        self._queue.wait_all()
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(norms, 1e-12), np.float32)


def readable(text: str) -> str:
    """The part of a text the encoder can read: capped, and free of lone surrogates, which have no UTF-8 form."""
    return text[:MAX_CHARACTERS].encode("utf-8", "replace").decode("utf-8")


def batches(lengths: Sequence[int]) -> Iterator[NDArray[np.intp]]:
    """Places of texts, longest first, in batches of at most 64 rows and 2,048 padded tokens."""
    order = np.argsort(-np.asarray(lengths), kind="stable")
    start = 0
    while start < len(order):
        longest = _padded(lengths[order[start]])
        size = max(1, min(BATCH_ROWS, BATCH_TOKENS // longest))
        yield order[start : start + size]
        start += size


def _padded(length: int) -> int:
    return -(-length // PAD_TO) * PAD_TO


def _pad(rows: Sequence[Ids]) -> dict[str, NDArray[Any]]:
    width = _padded(max(len(row) for row in rows))
    ids = np.zeros((len(rows), width), np.int32)
    mask = np.zeros((len(rows), width), np.float32)
    for place, row in enumerate(rows):
        ids[place, : len(row)] = row
        mask[place, : len(row)] = 1
    return {"ids": ids, "mask": mask}


def _keep(request: Any, destination: tuple[Vectors, NDArray[np.intp]]) -> None:
    vectors, batch = destination
    vectors[batch] = request.get_output_tensor(0).data

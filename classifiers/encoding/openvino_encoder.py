"""The encoder on OpenVINO: the way texts become vectors when serving."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Encoded, Span, Vectors
from classifiers.encoding.graph import SCALE_GROUP
from classifiers.encoding.model_files import DIMENSIONS, ENCODER_TOKENS
from classifiers.encoding.models import DEFAULT, EncoderModel
from classifiers.encoding.neutral import neutral_in
from classifiers.encoding.packing import Batch, Part, batches

Precision = Literal["int8", "f32"]
WORDS_FILE = "words.npy"
"""The word vectors, beside the graph."""
REPORTS_FOLDER = "reports"
"""Folder within that of the encoder for the one tuned on issue reports."""
ENCODER_CHARACTERS = 20_000
"""256 tokens of real text end long before; it keeps a megabyte of text from being tokenised in
full."""


class OpenVinoEmbedder:
    """Runs the prepared graph; one per process, call it from one thread at a time."""

    def __init__(
        self,
        folder: Path,
        *,
        threads: int | None = None,
        precision: Precision = "int8",
        words: NDArray[np.float16] | None = None,
        model: EncoderModel = DEFAULT,
    ) -> None:
        """With ``precision`` int8, products take 8-bit activations, and the rest is bf16, where the
        processor computes these natively; f32 rounds nothing but the weights, as the graph has
        them.

        ``words`` are the word vectors of an encoder that has the same ones, by default those in
        ``folder``.
        """
        from classifiers.encoding.openvino_import import openvino

        ov = openvino()
        from tokenizers import Tokenizer

        core = ov.Core()
        native = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        self._folder, self._precision, self._model = folder, precision, model
        self.neutral = neutral_in(model.heads)
        """What makes vectors neutral to language; None for an encoder of one."""
        self._workers = threads or _cores()
        self._compiled = core.compile_model(
            str(folder / "graph.xml"),
            "CPU",
            {
                "INFERENCE_PRECISION_HINT": "bf16" if native and precision == "int8" else "f32",
                "DYNAMIC_QUANTIZATION_GROUP_SIZE": SCALE_GROUP if precision == "int8" else 0,
                "PERFORMANCE_HINT": "THROUGHPUT",
                "INFERENCE_NUM_THREADS": self._workers,
                "NUM_STREAMS": self._workers,
                # Shapes differ from batch to batch: an unlimited cache of kernels would grow for
                # days.
                "CPU_RUNTIME_CACHE_CAPACITY": 512,
            },
        )
        self._queue = ov.AsyncInferQueue(self._compiled, 2 * self._workers)
        self._queue.set_callback(_keep)
        self._words = _word_vectors(folder) if words is None else words
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(ENCODER_TOKENS)
        self._tokenizer.no_padding()

    @property
    def name(self) -> str:
        """Model and backend with its precision."""
        return f"{self._model.name}/openvino-{self._precision}"

    @property
    def dimensions(self) -> int:
        """384."""
        return DIMENSIONS

    def embed(self, texts: Sequence[str]) -> Vectors:
        """``float32[n, 384]`` of unit length, in the order of ``texts``."""
        return self.encode(texts).vectors

    def encode(self, texts: Sequence[str], parts: Sequence[Sequence[Span]] = ()) -> Encoded:
        """The same vectors, and the means of the fourth layer."""
        prefix = self._model.prefix
        vectors, inner = np.empty((2, len(texts), DIMENSIONS), np.float32)
        encoded = Encoded(vectors, inner, np.empty((sum(map(len, parts)), DIMENSIONS), np.float32))
        if not texts:
            return encoded
        read = [prefix + readable(text) for text in texts]
        if not len(encoded.parts):
            return self._run(self._tokenizer.encode_batch_fast(read), {}, encoded)
        # The slower way, which tells where each token begins.
        encodings = self._tokenizer.encode_batch(read)
        rows = count()
        shift = len(prefix)
        text_parts = {
            place: [
                Part(next(rows), *tokens)
                for tokens in within(
                    encodings[place].offsets,
                    [(begin + shift, end + shift) for begin, end in spans],
                )
            ]
            for place, spans in enumerate(parts)
            if spans
        }
        return self._run(encodings, text_parts, encoded)

    def _run(
        self, encodings: Sequence[Any], parts: Mapping[int, Sequence[Part]], encoded: Encoded
    ) -> Encoded:
        for batch in batches([encoding.ids for encoding in encodings], self._workers):
            inputs = {
                "words": self._words[batch.ids],
                "places": batch.places,
                "texts": batch.texts,
            }
            self._queue.start_async(inputs, (batch, parts, encoded))
        self._queue.wait_all()
        if self.neutral is not None:
            return replace(encoded, vectors=self.neutral.of(encoded.vectors))
        return encoded

    @cached_property
    def for_reports(self) -> OpenVinoEmbedder | None:
        """The same encoder with its upper layers tuned on issue reports; None where they were not
        prepared."""
        folder = self._folder / REPORTS_FOLDER
        if not folder.is_dir():
            return None
        return OpenVinoEmbedder(
            folder, threads=self._workers, precision=self._precision, words=self._words
        )

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """The numbers of each text's tokens, at most 256."""
        prefixed = [self._model.prefix + readable(text) for text in texts]
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(prefixed)]


def _word_vectors(folder: Path) -> NDArray[np.float16]:
    """Read from the file as they are needed: many words are never written in a community."""
    mapped: NDArray[np.float16] = np.load(folder / WORDS_FILE, mmap_mode="r")
    return mapped.view(np.ndarray)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def readable(text: str) -> str:
    """The part of a text the encoder can read: capped, and free of lone surrogates, which have no
    UTF-8 form."""
    return text[:ENCODER_CHARACTERS].encode("utf-8", "replace").decode("utf-8")


def within(offsets: Sequence[Span], spans: Sequence[Span]) -> list[Span]:
    """Which tokens begin in each span of characters; ``offsets`` are the tokens' own, with a mark
    at either end."""
    begins = [begin for begin, _ in offsets[1:-1]]
    return [(1 + bisect_left(begins, begin), 1 + bisect_left(begins, end)) for begin, end in spans]


def _keep(request: Any, destination: tuple[Batch, Mapping[int, Sequence[Part]], Encoded]) -> None:
    batch, parts, encoded = destination
    batch.pool(request.get_output_tensor(0).data, request.get_output_tensor(1).data, parts, encoded)

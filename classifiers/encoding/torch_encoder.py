"""The encoder through sentence-transformers: the reference, and the way to use any other model by
its name."""

from __future__ import annotations

import copy
import importlib.util
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Encoded, ModelError, Span, Vectors, space_of
from classifiers.encoding.model_files import MODEL_NAME
from classifiers.encoding.openvino_encoder import readable
from classifiers.encoding.tuned_layers import read_layers

TORCH_BATCH = 32


def available() -> bool:
    """Whether sentence-transformers and torch are installed (without importing them)."""
    return all(
        importlib.util.find_spec(name) is not None for name in ("sentence_transformers", "torch")
    )


def encoder_name(model: str) -> str:
    """What heads and vectors are named after: the published name, or that of the folder."""
    folder = Path(model)
    if folder.is_dir():
        return folder.resolve().name
    return model


class SentenceTransformersEmbedder:
    """Any model that sentence-transformers can load, in float32 on the CPU."""

    def __init__(self, model: str, *, name: str | None = None, threads: int | None = None) -> None:
        """``model`` is a folder or a published name.

        Raises:
            ModelError: ``torch_missing`` without the packages, ``model_missing`` when the model
                cannot be loaded.
        """
        if not available():
            raise ModelError(
                "torch_missing",
                "This model runs through sentence-transformers, which is not installed; "
                'install it with: pip install "feedback-relay[torch]"',
            )
        import torch
        from sentence_transformers import SentenceTransformer

        if threads:
            torch.set_num_threads(threads)
        try:
            self._model = SentenceTransformer(model, device="cpu")
        except (OSError, ValueError) as error:
            raise ModelError(
                "model_missing",
                f"The model {model} could not be loaded ({type(error).__name__}); "
                "check its name, or download it once and give its folder.",
            ) from error
        transformer: Any = self._model[0]
        transformer.auto_model.config.output_hidden_states = True
        self._name = f"{name or encoder_name(model)}/sentence-transformers-f32"

    @property
    def name(self) -> str:
        """Model and backend."""
        return self._name

    @property
    def dimensions(self) -> int:
        """Length of a vector, as the model says."""
        model = self._model  # version 6 renamed it
        length = (
            getattr(model, "get_embedding_dimension", None)
            or model.get_sentence_embedding_dimension
        )
        return int(length() or 0)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """``float32[n, dimensions]`` of unit length, in the order of ``texts``."""
        if not texts:
            return np.empty((0, self.dimensions), np.float32)
        vectors = self._model.encode([readable(text) for text in texts], normalize_embeddings=True)
        return np.asarray(vectors, np.float32)

    def encode(self, texts: Sequence[str], parts: Sequence[Sequence[Span]] = ()) -> Encoded:
        """The same vectors, and the means over the tokens two thirds of the way up the layers.

        Parts need a fast tokenizer, which says where each token begins; models of today have one.
        """
        import torch

        vectors, inner = np.empty((2, len(texts), self.dimensions), np.float32)
        firsts = np.cumsum([0, *map(len, parts)])
        pooled = np.empty((firsts[-1], self.dimensions), np.float32)
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        for start in range(0, len(order), TORCH_BATCH):
            places = order[start : start + TORCH_BATCH]
            read = [readable(texts[place]) for place in places]
            inputs = self._model.tokenize(read)
            with torch.inference_mode():
                output = self._model(inputs)
            mask = output["attention_mask"].unsqueeze(-1)
            layers = output["all_layer_embeddings"]
            middle = layers[round((len(layers) - 1) * 2 / 3)]
            unit = torch.nn.functional.normalize(output["sentence_embedding"], dim=1)
            vectors[places] = unit.numpy()
            inner[places] = ((middle * mask).sum(1) / mask.sum(1)).numpy()
            if not len(pooled):
                continue
            offsets = self._offsets(read)
            for place, tokens, (begins, ends) in zip(places, middle.numpy(), offsets, strict=True):
                for row, (begin, end) in enumerate(parts[place], start=firsts[place]):
                    inside = (begins >= begin) & (begins < end) & (ends > begins)
                    if inside.any():
                        pooled[row] = tokens[inside].mean(axis=0)
                    else:
                        pooled[row] = inner[place]
        return Encoded(vectors, inner, pooled)

    @cached_property
    def for_reports(self) -> SentenceTransformersEmbedder | None:
        """The same encoder with its upper layers tuned on issue reports; the built-in one alone has
        such."""
        if space_of(self._name) != MODEL_NAME:
            return None
        import torch

        tuned = copy.copy(self)
        tuned._model = copy.deepcopy(self._model)
        layers = {name: torch.from_numpy(tensor) for name, tensor in read_layers().items()}
        transformer: Any = tuned._model[0]
        # All of them, so that a name which another version of transformers calls otherwise is an
        # error.
        transformer.auto_model.load_state_dict({**transformer.auto_model.state_dict(), **layers})
        return tuned

    def _offsets(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """``int64[n, 2, tokens]``: where each token begins and has ended, in characters; marks are
        of no length."""
        tokens = self._model.tokenizer(
            texts,
            return_offsets_mapping=True,
            return_tensors="np",
            padding=True,
            truncation=True,
            max_length=self._model.max_seq_length,
        )
        return np.asarray(tokens["offset_mapping"], np.int64).transpose(0, 2, 1)

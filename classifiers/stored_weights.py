"""Trained arrays as they are shipped: an ``.npz`` beside a card in JSON."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import ModelError

SHIPPED_WEIGHTS = Path(__file__).parent / "weights"
UNREADABLE_ERRORS = (OSError, KeyError, EOFError, ValueError, BadZipFile, zlib.error)
"""What a missing, damaged or other ``.npz`` raises when it is read."""

Arrays = Mapping[str, NDArray[Any]]
Built = TypeVar("Built")


class Stored(Protocol):
    """What is shipped as an ``.npz``."""

    def arrays(self) -> Arrays:
        """Its arrays by name."""


def version_of(*stored: Stored) -> str:
    """Ten hex digits that change with any of the weights."""
    digest = hashlib.sha256()
    for weights in stored:
        for array in weights.arrays().values():
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:10]


def load(
    name: str, folder: Path | None, build: Callable[[Arrays], Built]
) -> tuple[Built, dict[str, Any]]:
    """What ``build`` makes of the arrays called ``name``, and their card.

    ``folder`` is by default that of the shipped weights.

    Raises:
        ModelError: ``heads_unreadable`` when a file is missing or does not fit this version.
    """
    place = folder or SHIPPED_WEIGHTS
    try:
        with np.load(place / f"{name}.npz", allow_pickle=False) as arrays:
            built = build(arrays)
        card = json.loads((place / f"{name}.json").read_text(encoding="utf-8"))
    except UNREADABLE_ERRORS as error:
        raise ModelError(
            "heads_unreadable",
            f"The trained head {name} in {place} cannot be read ({type(error).__name__}: {error}); "
            "train it again or reinstall the package.",
        ) from error
    return built, card


def write(name: str, weights: Stored, card: Mapping[str, Any], folder: Path) -> None:
    """Store the weights and their card: the same weights give the same bytes, as arrays have no
    time stamps."""
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / f"{name}.npz", **weights.arrays())  # type: ignore[arg-type]
    (folder / f"{name}.json").write_text(
        json.dumps(card, indent=2, sort_keys=True) + "\n", encoding="utf-8"
    )

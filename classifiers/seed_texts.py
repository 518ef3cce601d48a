"""The project's own training comments: they give the heads the tone of channels that the public sets lack."""

from __future__ import annotations

from pathlib import Path

from classifiers.contract import Kind

FOLDER = Path(__file__).parent / "seeds"


def seeds() -> list[tuple[str, Kind]]:
    """Every text with its kind, in the order of the files; they join the training as one domain and are never
    scored on."""
    return [
        (line, kind)
        for kind in Kind
        for line in (FOLDER / f"{kind}.txt").read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]

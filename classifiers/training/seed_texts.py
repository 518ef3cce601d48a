"""The project's own comments: they give training the tone of channels that the public sets lack.

``seeds/*.txt`` hold one comment a line, a file per kind; ``seeds/own/*.jsonl`` hold comments of
many products with their kind, their channel and, where several say the same, the name of their
``group``; ``seeds/kinds/*.jsonl`` hold turns of phrase that are hard on purpose: heads learn from
them, thresholds are not fixed on them. ``seeds/streams/*.jsonl`` hold the inbox of one product
each: grouping is fixed on them, while the kinds never see them, so that they can be judged there.
``seeds/narrow/*.jsonl`` hold inboxes of the same form, full of neighbours that differ in the one
thing that matters. ``seeds/languages/*.jsonl`` hold comments in other languages than English, a
file per language.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from classifiers.contract import Kind
from classifiers.evaluation.datasets import Row, read_rows

SEEDS_FOLDER = Path(__file__).parents[1] / "seeds"


def seeds() -> list[tuple[str, Kind]]:
    """Every text with its kind, in the order of the files; they join the training as one domain and
    are never scored on."""
    lines = [
        (line, kind)
        for kind in Kind
        for line in (SEEDS_FOLDER / f"{kind}.txt").read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]
    return lines + labelled(comments("own", "kinds"))


def labelled(rows: Sequence[Row]) -> list[tuple[str, Kind]]:
    """Every row's text with its kind."""
    return [(str(row["text"]), Kind(str(row["kind"]))) for row in rows]


def comments(*folders: str) -> list[Row]:
    """The rows in these folders of ``seeds``, by the names of their files: ``text``, ``kind``,
    ``channel``, ``group`` (may be empty)."""
    paths = [path for folder in folders for path in (SEEDS_FOLDER / folder).glob("*.jsonl")]
    return [
        row
        for path in sorted(paths, key=lambda path: path.name)
        for row in read_rows(path, "text", "kind")
    ]

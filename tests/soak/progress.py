"""How far a soak came, in files of its folder, so that another call goes on where one ended."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Progress:
    """What was done so far; ``kills`` by what was killed."""

    source_id: str = ""
    product_id: str = ""
    tracker_id: str = ""
    secret: str = ""
    sent: int = 0
    kills: Counter[str] = field(default_factory=Counter)


class SoakFolder:
    """The folder of a soak: progress, what was acknowledged, the service's data, the tracker."""

    def __init__(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._progress = path / "progress.json"
        self._acknowledged = path / "acknowledged.txt"
        self.tracker_state = path / "tracker.json"

    def load(self) -> Progress:
        """The progress of the calls before."""
        if not self._progress.exists():
            return Progress()
        known = json.loads(self._progress.read_text())
        return Progress(**{**known, "kills": Counter(known["kills"])})

    def save(self, progress: Progress) -> None:
        """Replace the progress whole, so that a soak that is killed itself goes on too."""
        fresh = self._progress.with_suffix(".new")
        fresh.write_text(json.dumps(vars(progress)))
        fresh.replace(self._progress)

    def acknowledge(self, comment_id: str) -> None:
        """The service said that it has this comment."""
        with self._acknowledged.open("a") as lines:
            lines.write(comment_id + "\n")

    def acknowledged(self) -> set[str]:
        """The comments that the service said it has."""
        if not self._acknowledged.exists():
            return set()
        return set(self._acknowledged.read_text().split())

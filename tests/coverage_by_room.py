"""``make coverage``: what share of every room's lines and branches the tests went through."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.paths import ROOT
from tests.rooms import CODE


@dataclass
class Share:
    """How many lines and branches there are, and how many were gone through."""

    lines: int = 0
    lines_run: int = 0
    branches: int = 0
    branches_run: int = 0

    def add(self, summary: dict[str, Any]) -> None:
        """Count a file, as coverage.py sums it up."""
        self.lines += summary["num_statements"]
        self.lines_run += summary["covered_lines"]
        self.branches += summary["num_branches"]
        self.branches_run += summary["covered_branches"]

    def __str__(self) -> str:
        return (
            f"{_percent(self.lines_run, self.lines)} {_percent(self.branches_run, self.branches)}"
        )


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:5.1f} %" if whole else "      -"


def room_of(path: str) -> str:
    """``app/themes`` for a file anywhere in it; ``app`` for one that is in no room."""
    top, *below = Path(path).parts
    return f"{top}/{below[0]}" if len(below) > 1 and top in CODE else top


def by_room(files: dict[str, Any]) -> dict[str, Share]:
    """The shares of every room, from coverage.py's own report as JSON."""
    rooms: dict[str, Share] = defaultdict(Share)
    for path, report in files.items():
        rooms[room_of(path)].add(report["summary"])
    return dict(sorted(rooms.items()))


def main() -> int:
    """Print the table; the exit code says whether the whole is above its floor."""
    with TemporaryDirectory() as folder:
        target = Path(folder) / "coverage.json"
        command = [sys.executable, "-m", "coverage", "json", "-q", "-o", str(target)]
        done = subprocess.run(command, cwd=ROOT, check=False)
        files = json.loads(target.read_text())["files"]
    print(f"{'room':28} {'lines':>7} {'branches':>7}")
    for room, share in by_room(files).items():
        print(f"{room:28} {share}")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())

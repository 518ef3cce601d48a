"""Delivery to theme beside an older commit, in one run on one machine.

Run: ``python -m tests.benchmarks.bench_paired BASELINE [--comments 300] [--pairs 5]``, where
``BASELINE`` is a worktree of the older commit (``git worktree add --detach FOLDER COMMIT``). Each
pair runs ``bench_pipeline`` in both, in turns first, so that what else the machine does falls on
both alike.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

from tests.benchmarks.machine import describe
from tests.paths import ROOT

_TOGETHER = re.compile(r"together: median ([\d,]+)")
RUN_SECONDS = 3_600


def rate_in(worktree: Path, comments: int) -> float:
    """Comments per second from delivery to theme, with the code of a worktree."""
    command = [sys.executable, "-m", "tests.benchmarks.bench_pipeline"]
    finished = subprocess.run(
        [*command, "--comments", str(comments), "--rounds", "1"],
        cwd=worktree,
        env={**os.environ, "PYTHONPATH": str(worktree), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=True,
    )
    printed = _TOGETHER.search(finished.stdout)
    if printed is None:
        raise ValueError(f"bench_pipeline in {worktree} printed no rate:\n{finished.stdout}")
    return float(printed[1].replace(",", ""))


def main() -> None:
    """Run the pairs and print their ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("baseline", type=Path)
    parser.add_argument("--comments", type=int, default=300)
    parser.add_argument("--pairs", type=int, default=5)
    options = parser.parse_args()
    print(describe("openvino", "psycopg"))
    ratios = []
    for number in range(options.pairs):
        places = [ROOT, options.baseline.resolve()]
        if number % 2:
            places.reverse()
        rates = {place: rate_in(place, options.comments) for place in places}
        now, before = rates[ROOT], rates[options.baseline.resolve()]
        ratios.append(now / before)
        print(f"now {now:,.0f} comments/s, before {before:,.0f}: {now / before:.3f}", flush=True)
    print(f"median ratio {statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})")


if __name__ == "__main__":
    main()

"""How much more work a longer text is: what tests hold, instead of how long a machine takes."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

ROUNDS = 6
LEAST_SECONDS = 0.001
"""What takes less counts as this: the clock tells no more."""


def grows_at_most(times: float, work: Callable[[str], object], short: str, long: str) -> bool:
    """Whether the ``long`` text is at most so many times the work of the ``short`` one.

    The best of several rounds of each, in turns: another process makes a round slower and none
    faster, so that a busy machine cannot fail a test. Give ``times`` a wide margin: of a text eight
    times as long, linear work grows 8 times and quadratic work 64.
    """
    best_short = best_long = math.inf
    for _ in range(ROUNDS):
        best_short = min(best_short, processor_seconds(work, short))
        best_long = min(best_long, processor_seconds(work, long))
        if best_long <= times * max(best_short, LEAST_SECONDS):
            return True
    return False


def processor_seconds(work: Callable[[str], object], text: str) -> float:
    """Of this process, whatever threads it works with."""
    started = time.process_time()
    work(text)
    return time.process_time() - started


def repeated(piece: str, characters: int) -> str:
    """The piece again and again, up to so many characters."""
    return (piece * (characters // len(piece) + 1))[:characters]

"""Short texts per second: the prepared encoder, sentence-transformers in the same run, and the whole enrich step.

Run: ``python -m tests.benchmarks.bench_encoder --model DIR [--file TEXTS.jsonl] [--rounds 5]``. Without a file it makes
comments of about 15 words from a small grammar. Not a test: nothing here has a time limit.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from classifiers import encoder, torch_encoder
from classifiers.datasets import read_rows
from classifiers.enrich import DefaultEnricher
from classifiers.text import clean
from tests.benchmarks.machine import describe, spread

PARTS = (
    ("the app", "your website", "the editor", "the export", "my account", "the new version", "search", "the player"),
    (
        "crashes",
        "is slow",
        "should have an option",
        "looks great",
        "loses my data",
        "needs a dark mode",
        "shows nothing",
    ),
    ("when I open it", "since the last update", "on my phone", "every single time", "for large projects", "at night"),
    ("and I have to start again", "please look into it", "but the rest is fine", "has anyone else seen this", ""),
)


def main() -> None:
    """Print the machine and the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--file", type=Path)
    parser.add_argument("--texts", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    encoder.prepare(options.model)
    texts = read(options.file, options.texts) if options.file else make(options.texts)
    packages = ["openvino", "tokenizers", "numpy"]
    if torch_encoder.available():
        packages += ["torch", "sentence-transformers"]
    print(describe(*packages))
    words = sorted(len(text.split()) for text in texts)
    print(f"{len(texts)} texts, median {words[len(words) // 2]} words, {options.threads} threads")

    started = time.perf_counter()
    served = encoder.load(options.model, threads=options.threads, backend="openvino")
    print(f"load: {time.perf_counter() - started:.2f} s")
    cleaned = [clean(text) for text in texts]
    fast = rate(lambda: served.embed(cleaned), len(texts), options.rounds)
    print(f"{served.name}: {spread(fast)} texts/s")
    enricher = DefaultEnricher(served)
    whole = rate(lambda: enricher.enrich(texts), len(texts), options.rounds)
    print(f"whole enrich step: {spread(whole)} texts/s")
    print(f"resident memory with the enricher loaded: {resident():.0f} MB")
    if not torch_encoder.available():
        print("sentence-transformers: not measured, it is not installed")
        return
    reference = encoder.load(None, backend="sentence-transformers", threads=options.threads)
    slow = rate(lambda: reference.embed(cleaned), len(texts), options.rounds)
    cosines = (served.embed(cleaned) * reference.embed(cleaned)).sum(axis=1)
    print(f"{reference.name}: {spread(slow)} texts/s")
    gain = statistics.median(whole) / statistics.median(slow)
    print(f"enrich step against sentence-transformers alone: {gain:.2f}x")
    print(f"cosine to it: mean {cosines.mean():.6f}, lowest {cosines.min():.6f}")


def rate(work: Callable[[], object], count: int, rounds: int) -> list[float]:
    """Texts per second of each round, after one that is not counted."""
    work()
    rates = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        rates.append(count / (time.perf_counter() - started))
    return rates


def read(path: Path, most: int) -> list[str]:
    """The first texts of a labelled file."""
    return [str(row["text"]) for row in read_rows(path, "text")[:most]]


def make(count: int) -> list[str]:
    """Comments put together from the parts, the same each time."""
    chance = random.Random(7)
    return [
        " ".join(filter(None, (chance.choice(choices) for _ in range(chance.choice((1, 1, 2))) for choices in PARTS)))
        for _ in range(count)
    ]


def resident() -> float:
    """Resident memory of this process in MB; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    line = next((line for line in lines if line.startswith("VmRSS")), "")
    return int(line.split()[1]) / 1000 if line else 0.0


if __name__ == "__main__":
    main()

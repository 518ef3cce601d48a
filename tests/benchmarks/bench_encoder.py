"""The encoder's speed: texts per second beside sentence-transformers, its share of the machine's
matrix rate, memory.

Run: ``python -m tests.benchmarks.bench_encoder [--model DIR] [--file TEXTS.jsonl] [--rounds 5]``.
Without a file it makes comments from a small grammar: short (about 14 words), mixed and long ones.
What is compared takes turns, round by round, so that other work on the machine weighs on both;
where that is too uneven, look at the processor time. Not a test: nothing here has a time limit.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from classifiers.contract import Embedder
from classifiers.encoding import encoder, torch_encoder
from classifiers.encoding.openvino_encoder import OpenVinoEmbedder
from classifiers.encoding.packing import batches
from classifiers.evaluation.datasets import read_rows
from classifiers.kinds.enrich import DefaultEnricher
from classifiers.texts.text import clean
from tests.benchmarks.machine import describe, spread
from tests.benchmarks.matrix_rate import PRECISION, SHAPES, MatrixRate, operations

PARTS = (
    (
        "the app",
        "your website",
        "the editor",
        "the export",
        "my account",
        "the new version",
        "search",
        "the player",
    ),
    (
        "crashes",
        "is slow",
        "should have an option",
        "looks great",
        "loses my data",
        "needs a dark mode",
        "shows nothing",
    ),
    (
        "when I open it",
        "since the last update",
        "on my phone",
        "every single time",
        "for large projects",
        "at night",
    ),
    (
        "and I have to start again",
        "please look into it",
        "but the rest is fine",
        "has anyone else seen this",
        "",
    ),
)
SENTENCES = {"short": (1, 1, 2), "mixed": (1, 1, 1, 2, 2, 3, 5, 9), "long": (10, 14, 20)}
"""How many sentences a comment has, one of these at random."""
MEMORY_STEP = 5_000

Work = Callable[[], object]


def main() -> None:
    """Print the machine and the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--model", type=Path, help="folder of the prepared encoder (default: prepared for this run)"
    )
    parser.add_argument("--file", type=Path)
    parser.add_argument("--texts", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument(
        "--memory",
        type=int,
        default=0,
        metavar="TEXTS",
        help="watch memory over so many mixed texts",
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        options.model = options.model or Path(folder)
        run(options)


def run(options: argparse.Namespace) -> None:
    """Everything that is measured, in the order it is printed."""
    encoder.prepare(options.model)
    packages = ["openvino", "tokenizers", "numpy"]
    if torch_encoder.available():
        packages += ["torch", "sentence-transformers"]
    print(describe(*packages))
    started = time.perf_counter()
    served = encoder.load(options.model, threads=options.threads, backend="openvino")
    assert isinstance(served, OpenVinoEmbedder)
    print(
        f"{served.name}, {options.threads} threads, loaded in {time.perf_counter() - started:.2f} s"
    )
    if options.file:
        texts = {
            "file": [
                str(row["text"]) for row in read_rows(options.file, "text", limit=options.texts)
            ]
        }
    else:
        texts = {
            name: make(options.texts // 5 if name == "long" else options.texts, choices)
            for name, choices in SENTENCES.items()
        }
    for name, sample in texts.items():
        shares(name, [clean(text) for text in sample], served, options.rounds, options.threads)
    first = next(iter(texts))
    against_the_reference(first, texts[first], served, options.rounds, options.threads)
    if options.memory:
        memory(served, options.memory)


def shares(
    name: str, texts: Sequence[str], served: OpenVinoEmbedder, rounds: int, threads: int
) -> None:
    """The encoder's operations per second against the machine's, over real tokens."""
    ids = served.tokenize(texts)
    lengths = [len(row) for row in ids]
    needed = operations(lengths)
    padded = sum(batch.ids.size for batch in batches(ids, threads)) / sum(lengths)
    products = {"x".join(map(str, shape)): MatrixRate(shape, threads) for shape in SHAPES}
    ways: dict[str, Work] = {"encoder": lambda: served.embed(texts)}
    ways |= {f"product {shape}": rate.run for shape, rate in products.items()}
    done = {"encoder": needed} | {
        f"product {shape}": rate.operations for shape, rate in products.items()
    }
    found = turns(ways, rounds)
    words = sorted(len(text.split()) for text in texts)
    print(
        f"\n{name}: {len(texts)} texts, median {words[len(words) // 2]} words, "
        f"{sum(lengths) / len(texts):.1f} tokens; "
        f"{padded:.3f} computed per real token"
    )
    rates = {
        way: [[done[way] / part / 1e9 for part in times] for times in found[way]] for way in ways
    }
    for way in ways:
        clock, processor = (spread([times[kind] for times in rates[way]]) for kind in (0, 1))
        print(f"  {way}: {clock} GFLOP/s; {processor} per second of processor time")
    for kind, label in enumerate(("by the clock", "by processor time")):
        best = max(
            products,
            key=lambda shape: statistics.median(times[kind] for times in rates[f"product {shape}"]),
        )
        pairs = zip(rates["encoder"], rates[f"product {best}"], strict=True)
        part = spread([ours[kind] / theirs[kind] for ours, theirs in pairs], 3)
        print(f"  share of the {PRECISION} matrix rate ({best}), real tokens, {label}: {part}")


def against_the_reference(
    name: str, texts: Sequence[str], served: Embedder, rounds: int, threads: int
) -> None:
    """Texts per second of the whole enrich step and of sentence-transformers alone, in turns."""
    enricher = DefaultEnricher(served)
    cleaned = [clean(text) for text in texts]
    ways: dict[str, Work] = {
        "encoder": lambda: served.embed(cleaned),
        "enrich step": lambda: enricher.enrich(texts),
    }
    if torch_encoder.available():
        reference = encoder.load(None, backend="sentence-transformers", threads=threads)
        ways[reference.name] = lambda: reference.embed(cleaned)
    found = turns(ways, rounds)
    print(f"\n{name}: {len(texts)} texts")
    for way, times in found.items():
        clock, processor = (
            spread([len(texts) / spent[kind] for spent in times]) for kind in (0, 1)
        )
        print(f"  {way}: {clock} texts/s; {processor} per second of processor time")
    print(f"  resident memory with the enricher loaded: {resident():.0f} MB")
    if not torch_encoder.available():
        print("  sentence-transformers: not measured, it is not installed")
        return
    for kind, label in enumerate(("by the clock", "by processor time")):
        pairs = zip(found["enrich step"], found[reference.name], strict=True)
        gains = spread([theirs[kind] / ours[kind] for ours, theirs in pairs], 2)
        print(f"  enrich step, times as fast as sentence-transformers alone, {label}: {gains}")
    cosines = (served.embed(cleaned) * reference.embed(cleaned)).sum(axis=1)
    print(f"  cosine to it: mean {cosines.mean():.6f}, lowest {cosines.min():.6f}")


def memory(served: Embedder, count: int) -> None:
    """Resident memory while ``count`` mixed texts go by in calls of all sizes."""
    chance = random.Random(5)
    print(f"\nmemory over {count:,} mixed texts, in calls of 1 to 256")
    texts = make(count, SENTENCES["mixed"] * 3 + SENTENCES["long"])
    done = told = 0
    while done < count:
        size = chance.randint(1, 256)
        served.embed(texts[done : done + size])
        done += size
        if done - told >= MEMORY_STEP or done >= count:
            told = done
            print(f"  after {min(done, count):,}: {resident():.0f} MB")


def turns(ways: Mapping[str, Work], rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Seconds of each way in each round, by the clock and of the processors, the ways one after the
    other.

    A first round is not counted.
    """
    found: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
    for number in range(rounds + 1):
        for way, work in ways.items():
            started, busy = time.perf_counter(), time.process_time()
            work()
            times = time.perf_counter() - started, time.process_time() - busy
            if number:
                found[way].append(times)
    return found


def make(count: int, sentences: Sequence[int]) -> list[str]:
    """Comments put together from the parts, the same each time."""
    chance = random.Random(7)
    return [
        " ".join(
            filter(
                None,
                (
                    chance.choice(choices)
                    for _ in range(chance.choice(sentences))
                    for choices in PARTS
                ),
            )
        )
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

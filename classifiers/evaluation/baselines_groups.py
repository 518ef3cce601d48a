"""Other ways to group, on the same vectors: clusterings that see the whole pool at once, which a
stream never does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Vectors
from classifiers.evaluation.agreement import ClusterScore, clusters
from classifiers.evaluation.datasets import DataError
from classifiers.evaluation.stream import Pool

SEARCHES = ("bm25", "minilm")
NEEDS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(SEARCHES, ()),
    "singletons": (),
    "agglomerative": ("scipy",),
    "hdbscan": ("sklearn",),
    "bertopic": ("sklearn", "bertopic"),
}
LINK_SIMILARITIES = tuple(round(0.2 + 0.05 * step, 2) for step in range(13))
SMALLEST = (5, 2, 3, 10, 20)
"""``min_cluster_size`` of HDBSCAN, the library's default first."""
TOPIC_SIZES = (10, 2, 5, 20)
"""``min_topic_size`` of BERTopic, the library's default first."""
MOST = 20_000
"""Comments of one product; their distances fill gigabytes beyond."""

Say = Callable[[str], None]
Found = tuple[str, NDArray[Any]]
"""A setting and the cluster of each comment; -1 for one that belongs nowhere."""


@dataclass(frozen=True, slots=True)
class Clustering:
    """Scores at the library's default (None where it has none) and at the setting that scores best
    on these very labels."""

    default: ClusterScore | None
    best: ClusterScore
    best_setting: str


def check_size(names: Sequence[str], products: Sequence[str]) -> None:
    """Whether each method can see all comments of each of the ``products`` at once.

    Raises:
        DataError: ``too_many_rows``.
    """
    most = max(Counter(products).values())
    slow = [name for name in names if NEEDS[name]]
    if slow and most > MOST:
        raise DataError(
            "too_many_rows",
            f"The baseline {slow[0]} would compare {most:,} comments with each other; take at most "
            f"{MOST:,} with "
            "--limit.",
        )


def cluster(
    names: Sequence[str], pool: Pool, *, seed: int, samples: int, say: Say = lambda _: None
) -> dict[str, Clustering]:
    """Each method's scores, by name."""
    scores = {}
    for name in names:
        if name in SEARCHES:
            continue
        say(f"Baseline {name}")
        runs = {setting: _labels(found) for setting, found in _settings(name, pool, seed)}
        quick = {
            setting: clusters(pool.groups, labels).b_cubed[2] for setting, labels in runs.items()
        }
        best = max(quick, key=lambda setting: quick[setting])
        first = None if name == "agglomerative" else clusters(
            pool.groups, runs[next(iter(runs))], seed=seed, samples=samples
        )  # fmt: skip
        scores[name] = Clustering(
            first, clusters(pool.groups, runs[best], seed=seed, samples=samples), best
        )
    return scores


def _settings(
    name: str, pool: Pool, seed: int
) -> Iterator[tuple[str, list[tuple[str, NDArray[Any]]]]]:
    """Settings, the default first, each with product and clusters by comment, product by
    product."""
    products = np.asarray(pool.products)
    vectors = np.stack([member.vector for member in pool.members])
    together: dict[str, list[tuple[str, NDArray[Any]]]] = {}
    for product in np.unique(products):
        inside = np.flatnonzero(products == product)
        texts = [pool.members[place].text for place in inside.tolist()]
        for setting, found in _clusterings(name, texts, vectors[inside], seed):
            whole = np.full(len(products), -2)
            whole[inside] = found
            together.setdefault(setting, []).append((str(product), whole))
    yield from together.items()


def _clusterings(name: str, texts: Sequence[str], vectors: Vectors, seed: int) -> Iterable[Found]:
    alone = np.full(len(texts), -1)
    if name == "singletons" or len(texts) < 3:
        settings = {"agglomerative": [f"similarity {value}" for value in LINK_SIMILARITIES],
                    "hdbscan": [f"min_cluster_size {size}" for size in SMALLEST],
                    "bertopic": [f"min_topic_size {size}" for size in TOPIC_SIZES]}  # fmt: skip
        return [(setting, alone) for setting in settings.get(name, ["each alone"])]
    return {"agglomerative": _average_link, "hdbscan": _hdbscan, "bertopic": _bertopic}[name](
        texts, vectors, seed
    )


def _average_link(_: Sequence[str], vectors: Vectors, seed: int) -> Iterator[Found]:
    from scipy.cluster.hierarchy import fcluster, linkage

    tree = linkage(vectors.astype(np.float64), "average", metric="cosine")
    for similarity in LINK_SIMILARITIES:
        yield f"similarity {similarity}", fcluster(tree, 1 - similarity, criterion="distance")


def _hdbscan(_: Sequence[str], vectors: Vectors, seed: int) -> Iterator[Found]:
    from sklearn.cluster import HDBSCAN

    for size in SMALLEST:
        found = HDBSCAN(min_cluster_size=min(size, len(vectors)), copy=True).fit_predict(vectors)
        yield f"min_cluster_size {size}", found


def _bertopic(texts: Sequence[str], vectors: Vectors, seed: int) -> Iterator[Found]:
    from bertopic import BERTopic
    from bertopic.dimensionality import BaseDimensionalityReduction

    # BERTopic's own reduction, but with a seed, and once for all settings.
    reduction = BERTopic(embedding_model=None).umap_model
    reduction.set_params(n_neighbors=min(15, len(texts) - 1), random_state=seed, n_jobs=1)
    reduced = reduction.fit_transform(vectors)
    for size in TOPIC_SIZES:
        model = BERTopic(
            min_topic_size=min(size, len(texts)),
            umap_model=BaseDimensionalityReduction(),
            embedding_model=None,
        )
        topics, _ = model.fit_transform(list(texts), embeddings=reduced)
        yield f"min_topic_size {size}", np.asarray(topics)


def _labels(found: Sequence[tuple[str, NDArray[Any]]]) -> list[str]:
    """One name per comment: a cluster's, or its own where it belongs nowhere."""
    names = [""] * len(found[0][1])
    for product, labels in found:
        for place, label in enumerate(labels.tolist()):
            if label != -2:
                names[place] = f"{product}\n{label}" if label >= 0 else f"alone {place}"
    return names

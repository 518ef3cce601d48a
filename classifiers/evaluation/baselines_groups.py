"""Other ways to group, on the same vectors: clusterings that see the whole pool at once."""

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

SEARCH_BASELINES = ("bm25", "minilm")
GROUP_BASELINE_NEEDS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(SEARCH_BASELINES, ()),
    "singletons": (),
    "agglomerative": ("scipy",),
    "hdbscan": ("sklearn",),
    "bertopic": ("sklearn", "bertopic"),
}
LINK_SIMILARITIES = tuple(round(0.2 + 0.05 * step, 2) for step in range(13))
HDBSCAN_SIZES = (5, 2, 3, 10, 20)
"""``min_cluster_size`` of HDBSCAN, the library's default first."""
TOPIC_SIZES = (10, 2, 5, 20)
"""``min_topic_size`` of BERTopic, the library's default first."""
MAX_CLUSTERED_COMMENTS = 20_000
"""Comments of one product; their distances fill gigabytes beyond."""
CLUSTERING_SETTINGS: Mapping[str, Sequence[str]] = {
    "agglomerative": [f"similarity {value}" for value in LINK_SIMILARITIES],
    "hdbscan": [f"min_cluster_size {size}" for size in HDBSCAN_SIZES],
    "bertopic": [f"min_topic_size {size}" for size in TOPIC_SIZES],
}
WITHOUT_DEFAULT = frozenset({"agglomerative"})
NO_CLUSTER = -1
"""The cluster of a comment that belongs to none ..."""
OTHER_PRODUCT = -2
"""... and of one of another product."""

Say = Callable[[str], None]
SettingClusters = tuple[str, NDArray[Any]]
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
    slow = [name for name in names if GROUP_BASELINE_NEEDS[name]]
    if slow and most > MAX_CLUSTERED_COMMENTS:
        raise DataError(
            "too_many_rows",
            f"The baseline {slow[0]} would compare {most:,} comments with each other; take at most "
            f"{MAX_CLUSTERED_COMMENTS:,} with --limit.",
        )


def cluster(
    names: Sequence[str], pool: Pool, *, seed: int, samples: int, say: Say = lambda _: None
) -> dict[str, Clustering]:
    """Each method's scores, by name."""
    scores = {}
    for name in names:
        if name in SEARCH_BASELINES:
            continue
        say(f"Baseline {name}")
        labels = {setting: _labels(runs) for setting, runs in _settings(name, pool, seed)}
        b_cubed_f1 = {
            setting: clusters(pool.groups, setting_labels).b_cubed[2]
            for setting, setting_labels in labels.items()
        }
        best = max(b_cubed_f1, key=lambda setting: b_cubed_f1[setting])
        default = None
        if name not in WITHOUT_DEFAULT:
            first = next(iter(labels))
            default = clusters(pool.groups, labels[first], seed=seed, samples=samples)
        scores[name] = Clustering(
            default=default,
            best=clusters(pool.groups, labels[best], seed=seed, samples=samples),
            best_setting=best,
        )
    return scores


def _settings(
    name: str, pool: Pool, seed: int
) -> Iterator[tuple[str, list[tuple[str, NDArray[Any]]]]]:
    """Settings, the default first, each with the clusters of all comments, product by product."""
    products = np.asarray(pool.products)
    vectors = np.stack([member.vector for member in pool.members])
    together: dict[str, list[tuple[str, NDArray[Any]]]] = {}
    for product in np.unique(products):
        inside = np.flatnonzero(products == product)
        texts = [pool.members[place].text for place in inside.tolist()]
        for setting, product_clusters in _clusterings(name, texts, vectors[inside], seed):
            all_clusters = np.full(len(products), OTHER_PRODUCT)
            all_clusters[inside] = product_clusters
            together.setdefault(setting, []).append((str(product), all_clusters))
    yield from together.items()


def _clusterings(
    name: str, texts: Sequence[str], vectors: Vectors, seed: int
) -> Iterable[SettingClusters]:
    if name == "singletons" or len(texts) < 3:
        nowhere = np.full(len(texts), NO_CLUSTER)
        return [(setting, nowhere) for setting in CLUSTERING_SETTINGS.get(name, ["each alone"])]
    methods = {"agglomerative": _average_link, "hdbscan": _hdbscan, "bertopic": _bertopic}
    return methods[name](texts, vectors, seed)


def _average_link(_: Sequence[str], vectors: Vectors, seed: int) -> Iterator[SettingClusters]:
    from scipy.cluster.hierarchy import fcluster, linkage

    tree = linkage(vectors.astype(np.float64), "average", metric="cosine")
    for similarity in LINK_SIMILARITIES:
        yield f"similarity {similarity}", fcluster(tree, 1 - similarity, criterion="distance")


def _hdbscan(_: Sequence[str], vectors: Vectors, seed: int) -> Iterator[SettingClusters]:
    from sklearn.cluster import HDBSCAN

    for size in HDBSCAN_SIZES:
        method = HDBSCAN(min_cluster_size=min(size, len(vectors)), copy=True)
        yield f"min_cluster_size {size}", method.fit_predict(vectors)


def _bertopic(texts: Sequence[str], vectors: Vectors, seed: int) -> Iterator[SettingClusters]:
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


def _labels(runs: Sequence[tuple[str, NDArray[Any]]]) -> list[str]:
    """One name per comment: a cluster's, or its own where it belongs nowhere."""
    names = [""] * len(runs[0][1])
    for product, labels in runs:
        for place, label in enumerate(labels.tolist()):
            if label == NO_CLUSTER:
                names[place] = f"alone {place}"
            elif label != OTHER_PRODUCT:
                names[place] = f"{product}\n{label}"
    return names

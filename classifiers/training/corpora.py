"""The public sets the heads are trained on: which file is which domain, and what each label there
allows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Embedder, Kind
from classifiers.encoding.model_files import sha256
from classifiers.evaluation.datasets import Row, read_rows
from classifiers.grouping.sorts import Sort, sort_of
from classifiers.kinds.heads import Features
from classifiers.kinds.kind import KINDS
from classifiers.kinds.several import read
from classifiers.texts.text import clean
from classifiers.training.seed_texts import comments, labelled, seeds

Report = Callable[[str], None]

DOMAINS = {
    "nlbse": ("nlbse24.jsonl.gz", "NLBSE'24 tool competition (Kallis et al.): GitHub issues"),
    "clap": ("clap_appreviews.jsonl.gz", "CLAP (Scalabrino et al., TSE 2019): app reviews"),
    "maalej": ("maalej_appreviews.jsonl.gz", "Maalej and Nabil, RE 2015: app reviews"),
    "intention": (
        "intention_github.jsonl.gz",
        "Huang et al., TSE 2020; Di Sorbo et al., ASE 2015: issue sentences",
    ),
    "shah": (
        "shah_reviewsentences.jsonl.gz",
        "Shah, Sirts, Pfahl; Mekala et al., RE 2021: review sentences, CC BY 4.0",
    ),
    "chat": ("frminer_chat.jsonl.gz", "FRMiner (Shi et al., ICSE 2020): chat dialogs, MIT"),
}

CHATS = ("buglistener_chat.jsonl.gz", "BugListener (Shi et al., ICSE 2022): chat dialogs")
"""Dialogs of several communities of developers, each of which is a domain of its own. The kind
heads never see them: what hears trouble does."""
CHAT_DOMAIN = "chat"

SEEDS = "seeds"
"""The project's own comments; see ``seed_texts``."""
OTHER_LANGUAGES = "languages"
"""The project's own comments in other languages than English; only a model that reads these learns
from them."""
INBOXES = "inboxes"
"""The inboxes of six products, written for this project and never trained on: doubt is fixed on
them as well."""
ASKED = "asked"
"""Our own comments that say in the words of a question that something is broken, and look-alikes
that only ask."""
SORTS_OF_DOMAINS = {
    "nlbse": Sort.tracker,
    "intention": Sort.tracker,
    "clap": Sort.reviews,
    "maalej": Sort.reviews,
    "shah": Sort.reviews,
    CHAT_DOMAIN: Sort.chat,
}
SEEDS_FACTOR = 6.0
"""They carry the tone of communities, which the public sets lack: the more they weigh, the better
for a community that was kept apart, and the worse for the public sets' reviews and issue sentences
(docs/quality.md has both)."""
NOISY = {"shah": 0.7}
"""The labels of this set are noisy: bug reports stand among its ratings."""

_ALLOWED = {
    ("clap", "other"): (Kind.other, Kind.question),
    ("maalej", "other"): (Kind.other, Kind.question),
    ("intention", "other"): (Kind.other, Kind.praise),
    ("shah", "other"): (Kind.other, Kind.praise, Kind.question),
    ("chat", "notfeature"): (Kind.bug, Kind.question, Kind.praise, Kind.other),
}
_NOT_A_BUG = "notbug"
"""Labels that are wider than our kind of the same name; every other label allows exactly its
kind."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Rows of several domains, in file order. ``ratings`` are NaN where nobody gave stars;
    ``sorts`` of place are known where a domain is of one sort, or its rows name their channel."""

    texts: Sequence[str]
    features: Features
    labels: NDArray[np.str_]
    domains: NDArray[np.str_]
    ratings: NDArray[np.float64]
    sorts: NDArray[np.str_]
    hashes: dict[str, str]

    def take(self, places: NDArray[np.intp]) -> Corpus:
        """The rows at these places."""
        return replace(
            self,
            texts=[self.texts[place] for place in places],
            features=self.features.take(places),
            labels=self.labels[places],
            domains=self.domains[places],
            ratings=self.ratings[places],
            sorts=self.sorts[places],
        )

    def allowed(self) -> NDArray[np.bool_]:
        """``bool[n, 5]``: the kinds each label leaves possible, in the order of ``KINDS``."""
        rows = np.zeros((len(self.labels), len(KINDS)), bool)
        for place, (domain, label) in enumerate(zip(self.domains, self.labels, strict=True)):
            if label == _NOT_A_BUG:
                rows[place] = [kind is not Kind.bug for kind in KINDS]
                continue
            wide = _ALLOWED.get((str(domain), str(label)))
            for kind in wide or (Kind(label),):
                rows[place, KINDS.index(kind)] = True
        return rows


def read_corpus(data: Path, embedder: Embedder, say: Report, *, languages: bool = False) -> Corpus:
    """All domains under ``data`` (its folder ``classification``) and our own comments, cleaned and
    encoded; with those in other ``languages``, if asked for.

    Raises:
        DataError: for a missing or unreadable file.
    """
    texts: list[str] = []
    labels: list[str] = []
    domains: list[str] = []
    ratings: list[float] = []
    hashes: dict[str, str] = {}
    for domain, (name, _) in DOMAINS.items():
        path = data / "classification" / name
        rows = read_rows(path, "text", "kind")
        say(f"{domain}: {len(rows)} rows")
        hashes[domain] = sha256(path)
        texts += [clean(str(row["text"])) for row in rows]
        labels += [str(row["kind"]) for row in rows]
        domains += [domain] * len(rows)
        ratings += [float(row.get("rating") or "nan") for row in rows]
    own = {SEEDS: seeds()}
    if languages:
        own[OTHER_LANGUAGES] = labelled(comments("languages"))
    for domain, rows_of_ours in own.items():
        lines = "\n".join(text for text, _ in rows_of_ours)
        hashes[domain] = hashlib.sha256(lines.encode()).hexdigest()
        texts += [clean(text) for text, _ in rows_of_ours]
        labels += [kind.value for _, kind in rows_of_ours]
        domains += [domain] * len(rows_of_ours)
        ratings += [float("nan")] * len(rows_of_ours)
    say("Computing vectors")
    _, features = read(embedder, texts, [[] for _ in texts])
    sorts = [SORTS_OF_DOMAINS.get(domain, Sort.unknown) for domain in domains]
    return Corpus(
        texts,
        features,
        np.array(labels),
        np.array(domains),
        np.array(ratings),
        np.array(sorts),
        hashes,
    )


def read_chats(data: Path, embedder: Embedder, say: Report) -> Corpus:
    """The dialogs of ``CHATS``, each community a domain.

    Raises:
        DataError: for a missing or unreadable file.
    """
    path = data / "classification" / CHATS[0]
    rows = read_rows(path, "text", "kind", "domain")
    say(f"chats: {len(rows)} rows")
    domains = [str(row["domain"]) for row in rows]
    return _unrated(rows, embedder, domains, [Sort.chat] * len(rows), {"chats": sha256(path)})


def read_inboxes(embedder: Embedder) -> Corpus:
    """The comments that the kind heads never see."""
    return _own("streams", INBOXES, embedder)


def read_asked(embedder: Embedder) -> Corpus:
    """Our own comments that ask something, of which many report trouble that way."""
    return _own("troubles", ASKED, embedder)


def _own(folder: str, name: str, embedder: Embedder) -> Corpus:
    rows = comments(folder)
    digest = hashlib.sha256("\n".join(str(row["text"]) for row in rows).encode()).hexdigest()
    sorts = [sort_of(str(row["channel"])) for row in rows]
    return _unrated(rows, embedder, [name] * len(rows), sorts, {name: digest})


def _unrated(
    rows: Sequence[Row],
    embedder: Embedder,
    domains: Sequence[str],
    sorts: Sequence[Sort],
    hashes: dict[str, str],
) -> Corpus:
    texts = [clean(str(row["text"])) for row in rows]
    _, features = read(embedder, texts, [[] for _ in texts])
    labels = np.array([str(row["kind"]) for row in rows])
    unrated = np.full(len(rows), np.nan)
    return Corpus(texts, features, labels, np.array(domains), unrated, np.array(sorts), hashes)


def balance(
    labels: NDArray[np.str_], domains: NDArray[np.str_], *, domain_power: float, label_power: float
) -> NDArray[np.float64]:
    """A weight per row. Power 0 leaves the counts as they are, 1 makes domains (or labels in a
    domain) weigh the same."""
    weights = np.ones(len(labels))
    for domain in np.unique(domains):
        inside = domains == domain
        for label in np.unique(labels[inside]):
            same = inside & (labels == label)
            weights[same] = same.sum() ** -label_power
        trust = NOISY.get(str(domain), 1.0)
        if domain in (SEEDS, OTHER_LANGUAGES):
            trust = SEEDS_FACTOR
        weights[inside] *= trust * inside.sum() ** (1 - domain_power) / weights[inside].sum()
    return np.asarray(weights / weights.sum())

"""What the service asks of the classifiers: vectors, kinds and grouping decisions, with the doubt
stated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from classifiers.kind_words import THEME_KINDS as THEME_KINDS
from classifiers.kind_words import Kind as Kind
from classifiers.middle import Middle

Vectors = NDArray[np.float32]
Span = tuple[int, int]
"""Where a part of a text begins, and where it has ended, in characters."""


BACKENDS = ("/openvino-", "/sentence-transformers-")


def space_of(name: str) -> str:
    """The space that an encoder's vectors live in: its name without the backend, which changes the
    third decimal."""
    for backend in BACKENDS:
        name = name.split(backend)[0]
    return name


UNSURE = "unsure"
"""The reason of a kind that the model offers but does not trust: a person should look."""


class ModelError(Exception):
    """The model cannot be used. ``reason`` is one snake_case word, ``detail`` says what happened
    and what to do."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Encoded:
    """Texts as an encoder reads them, in order.

    ``vectors`` float32[n, dimensions], of unit length, tell what a text is about and are compared
    with each other. ``inner`` float32[n, dimensions] is the mean over the tokens two thirds of the
    way up, where how a thing is said (reported, asked for, praised) is still told apart; the heads
    read it. ``parts`` float32[parts, dimensions] are the same means over the tokens of each part
    that was asked for, read in its text: all parts of the first text, then those of the second; a
    part beyond what the encoder reads of a text is given the mean of the whole text.
    """

    vectors: Vectors
    inner: Vectors
    parts: Vectors


class Embedder(Protocol):
    """Turns texts into vectors."""

    @property
    def name(self) -> str:
        """Model and backend, e.g. ``all-MiniLM-L6-v2/openvino-int8``; vectors of different models
        never mix."""

    @property
    def dimensions(self) -> int:
        """Length of a vector."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """``float32[n, dimensions]`` of unit length, in the order of ``texts``; an empty text gets
        a vector as well."""

    def encode(self, texts: Sequence[str], parts: Sequence[Sequence[Span]] = ()) -> Encoded:
        """The same vectors, and what the heads read of the texts and of the ``parts`` of each text,
        if any are given.

        A text is read once, whatever its parts: they cost next to nothing.
        """

    @property
    def for_reports(self) -> Embedder | None:
        """The same encoder with its upper layers tuned on issue reports, loaded when it is first
        asked for; None for an encoder that has none."""


@dataclass(frozen=True, slots=True)
class Enrichment:
    """What a comment is. Probabilities and confidence in 0..1, sentiment in -1..1; ``language`` is
    ISO 639-1 or ``und``.

    ``clean`` is the text the model read. ``reason`` says in one snake_case word why a kind was not
    the model's own choice (``empty_text``, ``unsupported_language`` ...) or is not to be trusted
    (``unsure``), else it is empty. ``other_kinds`` are what parts of a longer comment clearly say
    beside ``kind``. ``hostile`` is the probability that it attacks a person; ``tone`` is
    ``hostile`` where that is worth a hint, else empty.
    """

    clean: str
    language: str
    language_confidence: float
    kind: Kind
    confidence: float
    scores: Mapping[Kind, float]
    sentiment: float
    vector: Vectors
    reason: str = ""
    other_kinds: Sequence[Kind] = ()
    tone: str = ""
    hostile: float = 0.0


class Enricher(Protocol):
    """The whole enrich step for a batch; pure, CPU-bound, safe to call from one thread at a
    time."""

    @property
    def version(self) -> str:
        """Names encoder and heads; stored with every result."""

    @property
    def space(self) -> str:
        """Names what the vectors may be compared with; stored with every vector."""

    def enrich(self, texts: Sequence[str]) -> list[Enrichment]:
        """One Enrichment per text, in order. Never raises for a text, whatever it holds."""


@dataclass(frozen=True, slots=True)
class Member:
    """A comment as grouping sees it; ``vector`` is ``float32[dimensions]`` of unit length.

    ``sure``: a person named the kind, or the model does not doubt it. ``report``: the probability
    (0..1) that it reports or asks for something. ``sort`` is that of its source
    (``classifiers.grouping.sorts``). ``thread`` names what an answer shares with its question, and
    is the same only for comments of one source; ``name`` is what ``answers`` of an answer holds;
    ``opens``: it is the thread's first; ``author`` is who wrote it,
    blank where nobody is named. ``aside``: it may join a theme, and never opens one. ``arrival``
    grows with the time at which its words arrived; 0 where nobody counts, and then its id does.
    """

    comment_id: int
    theme_id: str
    kind: Kind
    text: str
    vector: Vectors
    sure: bool = True
    report: float = 1.0
    sort: str = ""
    thread: str = ""
    name: str = ""
    answers: str = ""
    opens: bool = False
    author: str = ""
    aside: bool = False
    arrival: int = 0

    @property
    def place(self) -> tuple[int, int]:
        """Orders comments as they arrived."""
        return self.arrival, self.comment_id


class Verdict(Enum):
    join = "join"
    suggest = "suggest"
    new = "new"


@dataclass(frozen=True, slots=True)
class Nearest:
    """One piece of evidence: a member that was near, how near, and the words both share."""

    comment_id: int
    theme_id: str
    cosine: float
    lexical: float
    words: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a comment belongs, with the reason. ``theme_id`` is the theme to join or to suggest,
    None for a new one.

    ``score`` is the likelihood (0..1) that the comment says the same as the theme of ``nearest``;
    ``join_at`` and ``suggest_at`` are the likelihoods that were asked of such texts (a ``join_at``
    above 1: only a person joins them). ``apart`` holds two words, the comment's and the theme's,
    where they are not joined for meaning different things. ``thread`` names what of its thread
    speaks for the theme, where the two share one: ``parent`` (it answers one of it), ``opener``,
    ``latest`` (it was said right after one), ``author``, ``agrees`` (same here), ``still``.
    ``bars`` are what each boldness asks of such texts, none where nothing joins them by itself.
    """

    verdict: Verdict
    theme_id: str | None
    score: float
    join_at: float
    suggest_at: float
    nearest: Sequence[Nearest]
    apart: Sequence[str] = ()
    thread: Sequence[str] = ()
    bars: Mapping[str, float] = field(default_factory=dict)


class Grouper(Protocol):
    """Decides, from the candidates that a search brought, where a comment belongs. Pure and
    deterministic."""

    def decide(
        self,
        comment: Member,
        candidates: Sequence[Member],
        blocked: frozenset[str] = frozenset(),
        middles: Mapping[str, Middle] | None = None,
    ) -> Decision:
        """``candidates`` are members of themes of the same product; those of ``blocked`` themes are
        no choice, but what is near all the same.

        ``comment.theme_id`` is ignored. Members of one theme are judged together, not one by one,
        and with the middle of all of the theme; one that is not in ``middles`` is taken to be made
        of its members among the candidates.
        """

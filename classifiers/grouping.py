"""Where a comment belongs: join a theme, suggest it to a person, or start a new one, with the evidence."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from classifiers.contract import Decision, Kind, Member, ModelError, Nearest, Verdict
from classifiers.distinct import conflict, names_parts
from classifiers.heads import WEIGHTS
from classifiers.phrases import content_words, shared_words
from classifiers.text import fingerprint, words

READ = 1_500
EVIDENCE = 3


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What a score must reach to ``join`` and to ``suggest``, by the class of the two texts; see ``pair_class``.

    ``lexical_share`` is the part of the words in the score, ``top`` the number of members the link is averaged over;
    ``across`` is added to both thresholds when the kinds contradict each other.
    """

    join: Mapping[str, float]
    suggest: Mapping[str, float]
    lexical_share: float
    top: int
    across: float
    version: str

    @classmethod
    def read(cls, folder: Path | None = None) -> Thresholds:
        """The shipped thresholds, or those in ``folder``.

        Raises:
            ModelError: ``thresholds_unreadable``.
        """
        path = (folder or WEIGHTS) / "grouping.json"
        try:
            card = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                {name: float(card["join"][name]) for name in CLASSES},
                {name: float(card["suggest"][name]) for name in CLASSES},
                float(card["lexical_share"]), int(card["top"]), float(card["across"]), str(card["version"]),
            )  # fmt: skip
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise ModelError(
                "thresholds_unreadable",
                f"The grouping thresholds in {path} cannot be read ({type(error).__name__}: {error}); "
                "reinstall the package or restore the file.",
            ) from error


CLASSES = ("short", "medium", "long", "technical", "report")
NEVER = 1.01
"""A threshold no score reaches: a person decides."""
SHORT_WORDS = 20
LONG_WORDS = 60


class DefaultGrouper:
    """Average link over a theme's nearest members, by cosine and words in common; pure and deterministic."""

    def __init__(self, thresholds: Thresholds | None = None) -> None:
        """``thresholds`` defaults to the shipped ones."""
        self.thresholds = thresholds or Thresholds.read()

    def decide(self, comment: Member, candidates: Sequence[Member], blocked: frozenset[str] = frozenset()) -> Decision:
        """The theme with the best link decides; ties go to the theme with the older comment."""
        themes: dict[str, list[Member]] = defaultdict(list)
        for candidate in candidates:
            if candidate.theme_id not in blocked and candidate.comment_id != comment.comment_id:
                themes[candidate.theme_id].append(candidate)
        judged = [self._judge(comment, theme, members) for theme, members in themes.items()]
        best = min(judged, key=lambda link: (-link.margin, link.oldest, link.theme_id), default=None)
        if best is None:
            size = pair_class(comment.text, comment.text)
            return Decision(Verdict.new, None, 0.0, self.thresholds.join[size], self.thresholds.suggest[size], ())
        verdict = Verdict.new
        if best.score >= best.join_at:
            verdict = Verdict.join
        elif best.score >= best.suggest_at:
            verdict = Verdict.suggest
        theme = None if verdict is Verdict.new else best.theme_id
        return Decision(verdict, theme, best.score, best.join_at, best.suggest_at, _evidence(comment, best))

    def _judge(self, comment: Member, theme_id: str, members: Sequence[Member]) -> _Link:
        pairs = sorted(
            (self._pair(comment, member) for member in members), key=lambda pair: (-pair[0], pair[1].comment_id)
        )
        top = pairs[: self.thresholds.top]
        score = sum(value for value, _, _, _ in top) / len(top)
        closest = top[0][1].text
        size = pair_class(comment.text, closest)
        extra = self.thresholds.across if contradict(comment.kind, _main_kind(members)) else 0.0
        join_at = min(self.thresholds.join[size] + extra, NEVER)
        suggest_at = min(self.thresholds.suggest[size] + extra, NEVER)
        if same_words(comment.text, closest):
            score = 1.0
            join_at = join_at if size == "report" else min(join_at, 1.0)
        elif conflict(comment.text, closest):
            join_at = NEVER
        oldest = min(member.comment_id for member in members)
        return _Link(theme_id, round(score, 4), join_at, suggest_at, tuple(top), oldest)

    def _pair(self, comment: Member, member: Member) -> _Pair:
        cosine = float(comment.vector @ member.vector)
        lexical = overlap(comment.text, member.text)
        share = self.thresholds.lexical_share
        return (1 - share) * cosine + share * lexical, member, cosine, lexical


_Pair = tuple[float, Member, float, float]
"""Score, member, cosine and share of words in common."""


@dataclass(frozen=True, slots=True)
class _Link:
    theme_id: str
    score: float
    join_at: float
    suggest_at: float
    top: tuple[_Pair, ...]
    oldest: int

    @property
    def margin(self) -> float:
        return round(self.score - self.join_at, 4)


def _evidence(comment: Member, link: _Link) -> tuple[Nearest, ...]:
    """The nearest members with the words in common, worked out for the theme that decided and no other."""
    return tuple(
        Nearest(
            member.comment_id,
            link.theme_id,
            round(cosine, 4),
            round(lexical, 4),
            shared_words(comment.text[:READ], member.text[:READ]),
        )
        for _, member, cosine, lexical in link.top[:EVIDENCE]
    )


@lru_cache(maxsize=4096)
def length_class(text: str) -> str:
    """``short`` up to 20 words, ``long`` above 60, else ``medium``."""
    count = len(words(text[: READ * 2]))
    return "short" if count <= SHORT_WORDS else "long" if count > LONG_WORDS else "medium"


def pair_class(one: str, other: str) -> str:
    """What the two texts are like: ``technical`` where one names a version, code or module, ``report`` where both
    are long as well, else the length of the shorter one.

    Reports that name parts exactly repeat whole paragraphs about different things: trackers clone them on purpose.
    """
    sizes = {length_class(one), length_class(other)}
    if names_parts(one) or names_parts(other):
        return "report" if sizes == {"long"} else "technical"
    return next(size for size in ("short", "medium", "long") if size in sizes)


def overlap(one: str, other: str) -> float:
    """Dice's coefficient of the content words of two texts, 0..1; 0 where a text has none."""
    mine, theirs = _matter(one[:READ]), _matter(other[:READ])
    return 2 * len(mine & theirs) / (len(mine) + len(theirs)) if mine and theirs else 0.0


def same_words(one: str, other: str) -> bool:
    """Whether two texts are copies, however they are cased, spaced or punctuated."""
    return _print(one) == _print(other) != ""


def contradict(one: Kind, other: Kind) -> bool:
    """Whether two kinds can hardly be one theme: a bug, a request and praise exclude each other; the rest fits any."""
    clear = {Kind.bug, Kind.feature, Kind.praise}
    return one is not other and one in clear and other in clear


def _main_kind(members: Sequence[Member]) -> Kind:
    kinds = [member.kind for member in members]
    return max(Kind, key=kinds.count)


@lru_cache(maxsize=4096)
def _matter(text: str) -> frozenset[str]:
    return frozenset(content_words(text))


@lru_cache(maxsize=4096)
def _print(text: str) -> str:
    return fingerprint(text)

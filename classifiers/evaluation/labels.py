"""What the labels of a file mean in our kinds: any case, folded as asked, refused with the folds
that would help."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from classifiers.contract import Kind
from classifiers.evaluation.datasets import DataError

REST = "rest"
ELSEWHERE = "elsewhere"
"""A kind that the file does not use, chosen where all five are on offer."""
_SAME_AS = {
    Kind.bug: ("bugs", "bug report", "bug reports", "defect", "error", "crash", "problem", "problem discovery"),
    Kind.feature: ("features", "feature request", "feature requests", "featurerequest", "enhancement", "improvement",
                   "request", "suggestion", "feature proposal", "new feature"),
    Kind.question: ("questions", "inquiry", "help", "support", "information seeking", "howto"),
    Kind.praise: ("compliment", "positive", "thanks", "like"),
    Kind.other: (REST, "others", "none", "rating", "ratings", "rate", "noise", "spam", "irrelevant", "misc"),
}  # fmt: skip
"""What a foreign label probably means: proposed in a refusal, never assumed."""


@dataclass(frozen=True, slots=True)
class Labels:
    """How kinds and labels are folded, and what the model is offered.

    ``offered`` are the kinds whose fold the file uses (all of them with ``only``, or where it uses
    one label only); ``names`` the labels that are scored.
    """

    folds: Mapping[str, str]
    only: str | None
    offered: tuple[Kind, ...]
    names: tuple[str, ...]

    def fold(self, label: str) -> str:
        """The scored label of one of the file's or of a kind."""
        return _fold(label, self.folds, self.only)

    def told(self, kind: Kind) -> str:
        """The label that a kind is scored as, ``elsewhere`` where the file has no such label."""
        label = self.fold(kind)
        return label if label in self.names else ELSEWHERE

    @property
    def plain(self) -> bool:
        """Whether all five kinds are on offer, each for itself: then what is scored is what the
        service says."""
        return self.offered == tuple(Kind) and all(self.fold(kind) == kind for kind in Kind)


def plain(label: object) -> str:
    """A label or an option as it is compared: ``Feature_Request `` and ``feature request`` are
    one."""
    return " ".join(str(label).replace("_", " ").replace("-", " ").casefold().split())


def read_folds(pairs: Sequence[str]) -> dict[str, str]:
    """What ``--map LABEL=KIND``, given once for each label, folds into what.

    Raises:
        DataError: ``option_invalid``.
    """
    folds = {}
    for pair in pairs:
        label, _, target = (part.strip() for part in pair.rpartition("="))
        if not label or not target or "=" in label:
            raise DataError(
                "option_invalid",
                f"--map {pair}: write LABEL=KIND, and --map anew for each label: --map defect=bug "
                "--map idea=feature.",
            )
        folds[label] = target
    return folds


def read_kinds(
    given: Sequence[object], mapping: Mapping[str, str] | None = None
) -> tuple[list[Kind | None], dict[str, int]]:
    """The kind that each label means, None for one that means none, and those labels with how often
    each stands.

    Raises:
        DataError: ``unknown_kind`` for a fold into something that is no kind.
    """
    folds = {plain(label): plain(target) for label, target in (mapping or {}).items()}
    if wrong := next((target for target in folds.values() if target not in set(Kind)), None):
        raise DataError(
            "unknown_kind",
            f"--map ...={wrong}: {wrong} is no kind; the kinds are {', '.join(Kind)}.",
        )
    named = [plain(label if label is not None else "") for label in given]
    kinds = {label: folds.get(label, label) for label in named}
    known = {label: Kind(kind) for label, kind in kinds.items() if kind in set(Kind)}
    strange = Counter(label for label in named if label and label not in known)
    return [known.get(label) for label in named], dict(strange.most_common())


def read_labels(
    given: Sequence[object],
    name: str,
    *,
    only: str | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Labels:
    """What the labels ``given`` by the rows of the file ``name`` are scored as.

    Raises:
        DataError: ``unknown_kind`` for a label or option that no kind can answer, with the options
            that would help.
    """
    folds = {plain(label): plain(target) for label, target in (mapping or {}).items()}
    only = plain(only) if only else None
    found = Counter(plain(label) for label in given)
    for label, target in folds.items():
        if target not in found and target not in set(Kind):
            raise DataError(
                "unknown_kind",
                f"--map {label}={target}: {target} is no kind, nor a label of {name}; the kinds "
                f"are {', '.join(Kind)}.",
            )
        if label not in found and label not in set(Kind):
            raise DataError(
                "unknown_kind",
                f"--map {label}=...: {name} has no such label; it has {listed(found)}.",
            )
    truth = Counter({_fold(label, folds, None): 0 for label in found})
    for label, count in found.items():
        truth[_fold(label, folds, None)] += count
    answers = {_fold(kind, folds, None) for kind in Kind}
    if only is not None:
        if only not in answers:
            raise DataError(
                "unknown_kind",
                f"--only {only}: the model tells {', '.join(Kind)}; name one of them.",
            )
        if only not in truth:
            raise DataError(
                "unknown_kind",
                f"No row of {name} is labelled {only}; it has "
                f"{listed(truth)}.{_remedy(truth, only)}",
            )
        return Labels(folds, only, tuple(Kind), (only, REST))
    strange = {label: count for label, count in truth.items() if label not in answers}
    if strange:
        raise DataError(
            "unknown_kind",
            f"{name} has labels that are no kind: {listed(strange)}.{_remedy(truth)}",
        )
    offered = tuple(kind for kind in Kind if len(truth) == 1 or _fold(kind, folds, None) in truth)
    return Labels(folds, None, offered, tuple(sorted(truth)))


def _fold(label: str, folds: Mapping[str, str], only: str | None) -> str:
    label = str(folds.get(plain(label), plain(label)))
    return (label if label == only else REST) if only else label


def listed(labels: Mapping[str, int]) -> str:
    """Labels as a sentence names them, the most frequent first, with their counts."""
    most = sorted(labels.items(), key=lambda one: (-one[1], one[0]))
    named = ", ".join(f"{_quoted(label)} ({count:,})" for label, count in most[:12])
    return named + (f" and {len(most) - 12} more" if len(most) > 12 else "")


def _remedy(truth: Mapping[str, int], only: str | None = None) -> str:
    guesses = {label: _guess(label) for label in truth if label not in set(Kind)}
    options = [
        _option(label, kind or "KIND")
        for label, kind in guesses.items()
        if only is None or kind == only
    ]
    kinds = {kind for kind in guesses.values() if kind} | set(truth)
    if only is None and Kind.other in kinds and REST in truth:
        options += [
            _option(kind, Kind.other) for kind in (Kind.question, Kind.praise) if kind not in kinds
        ]
    say = f" Say what they are: {' '.join(options[:8])}" if options else ""
    known = [label for label in truth if label in set(Kind)]
    return (
        say
        if only
        else f"{say}; or score one kind against everything else: --only {known[0] if known else 'KIND'}."
    )


def _guess(label: str) -> Kind | None:
    return next((kind for kind, names in _SAME_AS.items() if label in names), None)


def _option(label: str, target: str) -> str:
    return f"--map {shlex.quote(f'{label}={target}')}"


def _quoted(label: str) -> str:
    short = label if len(label) <= 40 else f"{label[:40]}..."
    return short if short.replace(" ", "").isalnum() else json.dumps(short, ensure_ascii=False)

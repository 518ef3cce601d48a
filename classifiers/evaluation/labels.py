"""What the labels of a file mean in our kinds: folded as asked, or refused with what would help."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from classifiers.contract import Kind
from classifiers.evaluation.datasets import DataError

REST_LABEL = "rest"
ELSEWHERE = "elsewhere"
"""A kind that the file does not use, chosen where all five are on offer."""
_SAME_AS = {
    Kind.bug: "bugs, bug report, bug reports, defect, error, crash, problem, problem discovery",
    Kind.feature: (
        "features, feature request, feature requests, featurerequest, enhancement, improvement, "
        "request, suggestion, feature proposal, new feature"
    ),
    Kind.question: "questions, inquiry, help, support, information seeking, howto",
    Kind.praise: "compliment, positive, thanks, like",
    Kind.other: f"{REST_LABEL}, others, none, rating, ratings, rate, noise, spam, irrelevant, misc",
}
"""What a foreign label probably means: proposed in a refusal, never assumed."""
_KINDS_BY_LABEL = {label: kind for kind, labels in _SAME_AS.items() for label in labels.split(", ")}
LISTED_LABELS = 12
PROPOSED_OPTIONS = 8
QUOTED_LABEL_CHARACTERS = 40


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
        if label in self.names:
            return label
        return ELSEWHERE

    @property
    def plain(self) -> bool:
        """Whether all five kinds are on offer, each for itself: then what is scored is what the
        service says."""
        return self.offered == tuple(Kind) and all(self.fold(kind) == kind for kind in Kind)


def plain(label: object) -> str:
    """A label or option as it is compared: ``Feature_Request `` and ``feature request`` are one."""
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
    file_labels: Sequence[object], mapping: Mapping[str, str] | None = None
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
    labels = [plain("" if label is None else label) for label in file_labels]
    folded = {label: folds.get(label, label) for label in labels}
    kinds = {label: Kind(kind) for label, kind in folded.items() if kind in set(Kind)}
    strange = Counter(label for label in labels if label and label not in kinds)
    return [kinds.get(label) for label in labels], dict(strange.most_common())


def read_labels(
    file_labels: Sequence[object],
    name: str,
    *,
    only: str | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Labels:
    """What the labels of the rows of the file ``name`` are scored as.

    Raises:
        DataError: ``unknown_kind`` for a label or option that no kind can answer, with the options
            that would help.
    """
    folds = {plain(label): plain(target) for label, target in (mapping or {}).items()}
    counts = Counter(plain(label) for label in file_labels)
    _check_folds(folds, counts, name)
    truth = Counter({_fold(label, folds, None): 0 for label in counts})
    for label, count in counts.items():
        truth[_fold(label, folds, None)] += count
    answers = {_fold(kind, folds, None) for kind in Kind}
    if only:
        return _one_label(plain(only), folds, truth, answers, name)
    strange = {label: count for label, count in truth.items() if label not in answers}
    if strange:
        raise DataError(
            "unknown_kind",
            f"{name} has labels that are no kind: {listed(strange)}.{_remedy(truth)}",
        )
    offered = tuple(kind for kind in Kind if len(truth) == 1 or _fold(kind, folds, None) in truth)
    return Labels(folds, None, offered, tuple(sorted(truth)))


def _check_folds(folds: Mapping[str, str], counts: Mapping[str, int], name: str) -> None:
    for label, target in folds.items():
        if target not in counts and target not in set(Kind):
            raise DataError(
                "unknown_kind",
                f"--map {label}={target}: {target} is no kind, nor a label of {name}; the kinds "
                f"are {', '.join(Kind)}.",
            )
        if label not in counts and label not in set(Kind):
            raise DataError(
                "unknown_kind",
                f"--map {label}=...: {name} has no such label; it has {listed(counts)}.",
            )


def _one_label(
    only: str, folds: Mapping[str, str], truth: Mapping[str, int], answers: set[str], name: str
) -> Labels:
    """One label against all the others."""
    if only not in answers:
        raise DataError(
            "unknown_kind",
            f"--only {only}: the model tells {', '.join(Kind)}; name one of them.",
        )
    if only not in truth:
        raise DataError(
            "unknown_kind",
            f"No row of {name} is labelled {only}; it has {listed(truth)}.{_remedy(truth, only)}",
        )
    return Labels(folds, only, tuple(Kind), (only, REST_LABEL))


def _fold(label: str, folds: Mapping[str, str], only: str | None) -> str:
    label = str(folds.get(plain(label), plain(label)))
    if only and label != only:
        return REST_LABEL
    return label


def listed(labels: Mapping[str, int]) -> str:
    """Labels as a sentence names them, the most frequent first, with their counts."""
    ranked = sorted(labels.items(), key=lambda item: (-item[1], item[0]))
    sentence = ", ".join(f"{_quoted(label)} ({count:,})" for label, count in ranked[:LISTED_LABELS])
    if len(ranked) > LISTED_LABELS:
        sentence += f" and {len(ranked) - LISTED_LABELS} more"
    return sentence


def _remedy(truth: Mapping[str, int], only: str | None = None) -> str:
    guesses = {label: _KINDS_BY_LABEL.get(label) for label in truth if label not in set(Kind)}
    options = [
        _option(label, kind or "KIND")
        for label, kind in guesses.items()
        if only is None or kind == only
    ]
    kinds = {kind for kind in guesses.values() if kind} | set(truth)
    if only is None and Kind.other in kinds and REST_LABEL in truth:
        options += [
            _option(kind, Kind.other) for kind in (Kind.question, Kind.praise) if kind not in kinds
        ]
    sentence = ""
    if options:
        sentence = f" Say what they are: {' '.join(options[:PROPOSED_OPTIONS])}"
    if only:
        return sentence
    scored = next((label for label in truth if label in set(Kind)), "KIND")
    return f"{sentence}; or score one kind against everything else: --only {scored}."


def _option(label: str, target: str) -> str:
    return f"--map {shlex.quote(f'{label}={target}')}"


def _quoted(label: str) -> str:
    if len(label) > QUOTED_LABEL_CHARACTERS:
        label = f"{label[:QUOTED_LABEL_CHARACTERS]}..."
    if label.replace(" ", "").isalnum():
        return label
    return json.dumps(label, ensure_ascii=False)

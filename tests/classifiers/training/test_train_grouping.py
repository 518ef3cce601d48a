"""Fitting the link: what it learns from, and that it tells groups apart that it has not seen."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from classifiers.contract import Kind, Member
from classifiers.grouping.grouper import DefaultGrouper
from classifiers.grouping.link import SIGNS
from classifiers.grouping.thresholds import TEXT_CLASSES, Thresholds
from classifiers.training import train_grouping
from classifiers.training.train_grouping import Inbox, examples, fit_link
from tests.classifiers.evaluation.saying import SayingEnricher

LEVELS = dict.fromkeys(TEXT_CLASSES, 0.5)
EVERYTHING = Thresholds(LEVELS, LEVELS, {}, 9.0, "joins everything")


def box(family: str, seed: int, groups: int = 30, each: int = 4, spread: float = 0.6) -> Inbox:
    """Comments around a direction for each group, in a mixed order, each with the sixteen nearest
    before it."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(groups, 384))
    names = random.permutation(np.repeat(np.arange(groups), each))
    vectors = centres[names] + spread * random.normal(size=(len(names), 384))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    members = [
        Member(place, "", Kind.bug, f"{chr(97 + place // 26)}{chr(97 + place % 26)}q", vector)
        for place, vector in enumerate(vectors)
    ]
    near = [
        np.argsort(-(vectors[:place] @ vectors[place]))[:16].tolist() for place in range(len(names))
    ]
    return Inbox(family, members, [str(name) for name in names], near)


def test_examples_are_the_share_of_a_theme_that_says_the_same() -> None:
    inbox = box("a", 1, groups=2, each=2)
    signs, same = examples(inbox, None)
    assert signs.shape[1] == len(SIGNS)
    assert set(same.tolist()) == {0.0, 1.0}
    _, mixed = examples(inbox, EVERYTHING)
    groups = inbox.groups
    assert mixed.tolist() == [
        groups[:place].count(groups[place]) / place for place in range(1, len(groups))
    ]


def test_a_link_joins_right_where_it_was_not_fitted() -> None:
    link = fit_link([box("a", 2), box("b", 3)])
    judged = train_grouping._judge([box("c", 4)], link)
    assert judged["comments"] == 120
    assert judged["joins"] >= 60
    assert judged["wrong_joins"] <= 0.1 * judged["joins"]
    assert link == fit_link([box("a", 2), box("b", 3)])


def test_kinds_are_those_the_heads_give_but_for_labelled_rows() -> None:
    rows = [
        {"text": "bug .9 axis3 export fails", "kind": "praise", "group": "one"},
        {"text": "feature .5 axis3 export", "kind": "bug"},
    ]
    given = train_grouping.inbox("streams", rows, SayingEnricher())
    assert [member.kind for member in given.members] == [Kind.bug, Kind.feature]
    assert given.groups == ["one", "alone 1"]
    assert list(given.candidates) == [[], [0]]
    labelled = train_grouping.inbox("own", rows, SayingEnricher(), labelled=True)
    assert [member.kind for member in labelled.members] == [Kind.praise, Kind.bug]


def test_the_card_says_what_the_link_was_fitted_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_grouping, "read_inboxes", lambda *_: [box("a", 2), box("b", 3)])
    monkeypatch.setattr(train_grouping, "PUBLIC", {})
    card = train_grouping.train_grouping(
        tmp_path, SayingEnricher(), tmp_path, 7, say=lambda _: None
    )
    assert json.loads((tmp_path / "grouping.json").read_text()) == card
    assert set(card["leave_one_family_out"]) == {"a", "b"}
    assert card["comments"] == {
        "a": 120,
        "b": 120,
    }
    assert card["kinds"] == "saying"
    assert Thresholds.read(tmp_path).version == card["version"]
    assert DefaultGrouper(Thresholds.read(tmp_path)).thresholds.join == train_grouping.JOIN


def test_the_shipped_link_has_the_thresholds_of_the_code() -> None:
    shipped = Thresholds.read()
    assert (shipped.join, shipped.suggest) == (train_grouping.JOIN, train_grouping.SUGGEST)

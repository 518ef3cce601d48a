"""Grouping decisions on vectors made for the case, so that every score can be computed by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from classifiers.contract import Kind, Member, Verdict
from classifiers.distinct import conflict
from classifiers.enrich import DefaultEnricher
from classifiers.grouping import DefaultGrouper, Thresholds, contradict, length_class, overlap, pair_class

LEVELS = dict.fromkeys(("short", "medium", "long", "technical"), 0.6) | {"report": 1.01}
SUGGEST = dict.fromkeys(("short", "medium", "long", "technical", "report"), 0.4)
GROUPER = DefaultGrouper(Thresholds(LEVELS, SUGGEST, lexical_share=0.5, top=2, across=0.2, version="test"))


def member(number: int, theme: str, text: str, cosine: float, kind: Kind = Kind.bug) -> Member:
    """A member whose vector has the given cosine to the comment's, which is the first axis."""
    vector = np.zeros(384, np.float32)
    vector[0], vector[1] = cosine, np.sqrt(1 - cosine**2)
    return Member(number, theme, kind, text, vector)


COMMENT = member(99, "", "camera crashes", 1.0)


def test_nothing_to_compare_is_new() -> None:
    decision = GROUPER.decide(COMMENT, [])
    assert (decision.verdict, decision.theme_id, decision.score) == (Verdict.new, None, 0.0)
    assert (decision.join_at, decision.suggest_at) == (0.6, 0.4)


def test_score_blends_cosine_and_words() -> None:
    decision = GROUPER.decide(COMMENT, [member(1, "a", "camera freezes", 0.9)])
    assert decision.score == pytest.approx(0.5 * 0.9 + 0.5 * 0.5)  # one of two content words shared on both sides
    assert (decision.verdict, decision.theme_id) == (Verdict.join, "a")
    assert decision.nearest[0].words == ("camera",)
    assert decision.nearest[0].lexical == 0.5


def test_a_theme_is_judged_by_several_members() -> None:
    near, far = member(1, "a", "camera freezes", 0.9), member(2, "a", "battery drains", 0.1)
    assert GROUPER.decide(COMMENT, [near]).verdict is Verdict.join
    decision = GROUPER.decide(COMMENT, [near, far])
    assert decision.score == pytest.approx((0.7 + 0.05) / 2)
    assert decision.verdict is Verdict.new
    assert len(decision.nearest) == 2


def test_in_between_is_suggested() -> None:
    decision = GROUPER.decide(COMMENT, [member(1, "a", "camera freezes", 0.5)])
    assert (decision.verdict, decision.theme_id) == (Verdict.suggest, "a")


def test_blocked_themes_are_not_considered() -> None:
    candidates = [member(1, "a", "camera freezes", 0.9), member(2, "b", "camera broken", 0.5)]
    assert GROUPER.decide(COMMENT, candidates, frozenset({"a"})).theme_id == "b"
    assert GROUPER.decide(COMMENT, candidates, frozenset({"a", "b"})).verdict is Verdict.new


def test_contradicting_kinds_need_more() -> None:
    wish = member(1, "a", "camera freezes", 0.9, Kind.feature)
    decision = GROUPER.decide(COMMENT, [wish])
    assert (decision.verdict, decision.join_at) == (Verdict.suggest, pytest.approx(0.8))
    assert contradict(Kind.bug, Kind.praise)
    assert not contradict(Kind.bug, Kind.question)


def test_copies_join_whatever_the_vector_says() -> None:
    decision = GROUPER.decide(COMMENT, [member(1, "a", "Camera CRASHES!!", 0.0)])
    assert (decision.verdict, decision.score) == (Verdict.join, 1.0)


def test_different_versions_are_never_joined_without_a_person() -> None:
    comment = member(99, "", "Upgrade the parser to 3.4.0", 1.0)
    decision = GROUPER.decide(comment, [member(1, "a", "Upgrade the parser to 3.4.1", 0.99)])
    assert decision.verdict is Verdict.suggest
    assert conflict("Fails on branch-3.2", "Fails on branch-3.3")
    assert not conflict("Fails on 3.2", "Fails for me")


def test_cloned_reports_are_suggested() -> None:
    report = "Scheduler in server-module-a fails. " + "Every night the same job stops without a message. " * 9
    decision = GROUPER.decide(member(99, "", report, 1.0), [member(1, "a", report, 1.0)])
    assert decision.verdict is Verdict.suggest


def test_the_order_of_candidates_does_not_matter() -> None:
    candidates = [
        member(1, "a", "camera freezes", 0.9), member(2, "b", "camera breaks", 0.9), member(3, "a", "camera", 0.7),
    ]  # fmt: skip
    decisions = {repr(GROUPER.decide(COMMENT, order)) for order in itertools.permutations(candidates)}
    assert len(decisions) == 1


def test_length_classes() -> None:
    assert [length_class("word " * count) for count in (20, 21, 60, 61)] == ["short", "medium", "medium", "long"]
    assert pair_class("word " * 70, "word " * 10) == "short"
    assert pair_class("since 2.1.3 it fails", "it fails") == "technical"


def test_overlap_is_a_share() -> None:
    assert overlap("camera crashes", "crashed camera") == 1.0
    assert overlap("", "camera") == 0.0


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        ("App crashes when I open settings", "settings page makes the app crash every time", Verdict.join),
        ("please add a dark mode", "Dark mode when??", Verdict.join),
        ("please add a dark mode", "please add an export to CSV", Verdict.new),
        ("login fails with my Google account", "the camera is upside down", Verdict.new),
    ],
)
def test_shipped_thresholds_on_short_comments(
    enricher: DefaultEnricher, one: str, other: str, verdict: Verdict
) -> None:
    members = [
        Member(place, str(place), result.kind, result.clean, result.vector)
        for place, result in enumerate(enricher.enrich([one, other]))
    ]
    decision = DefaultGrouper().decide(members[1], members[:1])
    assert (decision.verdict is Verdict.join) == (verdict is Verdict.join), decision

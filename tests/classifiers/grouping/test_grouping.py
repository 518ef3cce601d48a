"""Grouping decisions on vectors made for the case, so that every score can be computed by hand."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.contract import Kind, Member, Verdict
from classifiers.grouping.distinct import conflict
from classifiers.grouping.grouper import DefaultGrouper
from classifiers.grouping.link import SIGNS, Surroundings, contradict, overlap
from classifiers.grouping.pair_classes import length_class, pair_class
from classifiers.grouping.thresholds import Thresholds
from classifiers.kinds.enrich import DefaultEnricher
from classifiers.middle import MIDDLE_COMMENTS, Middle, join

LEVELS = dict.fromkeys(("short", "medium", "long", "technical"), 0.7) | {"report": 1.01}
SUGGEST = dict.fromkeys(("short", "medium", "long", "technical", "report"), 0.4)
GROUPER = DefaultGrouper(Thresholds(LEVELS, SUGGEST, {"link": 10.0, "kind": -4.0}, -6.0, "test"))
CROWDED = DefaultGrouper(Thresholds(LEVELS, SUGGEST, {"link": 10.0, "others": -10.0}, 0.0, "test"))


LIKELIHOOD_AT_3 = 0.9526
LIKELIHOOD_AT_MINUS_1 = 0.2689
"""1 / (1 + e ** -x)."""


def member(number: int, theme: str, text: str, cosine: float, kind: Kind = Kind.bug) -> Member:
    """A member whose vector has the given cosine to the comment's, which is the first axis."""
    vector = np.zeros(384, np.float32)
    vector[0], vector[1] = cosine, np.sqrt(1 - cosine**2)
    return Member(number, theme, kind, text, vector)


COMMENT = member(99, "", "camera crashes", 1.0)


def test_nothing_to_compare_is_new() -> None:
    decision = GROUPER.decide(COMMENT, [])
    assert (decision.verdict, decision.theme_id, decision.score) == (Verdict.new, None, 0.0)
    assert (decision.join_at, decision.suggest_at) == (0.7, 0.4)


def test_the_score_is_the_likelihood_that_the_signs_give() -> None:
    decision = GROUPER.decide(COMMENT, [member(1, "a", "camera freezes", 0.9)])
    assert decision.score == pytest.approx(LIKELIHOOD_AT_3, abs=1e-4)
    assert (decision.verdict, decision.theme_id) == (Verdict.join, "a")
    assert decision.nearest[0].words == ("camera",)
    assert decision.nearest[0].lexical == 0.5


def test_a_theme_is_judged_by_its_three_nearest_members() -> None:
    near, far = member(1, "a", "camera freezes", 0.9), member(2, "a", "battery drains", 0.1)
    assert GROUPER.decide(COMMENT, [near]).verdict is Verdict.join
    decision = GROUPER.decide(COMMENT, [near, far])
    assert decision.score == pytest.approx(LIKELIHOOD_AT_MINUS_1, abs=1e-4)
    assert decision.verdict is Verdict.new
    assert len(decision.nearest) == 2
    more = [member(number, "a", "camera freezes", 0.9) for number in (3, 4)]
    assert GROUPER.decide(COMMENT, [near, far, *more]).score == pytest.approx(
        LIKELIHOOD_AT_3, abs=1e-4
    )


def test_in_between_is_suggested() -> None:
    decision = GROUPER.decide(COMMENT, [member(1, "a", "camera freezes", 0.6)])
    assert (decision.verdict, decision.theme_id) == (Verdict.suggest, "a")


def test_what_else_is_near_speaks_against_a_theme() -> None:
    theme = member(1, "a", "camera freezes", 0.7)
    crowd = [member(number, f"t{number}", "camera menu", 0.68) for number in range(2, 12)]
    assert CROWDED.decide(COMMENT, [theme]).verdict is Verdict.join
    assert CROWDED.decide(COMMENT, [theme, *crowd]).verdict is Verdict.suggest
    assert (
        CROWDED.decide(COMMENT, [theme, *(replace(one, theme_id="a") for one in crowd)]).verdict
        is Verdict.join
    )


def test_blocked_themes_are_no_choice_but_still_near() -> None:
    candidates = [member(1, "a", "camera freezes", 0.9), member(2, "b", "camera broken", 0.75)]
    assert GROUPER.decide(COMMENT, candidates, frozenset({"a"})).theme_id == "b"
    assert GROUPER.decide(COMMENT, candidates, frozenset({"a", "b"})).verdict is Verdict.new
    crowd = [member(number, f"t{number}", "camera menu", 0.9) for number in range(3, 9)]
    free = CROWDED.decide(COMMENT, candidates[1:])
    crowded = CROWDED.decide(
        COMMENT, candidates[1:] + crowd, frozenset(one.theme_id for one in crowd)
    )
    assert crowded.score < free.score


def test_contradicting_kinds_never_join_by_themselves() -> None:
    wish = member(1, "a", "camera freezes", 0.9, Kind.feature)
    decision = GROUPER.decide(COMMENT, [wish])
    assert decision.score == pytest.approx(LIKELIHOOD_AT_MINUS_1, abs=1e-4)
    assert decision.verdict is Verdict.new
    sure = DefaultGrouper(Thresholds(LEVELS, SUGGEST, {"link": 10.0}, -6.0, "test")).decide(
        COMMENT, [wish]
    )
    assert (sure.verdict, sure.theme_id, sure.score > sure.join_at) == (Verdict.suggest, "a", False)
    mostly_bugs = [
        wish,
        member(2, "a", "camera freezes", 0.8),
        member(3, "a", "camera freezes", 0.8),
    ]
    assert GROUPER.decide(COMMENT, mostly_bugs).verdict is Verdict.join
    assert GROUPER.decide(COMMENT, [replace(wish, text="Camera crashes!")]).verdict is Verdict.join
    for one, other in ((replace(COMMENT, sure=False), wish), (COMMENT, replace(wish, sure=False))):
        guessed = DefaultGrouper(Thresholds(LEVELS, SUGGEST, {"link": 10.0}, -6.0, "test")).decide(
            one, [other]
        )
        assert guessed.verdict is Verdict.join, "a guess excludes nothing"
    assert contradict(Kind.bug, Kind.praise)
    assert not contradict(Kind.bug, Kind.question)


def test_copies_join_whatever_the_vector_says() -> None:
    decision = GROUPER.decide(COMMENT, [member(1, "a", "Camera CRASHES!!", 0.0)])
    assert (decision.verdict, decision.score) == (Verdict.join, 1.0)
    named = [
        member(99, "", "server-module-a fails on 2.3.1", 1.0),
        member(1, "a", "Server-module-a fails on 2.3.1", 1),
    ]
    assert GROUPER.decide(named[0], named[1:]).verdict is Verdict.join


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Upgrade the parser to 3.4.0", "Upgrade the parser to 3.4.1"),
        ("Update year to 2021", "Update year to 2022"),
    ],
)
def test_what_differs_in_a_version_or_number_is_never_joined_without_a_person(
    one: str, other: str
) -> None:
    decision = GROUPER.decide(member(99, "", one, 1.0), [member(1, "a", other, 0.99)])
    assert decision.verdict is Verdict.suggest
    assert conflict("Fails on branch-3.2", "Fails on branch-3.3")
    assert not conflict("Fails on 3.2", "Fails for me")


def test_a_number_told_in_passing_does_not_keep_apart() -> None:
    one, other = (
        "Crashed 3 times today while saving a photo",
        "since an hour it crashes, 12 photos could not be saved",
    )
    assert (
        GROUPER.decide(member(99, "", one, 1.0), [member(1, "a", other, 0.9)]).verdict
        is Verdict.join
    )


def test_cloned_reports_are_suggested() -> None:
    report = (
        "Scheduler in server-module-a fails. "
        + "Every night the same job stops without a message. " * 9
    )
    decision = GROUPER.decide(member(99, "", report, 1.0), [member(1, "a", report, 1.0)])
    assert decision.verdict is Verdict.suggest


def test_the_order_of_candidates_does_not_matter() -> None:
    candidates = [
        member(1, "a", "camera freezes", 0.9),
        member(2, "b", "camera breaks", 0.9),
        member(3, "a", "camera", 0.7),
    ]
    decisions = {
        repr(GROUPER.decide(COMMENT, order)) for order in itertools.permutations(candidates)
    }
    assert len(decisions) == 1


def test_signs_of_two_texts() -> None:
    def signs(one: str, other: str, kind: Kind = Kind.bug) -> dict[str, float]:
        around = Surroundings(member(9, "", one, 1.0), [member(1, "a", other, 0.8, kind)])
        return dict(zip(SIGNS, around.signs([0]).tolist(), strict=True))

    found = signs("The camera crashes", "camera crashes on my phone 2.3.1")
    assert (found["top"], found["link"]) == (pytest.approx(0.8), pytest.approx(0.8))
    assert found["others"] == pytest.approx(0.3)
    assert (found["one_names"], found["impersonal"], found["size"]) == (1, 0, 0)
    assert (found["both_name"], found["paragraphs"]) == (0, 0)
    assert signs("Crash in 2.3.1\n\nOn start", "2.3.1 fails\nAlways")["both_name"] == 1
    assert signs("Crash in 2.3.1\n\nOn start", "2.3.1 fails\nAlways")["paragraphs"] == 1
    assert found["short"] == pytest.approx(np.log(4))
    assert signs("Remove the cache", "Remove the old cache")["impersonal"] == 1
    assert signs("x", "y", Kind.feature)["kind"] == 1
    assert signs("camera", "camera")["words"] == pytest.approx(1)
    assert signs("", "")["words"] == 0


def test_signs_of_a_theme_among_others() -> None:
    def at(number: int, theme: str, *place: float) -> Member:
        vector = np.zeros(384, np.float32)
        vector[: len(place)] = place
        return Member(number, theme, Kind.bug, "camera", vector)

    members = [at(1, "a", 0.8, 0.6), at(2, "a", 0.6, 0.8), at(3, "b", 0, 1), at(4, "c", 0, 0, 1)]
    around = Surroundings(COMMENT, members)
    found = dict(zip(SIGNS, around.signs([0, 1]).tolist(), strict=True))
    # They weigh e ** -2, e ** -4 and twice e ** -10; twelve missing neighbours weigh e ** -7 each.
    assert found["share"] == pytest.approx((0.13534 + 0.01832) / (0.15375 + 0.01094), abs=1e-4)
    assert found["middle"] == pytest.approx((0.8 + 0.6) / 2)
    assert found["within"] == pytest.approx(0.8 * 0.6 + 0.6 * 0.8)
    assert found["crowd"] == pytest.approx((0.6 + 0 + 0.3) / 3)
    alone = dict(zip(SIGNS, around.signs([2]).tolist(), strict=True))
    assert alone["middle"] == alone["within"] == alone["top"] == pytest.approx(0)
    assert alone["crowd"] == pytest.approx((0.8 + 0.6 + 0) / 3)
    whole = {"a": Middle.of([member.vector for member in members[:3]])}
    further = dict(
        zip(SIGNS, Surroundings(COMMENT, members, whole).signs([0, 1]).tolist(), strict=True)
    )
    assert further["middle"] == pytest.approx((0.8 + 0.6 + 0) / 3)
    assert further["within"] == pytest.approx((2 * 0.8 * 0.6 + 0.6 + 0.8) / 3)
    assert further["top"] == found["top"]
    everything = [replace(one, theme_id="a") for one in members * 5]
    assert Surroundings(COMMENT, everything).signs(range(20))[
        SIGNS.index("share")
    ] == pytest.approx(1)


def test_a_middle_is_the_mean_of_the_latest() -> None:
    random = np.random.default_rng(5)
    vectors = random.normal(size=(MIDDLE_COMMENTS + 200, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    middles: dict[str, Middle] = {}
    for number, each in enumerate(vectors[:MIDDLE_COMMENTS], 1):
        join(middles, "a", each)
        assert middles["a"].comments == number
        assert middles["a"].vector == pytest.approx(vectors[:number].mean(axis=0), abs=1e-6)
    cosines = vectors[:MIDDLE_COMMENTS] @ vectors[:MIDDLE_COMMENTS].T
    assert middles["a"].within == pytest.approx(
        cosines[~np.eye(MIDDLE_COMMENTS, dtype=bool)].mean(), abs=1e-5
    )
    for _ in range(200):
        join(middles, "a", vectors[-1])
    assert middles["a"].comments == MIDDLE_COMMENTS
    assert middles["a"].vector == pytest.approx(vectors[-1], abs=0.01)


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"), st.text(max_size=40), st.floats(0, 1, allow_subnormal=False)
        ),
        min_size=1,
        max_size=12,
    )
)
def test_any_candidates_give_finite_signs_and_a_likelihood(
    found: list[tuple[str, str, float]],
) -> None:
    candidates = [
        member(number, theme, text, cosine) for number, (theme, text, cosine) in enumerate(found)
    ]
    decision = DefaultGrouper().decide(COMMENT, candidates)
    assert 0 <= decision.score <= 1
    assert (decision.verdict is Verdict.join) == (decision.score >= decision.join_at)


def test_length_classes() -> None:
    assert [length_class("word " * count) for count in (20, 21, 60, 61)] == [
        "short",
        "medium",
        "medium",
        "long",
    ]
    assert pair_class("word " * 70, "word " * 10) == "short"
    assert pair_class("since 2.1.3 it fails", "it fails") == "technical"
    assert pair_class("since 2.1.3 it fails", "2.1.3 fails") == "report"
    assert pair_class("Remove the cache\n\nIt is stale.", "Remove the old cache") == "technical"
    assert pair_class("Remove the cache\n\nIt is stale.", "please remove the old cache") == "short"


def test_overlap_is_a_share() -> None:
    assert overlap("camera crashes", "crashed camera") == 1.0
    assert overlap("", "camera") == 0.0


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        (
            "App crashes when I open settings",
            "settings page makes the app crash every time",
            Verdict.join,
        ),
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

"""What a thread tells: who answers, who agrees, who changes the subject."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from classifiers.contract import Kind, Member, Verdict
from classifiers.grouping.grouper import DefaultGrouper
from classifiers.grouping.sorts import Sort, sort_of
from classifiers.grouping.threads import THREAD_SIGNS, agreement, reasons, thread_signs
from classifiers.grouping.thresholds import Boldness, Thresholds

SHIPPED = Thresholds.read()


def vector(*parts: float) -> np.ndarray:
    """A unit vector that begins with these numbers."""
    whole = np.zeros(384, np.float32)
    whole[: len(parts)] = parts
    whole[-1] = np.sqrt(max(0.0, 1 - float(whole @ whole)))
    return whole


def opening(theme: str = "doubled") -> Member:
    text = "Since the update every note is there twice."
    return Member(
        1, theme, Kind.bug, text, vector(1.0), thread="t", name="a", opens=True, sort="community"
    )


def reply(text: str, *, kind: Kind = Kind.other, answers: str = "", thread: str = "t") -> Member:
    near = vector(0.1, 0.2)
    return Member(
        9,
        "",
        kind,
        text,
        near,
        report=0.2,
        thread=thread,
        answers=answers,
        sort="community",
        aside=kind is Kind.other,
    )


@pytest.mark.parametrize(
    "text",
    [
        "Same here.",
        "+1",
        "me too, since Monday",
        "can confirm on 4.8",
        "Happens to me as well",
        "👍",
        "Seconded. Field work in Iceland, no signal for days.",
        "Yes please!",
    ],
)
def test_agreements_are_heard(text: str) -> None:
    assert agreement(text)


@pytest.mark.parametrize(
    "text",
    [
        "Did you try to restart it?",
        "The export stops in the middle of the file.",
        "Which version is on the hub?",
        "same here " + "and then something else happened to me that took a while to tell " * 4,
    ],
)
def test_what_says_something_of_its_own_is_no_agreement(text: str) -> None:
    assert not agreement(text)


def test_an_agreement_joins_what_it_answers_though_it_shares_no_word() -> None:
    decision = DefaultGrouper(SHIPPED).decide(reply("Same here.", answers="a"), [opening()])
    assert (decision.verdict, decision.theme_id) == (Verdict.join, "doubled")
    assert {"opener", "agrees"} <= set(decision.thread)


@pytest.mark.parametrize("text", ["Same here.", "Mine stays open instead.", "Any news?"])
def test_whether_a_platform_says_that_a_reply_answers_the_opening_makes_no_difference(
    text: str,
) -> None:
    named, unnamed = (
        DefaultGrouper(SHIPPED).decide(reply(text, answers=answers), [opening()])
        for answers in ("a", "")
    )
    assert named == unnamed


def test_who_answers_another_reply_speaks_of_that_ones_matter() -> None:
    other = replace(opening("stuck"), comment_id=2, name="b", opens=False)
    decision = DefaultGrouper(SHIPPED).decide(reply("Same here.", answers="b"), [opening(), other])
    assert decision.theme_id == "stuck"
    assert {"parent", "agrees"} <= set(decision.thread)


def test_the_same_words_in_another_thread_join_nothing() -> None:
    decision = DefaultGrouper(SHIPPED).decide(reply("Same here.", thread="u"), [opening()])
    assert decision.verdict is Verdict.new
    assert decision.thread == ()


def test_who_changes_the_subject_parts_from_the_thread() -> None:
    text = "By the way, could the printer get a page with larger letters? I cannot read mine."
    decision = DefaultGrouper(SHIPPED).decide(reply(text, kind=Kind.feature), [opening()])
    assert decision.verdict is not Verdict.join


def test_a_helpful_answer_is_no_voice() -> None:
    text = "Try to clear the cache, that is in the settings."
    decision = DefaultGrouper(SHIPPED).decide(reply(text, answers="a"), [opening()])
    assert decision.verdict is not Verdict.join


def test_what_was_told_neither_bug_nor_request_is_never_proposed() -> None:
    member = reply("The notes came twice, I believe.", thread="")
    near = Member(1, "doubled", Kind.bug, "The notes came twice, I think.", member.vector)
    decision = DefaultGrouper(SHIPPED).decide(member, [near])
    assert decision.verdict is not Verdict.suggest


def test_a_product_that_is_careful_asks_more_and_a_bold_one_less() -> None:
    asked = [SHIPPED.bold(boldness).join_for("community", "short") for boldness in Boldness]
    careful, balanced, bold = asked
    assert careful > balanced > bold
    threads = [SHIPPED.bold(boldness).level.thread for boldness in Boldness]
    assert threads == sorted(threads, reverse=True)


def test_a_place_that_nobody_knows_is_judged_as_the_link_was_fixed() -> None:
    assert SHIPPED.join_for("", "short") == SHIPPED.join["short"]


def test_reports_of_trackers_join_only_by_a_person() -> None:
    for boldness in Boldness:
        assert SHIPPED.bold(boldness).join_for("tracker", "report") > 1


def test_decisions_say_what_every_boldness_asks() -> None:
    decision = DefaultGrouper(SHIPPED).decide(reply("Same here.", answers="a"), [opening()])
    assert set(decision.bars) == set(Boldness)


def test_the_example_of_the_signs_is_true() -> None:
    text = "Same here since 4.8. Also, could they be sorted?"
    member = reply(text, kind=Kind.bug)
    signs = dict(
        zip(
            THREAD_SIGNS,
            thread_signs(member, [opening()], [opening()], -2.1).tolist(),
            strict=True,
        )
    )
    ones = {name for name, value in signs.items() if value == 1.0}
    expected = "opener latest mates agrees agrees_opener agrees_latest asks drifts mine told"
    assert ones == set(expected.split())
    assert signs["link"] == -2.1
    assert round(signs["words"], 2) == 2.4


def test_reasons_name_what_people_are_told() -> None:
    signs = np.zeros(len(THREAD_SIGNS))
    signs[THREAD_SIGNS.index("parent")] = 1
    signs[THREAD_SIGNS.index("words")] = 2
    assert reasons(signs) == ("parent",)


@pytest.mark.parametrize(
    ("place", "sort"),
    [
        ("discourse", Sort.community),
        ("google_play", Sort.reviews),
        ("Slack", Sort.chat),
        ("zendesk", Sort.help_desk),
        ("Support form", Sort.help_desk),
        ("github", Sort.tracker),
        ("reviews", Sort.reviews),
        ("a place", Sort.unknown),
    ],
)
def test_places_are_of_a_sort(place: str, sort: Sort) -> None:
    assert sort_of(place) is sort

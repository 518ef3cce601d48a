"""Threads of labelled files, where comments are lost, and what grouping makes of a community that
drifts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from classifiers.encoding import encoder
from classifiers.evaluation.conversations import conversations
from classifiers.evaluation.datasets import Reading
from classifiers.evaluation.evaluate_duplicates import evaluate_duplicates
from classifiers.evaluation.lost import Loss, count_losses, loss_of
from classifiers.grouping.grouper import DefaultGrouper, Weighed
from classifiers.kinds.enrich import DefaultEnricher
from tests.classifiers.evaluation.saying import printed

DRIFTING = Path(__file__).parent / "drifting.jsonl"


def test_the_first_comment_opens_a_thread_of_a_forum() -> None:
    rows = [{"thread": "7", "channel": "forum"}, {"thread": "7", "channel": "forum"}]
    opener, answer = conversations(rows)
    assert (opener.opens, answer.opens) == (True, False)
    assert opener.thread == answer.thread != ""


def test_a_channel_is_no_thread_until_somebody_is_answered() -> None:
    rows = [{"thread": "help", "channel": "slack", "id": str(number)} for number in range(2)]
    assert [said.thread for said in conversations(rows)] == ["", ""]
    answered = conversations([rows[0], {**rows[1], "parent": "0"}])
    assert answered[0].thread == answered[1].thread != ""
    assert answered[1].answers == "0"


def test_what_the_file_says_of_openings_holds() -> None:
    rows = [
        {"thread": "7", "channel": "forum", "opens": False},
        {"thread": "7", "channel": "forum", "opens": True},
    ]
    assert [said.opens for said in conversations(rows)] == [False, True]


def test_names_within_objects_are_read() -> None:
    row = {"thread": {"id": 7}, "author": {"handle": "ann"}, "platform": "discourse"}
    (said,) = conversations([row])
    assert (said.author, said.opens) == ("ann", True)


def test_threads_of_two_products_are_not_one() -> None:
    rows = [{"thread": "7", "channel": "forum", "product": name} for name in "ab"]
    assert len({said.thread for said in conversations(rows)}) == 2


@pytest.mark.parametrize(
    ("placed", "home", "weighed", "loss"),
    [
        ("a", {"a"}, [], Loss.right),
        ("b", set(), [], Loss.mates),
        ("b", {"a"}, [], Loss.unfound),
        ("b", {"a"}, [Weighed("a", 0.9, 1.01, 0.2)], Loss.apart),
        ("c", {"a"}, [Weighed("c", 0.9, 0.6, 0.2), Weighed("a", 0.5, 0.6, 0.2)], Loss.another),
        ("", {"a"}, [Weighed("a", 0.5, 0.6, 0.2)], Loss.told),
        ("b", {"a"}, [Weighed("a", 0.5, 0.6, 0.2)], Loss.suggested),
        ("b", {"a"}, [Weighed("a", 0.1, 0.6, 0.2)], Loss.unsuggested),
    ],
)
def test_every_loss_has_a_name(
    placed: str, home: set[str], weighed: list[Weighed], loss: Loss
) -> None:
    assert loss_of(placed, home, weighed, []) is loss


def test_losses_are_counted_by_sort_of_place() -> None:
    counts = count_losses([("chat", Loss.right), ("chat", Loss.right), ("", Loss.told)])
    assert counts == {"": {str(Loss.told): 1}, "chat": {str(Loss.right): 2}}


def test_a_community_that_drifts_is_grouped_as_measured(model_dir: Path) -> None:
    enricher = DefaultEnricher(encoder.load(model_dir, backend="openvino"))
    report = evaluate_duplicates(
        DRIFTING,
        enricher,
        DefaultGrouper(),
        reading=Reading.of(["duplicate_group=group"], []),
        samples=0,
        as_served=True,
    )
    stream = report.stream
    assert stream.clusters.b_cubed[2] >= 0.77
    assert stream.wrong_joins <= 10
    assert stream.joins >= 90
    assert set(stream.losses) == {"chat", "community", "tracker"}
    assert "Where it is lost" in printed(report)


def test_the_drifting_community_is_large_and_drifts() -> None:
    rows = [json.loads(line) for line in DRIFTING.read_text(encoding="utf-8").splitlines()]
    assert len(rows) >= 299
    matters: dict[str, set[str]] = {}
    for row in rows:
        if row["group"]:
            matters.setdefault(row["thread"], set()).add(row["group"])
    assert sum(len(groups) > 1 for groups in matters.values()) >= 20

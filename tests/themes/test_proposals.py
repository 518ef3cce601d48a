"""The pass that proposes merges: it finds themes that grew together, asks a person, and keeps to
the answer."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import numpy as np
import procrastinate
import pytest
from procrastinate.testing import InMemoryConnector

from app.jobs.upkeep import add_upkeep
from app.queries.suggestions import list_suggestions
from app.themes.links import links, speakers
from app.themes.proposals import OPEN_PROPOSALS_MOST, Passed, propose_merges
from app.triage import regroup, suggestions
from app.triage.undo import undo
from classifiers.contract import Kind, Member, Verdict
from classifiers.grouping.grouper import DefaultGrouper
from tests.scenes.forum import ME, Forum
from tests.scenes.small_model import SmallGrouper, vector

ONE = "export pdf crashes monday laptop images"
OTHER = "export tablet crashes cloud sharing tuesday"
BRIDGE = "export pdf crashes tablet monday cloud"


async def say(forum: Forum, text: str, author: str = "ann") -> dict[str, Any]:
    """A comment that is grouped before the next one comes."""
    comment = await forum.say(text, author)
    await forum.work()
    return comment


async def compare(forum: Forum) -> Passed:
    return await propose_merges(forum.database, SmallGrouper(), forum.product_id)


async def proposals(forum: Forum) -> list[dict[str, Any]]:
    return await forum.rows("select * from theme_suggestion order by id")


async def grown_together(forum: Forum) -> tuple[dict[str, Any], uuid.UUID, uuid.UUID]:
    """Two themes that were founded apart, the first with a later comment that links them; returns
    that comment."""
    await say(forum, ONE)
    await say(forum, OTHER, "bob")
    assert await compare(forum) == Passed()
    assert await proposals(forum) == []
    bridge = await say(forum, BRIDGE, "cid")
    first, second = await forum.themes()
    assert (first["mentions"], second["mentions"]) == (2, 1)
    return bridge, first["id"], second["id"]


async def test_a_comment_that_links_two_themes_makes_a_proposal_with_both_quotes(
    forum: Forum,
) -> None:
    _, bigger, smaller = await grown_together(forum)
    passed = await compare(forum)
    assert (passed.compared, passed.proposed, passed.withdrawn) == (1, 1, 0)
    (row,) = await proposals(forum)
    assert (row["theme_id"], row["other_id"], row["state"]) == (smaller, bigger, "open")
    near = row["evidence"]["nearest"][0]
    quoted = await forum.rows(
        "select text from comment where id = any(%s) order by id", [near["of"], near["comment"]]
    )
    assert [each["text"] for each in quoted] == [OTHER, BRIDGE]
    assert row["evidence"]["verdict"] == "merge"
    assert near["words"]
    assert near["theme"] == str(smaller)
    async with forum.database.transaction() as connection:
        (shown,) = await list_suggestions(connection, bigger)
    assert (shown.other_id, shown.evidence) == (smaller, row["evidence"])
    assert len(await forum.themes()) == 2, "nothing is merged without a person"


async def test_a_second_pass_finds_nothing_to_do(forum: Forum) -> None:
    await grown_together(forum)
    await compare(forum)
    before = await proposals(forum)
    assert await compare(forum) == Passed()
    assert await proposals(forum) == before
    await say(forum, "printing is broken", "dan")
    assert await compare(forum) == Passed(), (
        "a theme of one comment was compared when the comment came"
    )


async def test_what_a_person_rejected_is_never_proposed_again(forum: Forum) -> None:
    await grown_together(forum)
    await compare(forum)
    (row,) = await proposals(forum)
    async with forum.database.transaction() as connection:
        done = await suggestions.decide_suggestion(connection, row["id"], False, actor=ME)
    await say(forum, BRIDGE, "eve")
    assert (await compare(forum)).proposed == 0
    assert [each["state"] for each in await proposals(forum)] == ["rejected"]
    async with forum.database.transaction() as connection:
        await undo(connection, done, actor=ME)
    await say(forum, BRIDGE, "fay")
    await compare(forum)
    assert [each["state"] for each in await proposals(forum)] == ["open"]


async def test_a_merge_answers_its_proposals_and_undo_asks_again(forum: Forum) -> None:
    await grown_together(forum)
    await compare(forum)
    (row,) = await proposals(forum)
    async with forum.database.transaction() as connection:
        done = await suggestions.decide_suggestion(connection, row["id"], True, actor=ME)
    await compare(forum)
    assert [each["state"] for each in await proposals(forum)] == ["accepted"]
    async with forum.database.transaction() as connection:
        await undo(connection, done, actor=ME)
    await compare(forum)
    assert [each["state"] for each in await proposals(forum)] == ["open"]


async def test_a_theme_that_went_elsewhere_takes_its_proposals_along_until_undo(
    forum: Forum,
) -> None:
    _, _, smaller = await grown_together(forum)
    await compare(forum)
    await say(forum, "printing is broken", "dan")
    (third,) = await forum.rows("select id from theme where title ilike '%%printing%%'")
    async with forum.database.transaction() as connection:
        done = await regroup.merge(connection, third["id"], [smaller], actor=ME)
    assert [row["state"] for row in await proposals(forum)] == ["withdrawn"], "at once"
    await compare(forum)
    async with forum.database.transaction() as connection:
        await undo(connection, done, actor=ME)
    await compare(forum)
    assert [
        row["state"]
        for row in await proposals(forum)
        if smaller in (row["theme_id"], row["other_id"])
    ] == ["open"]


async def test_themes_that_a_person_took_apart_are_never_proposed(forum: Forum) -> None:
    bridge, bigger, smaller = await grown_together(forum)
    await compare(forum)
    (comment,) = await forum.rows("select id from comment where external_id = %s", bridge["id"])
    async with forum.database.transaction() as connection:
        _, alone = await regroup.split(connection, bigger, [comment["id"]], actor=ME)
    await compare(forum)
    pairs = {
        frozenset((row["theme_id"], row["other_id"])): row["state"]
        for row in await proposals(forum)
    }
    assert frozenset((alone, bigger)) not in pairs, "they are near enough to join, but were split"
    assert pairs[frozenset((alone, smaller))] == "open"
    assert pairs[frozenset((bigger, smaller))] == "withdrawn"
    # Merged with the third, the comment that was split off keeps both apart; so does the heir of
    # the theme it left.
    async with forum.database.transaction() as connection:
        await regroup.merge(connection, smaller, [alone], actor=ME)
    await compare(forum)
    assert {row["state"] for row in await proposals(forum)} <= {"accepted", "withdrawn"}


async def test_who_was_kept_out_of_a_theme_stays_out_of_its_heir(forum: Forum) -> None:
    bridge, bigger, smaller = await grown_together(forum)
    (comment,) = await forum.rows("select id from comment where external_id = %s", bridge["id"])
    async with forum.database.transaction() as connection:
        _, alone = await regroup.split(connection, bigger, [comment["id"]], actor=ME)
        await regroup.merge(connection, smaller, [bigger], actor=ME)
        await connection.execute(
            "update comment set theme_by = 'model', stage = 'enriched' where id = %s",
            [comment["id"]],
        )
    await forum.work()
    (row,) = await forum.rows("select theme_id from comment where id = %s", comment["id"])
    assert row["theme_id"] == alone
    await compare(forum)
    assert [each["state"] for each in await proposals(forum) if each["state"] == "open"] == []


@pytest.mark.parametrize("change", ["edited", "deleted", "ignored"])
async def test_a_proposal_is_withdrawn_when_its_reason_is_gone(forum: Forum, change: str) -> None:
    bridge, _, smaller = await grown_together(forum)
    await compare(forum)
    if change == "ignored":
        async with forum.database.transaction() as connection:
            await connection.execute("update theme set status = 'ignored' where id = %s", [smaller])
    elif change == "deleted":
        await forum.deliver_comments(
            {"id": bridge["id"], "deleted_at": "2026-11-05T00:00:00Z"}, event="comment.deleted"
        )
        await forum.work()
    else:
        edit = {**bridge, "text": ONE + " always", "edited_at": "2026-11-05T00:00:00Z"}
        await forum.deliver_comments(edit, event="comment.edited")
        await forum.work()
    if change == "deleted":
        assert [row["state"] for row in await proposals(forum)] == ["withdrawn"], "at once"
    else:
        assert (await compare(forum)).withdrawn == 1
    await compare(forum)
    assert [row["state"] for row in await proposals(forum)] == ["withdrawn"]


async def test_a_theme_has_a_bounded_number_of_open_proposals_the_strongest(forum: Forum) -> None:
    async with forum.database.transaction() as connection:
        ids = [uuid.uuid4() for _ in range(OPEN_PROPOSALS_MOST + 4)]
        await connection.execute(
            "insert into theme (id, product_id, kind, compared_at) select unnest(%s::uuid[]), %s, "
            "'bug', now()",
            [ids, forum.product_id],
        )
        for number, other in enumerate(ids[1:]):
            await connection.execute(
                "insert into theme_suggestion (product_id, theme_id, other_id, score) values (%s, "
                "%s, %s, %s)",
                [forum.product_id, *(ids[0], other)[:: 1 if number % 2 else -1], number / 100],
            )
    assert await compare(forum) == Passed(0, 0, 3)
    left = await forum.rows(
        "select min(score) as least, count(*) as n from theme_suggestion where state = 'open'"
    )
    assert left == [{"least": 0.03, "n": OPEN_PROPOSALS_MOST}]


async def test_a_big_theme_looks_past_its_own_members(forum: Forum) -> None:
    for number in range(30):
        await forum.say(ONE, f"p{number}")
    await forum.say(OTHER, "bob")
    await forum.work()
    for number in range(2):
        await say(forum, BRIDGE, f"q{number}")
    await compare(forum)
    assert [row["state"] for row in await proposals(forum)] == ["open"]


PHONE, TABLET = "sync photos album phone slow", "sync photos album tablet wifi"


def strong_within_a_kind(kind: Kind) -> tuple[Member, Member]:
    """A bug and a member of a theme of ``kind``, as near as what says the same within a kind."""
    cosine = 0.9
    mine, start = vector(PHONE), vector(TABLET)
    aside = start - (start @ mine) * mine
    near = (cosine * mine + np.sqrt(1 - cosine**2) * aside / np.linalg.norm(aside)).astype(
        np.float32
    )
    return Member(1, "a", Kind.bug, PHONE, mine), Member(9, "b", kind, TABLET, near)


@pytest.mark.parametrize(
    ("kind", "verdict"), [(Kind.bug, Verdict.join), (Kind.feature, Verdict.suggest)]
)
def test_a_join_does_not_cross_from_bug_to_feature_on_ordinary_evidence(
    kind: Kind, verdict: Verdict
) -> None:
    grouper = DefaultGrouper()
    comment, member = strong_within_a_kind(kind)
    assert grouper.decide(comment, [member]).verdict is verdict


@pytest.mark.parametrize(("kind", "holds"), [(Kind.bug, True), (Kind.feature, False)])
def test_nor_does_a_proposal(kind: Kind, holds: bool) -> None:
    grouper = DefaultGrouper()
    comment, member = strong_within_a_kind(kind)
    (link,) = links(grouper, speakers([comment]), [member])
    assert link.holds() is holds
    assert link.crosses is not holds


def test_the_very_same_words_are_evidence_enough_to_cross() -> None:
    bug, wish = (
        Member(number, kind, kind, PHONE, vector(PHONE))
        for number, kind in enumerate((Kind.bug, Kind.feature))
    )
    (link,) = links(DefaultGrouper(), speakers([bug]), [wish])
    assert link.crosses
    assert link.holds()


def test_two_themes_that_name_different_things_say_which() -> None:
    where = vector(PHONE)
    speaker = Member(1, "a", Kind.feature, "export the photos album", where)
    other = Member(2, "b", Kind.feature, "import a photos album", where)
    (link,) = links(DefaultGrouper(), speakers([speaker]), [other])
    assert link.joining == 0
    assert link.evidence()["apart"] == ["export", "import"]
    (alike,) = links(
        DefaultGrouper(), speakers([speaker]), [replace(other, text="export a photos album")]
    )
    assert alike.joining == 1
    assert alike.evidence()["apart"] == []


async def test_what_keeps_a_comment_out_of_a_theme_is_stored(forum: Forum) -> None:
    await say(forum, "please add export of songs as pdf")
    await forum.say("please add export of songs as csv", "bob")
    await forum.work(grouper=DefaultGrouper())
    rows = await forum.rows("select grouping, theme_id from comment order by id")
    assert rows[1]["grouping"]["apart"] == ["csv", "pdf"]
    assert rows[0]["theme_id"] != rows[1]["theme_id"]


async def test_the_job_engine_does_it_by_itself(forum: Forum) -> None:
    await grown_together(forum)
    await forum.change("update delivery set received_at = now() - interval '1 minute'")
    jobs = procrastinate.App(connector=InMemoryConnector())
    add_upkeep(jobs, forum.database, SmallGrouper())
    periodic = {
        task.task.name: task.cron for task in jobs.periodic_registry.periodic_tasks.values()
    }
    assert periodic["settle_themes"] == "* * * * *"
    assert periodic["keep_search"] == "*/10 * * * *"
    for name in ("settle_themes", "keep_search"):
        await jobs.tasks[name](timestamp=0)
    # Proposed, then merged: nobody decided about the theme of one comment.
    assert [row["state"] for row in await proposals(forum)] == ["accepted"]

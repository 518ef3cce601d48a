"""A merge while a ticket is not made yet, in doubt or gone, and workers that die while they mark a
duplicate: nothing is done twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.config import Settings
from app.errors import Conflict
from app.storage.db import Database
from app.storage.vault import Vault
from app.tickets.retrying import retry_ticket
from integrations.sandbox.server import SandboxServer
from integrations.tracker_contract import TicketRef
from integrations.tracker_writes import DuplicateMark
from tests.scenes.merging import (
    EXPORT,
    LOGIN,
    linked,
    merge,
    take_back,
    text_of,
    two_tickets,
)
from tests.scenes.pushing import Bench, Between, open_bench


@pytest.fixture(params=["github", "jira"])
async def bench(
    request: pytest.FixtureRequest, database: Database, settings: Settings, vault: Vault
) -> AsyncIterator[Bench]:
    with SandboxServer() as sandbox:
        yield await open_bench(database, settings, vault, sandbox, request.param)


@pytest.fixture
async def github(database: Database, settings: Settings, vault: Vault) -> AsyncIterator[Bench]:
    with SandboxServer() as sandbox:
        yield await open_bench(database, settings, vault, sandbox)


class Died(BaseException):
    """The process ended here."""


class DiesAt(Between):
    """Dies before or after the named step."""

    step, after = "", False

    async def _pass(self, name: str, call: Any) -> Any:
        if name == self.step and not self.after:
            raise Died
        answer = await call
        if name == self.step:
            raise Died
        return answer

    async def mark_duplicate(self, ref: TicketRef, mark: DuplicateMark) -> DuplicateMark:
        marked: DuplicateMark = await self._pass("mark", super().mark_duplicate(ref, mark))
        return marked

    async def unmark_duplicate(self, ref: TicketRef, mark: DuplicateMark) -> str:
        left: str = await self._pass("unmark", super().unmark_duplicate(ref, mark))
        return left

    async def plan_duplicate(self, ref: TicketRef, of: TicketRef | None) -> DuplicateMark:
        planned: DuplicateMark = await self._pass("plan", super().plan_duplicate(ref, of))
        return planned


@pytest.mark.filterwarnings("ignore:coroutine")
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", ["plan", "mark", "unmark"])
async def test_death_at_any_step_does_nothing_twice(bench: Bench, step: str, after: bool) -> None:
    class Dies(DiesAt):
        pass

    Dies.step, Dies.after = step, after
    older, newer = await two_tickets(bench)
    first, second = bench.tickets
    async with bench.forum.database.transaction() as connection:
        await connection.execute(
            "update tracker set settings = settings || '{\"close_duplicates\": true}'"
        )
    line = await merge(bench, newer, older)
    if step != "unmark":
        with pytest.raises(Died):
            await bench.run(wrap=Dies)
    await bench.push()
    assert second.done
    assert len(linked(bench)) == (0 if second.vendor == "github" else 1)
    await take_back(bench, line)
    if step == "unmark":
        with pytest.raises(Died):
            await bench.run(wrap=Dies)
    await bench.push()
    assert [first.done, second.done] == [False, False]
    assert linked(bench) == []
    assert await bench.forum.rows("select 1 from activity where verb = 'duplicate_left'") == []
    closings = [one for one in second.history if one.field == "status"]
    assert len(closings) == 2, "closed once, opened once"


async def test_a_pending_ticket_of_a_merged_theme_is_not_made(github: Bench) -> None:
    older = await github.theme(LOGIN)
    await github.run()
    newer = await github.theme(EXPORT)
    line = await merge(github, newer, older)
    await github.push()
    assert len(github.tickets) == 1
    await take_back(github, line)
    await github.push()
    assert sorted("2 comments" in text_of(ticket) for ticket in github.tickets) == [True, True]


@pytest.mark.parametrize("was_made", [True, False])
async def test_a_ticket_in_doubt_is_looked_up_and_then_says_where_it_is_followed(
    github: Bench, was_made: bool
) -> None:
    older = await github.theme(LOGIN)
    await github.run()
    newer = await github.theme(EXPORT, people=3)
    mode = {"mode": "lost_response"} if was_made else {"mode": "status", "status": 502}
    github.fail(method="POST", path="*/issues", **mode)
    await github.run()
    await merge(github, newer, older)
    await github.push()
    await github.push()
    states = await github.forum.rows("select state from ticket order by created_at")
    if was_made:
        assert [row["state"] for row in states] == ["created", "created"]
        assert "Followed elsewhere now" in text_of(github.tickets[1])
    else:
        assert [row["state"] for row in states] == ["created", "cancelled"]
        assert len(github.tickets) == 1


async def test_the_living_ticket_may_be_the_one_in_doubt(github: Bench) -> None:
    older = await github.theme(LOGIN)
    github.fail(method="POST", path="*/issues", mode="lost_response")
    await github.run()
    newer = await github.theme(EXPORT, people=3)
    async with github.forum.database.transaction() as connection:
        await connection.execute(
            "update ticket set due_at = now() + interval '1 day' where theme_id = %s", [older]
        )
    await github.run()
    await merge(github, newer, older, tickets_of=older)
    await github.push()
    await github.push()
    kept, other = github.tickets
    assert f"/tickets/{kept.slug}" in text_of(other)
    assert (other.status, other.reason) == ("closed", "duplicate")
    assert "5 comments" in text_of(kept)


async def test_a_ticket_that_is_gone_is_left_and_not_made_anew(github: Bench) -> None:
    older, newer = await two_tickets(github)
    github.tickets[1].deleted = True
    await github.forum.say(EXPORT, "newcomer")
    await github.forum.work()
    await github.push()
    line = await merge(github, newer, older)
    await github.push()
    assert len(github.tickets) == 2
    (gone,) = await github.forum.rows("select id, state from ticket where state = 'gone'")
    await take_back(github, line)
    rows = await github.forum.rows("select theme_id, state from ticket order by created_at")
    assert [(row["theme_id"], row["state"]) for row in rows] == [
        (older, "created"),
        (newer, "gone"),
    ]
    del gone


async def test_a_superseded_ticket_that_was_deleted_is_not_tried_again(github: Bench) -> None:
    older, newer = await two_tickets(github)
    github.tickets[1].deleted = True
    await merge(github, newer, older)
    await github.push()
    (row,) = await github.forum.rows("select id from ticket where state = 'gone'")
    with pytest.raises(Conflict, match="followed in another one"):
        await retry_ticket(github.forum.database, row["id"])

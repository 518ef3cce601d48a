"""One decision about many themes: each has its own outcome, whoever asks."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import pytest

from app.errors import Invalid
from app.storage.db import Connection, Database, DatabaseAway
from app.triage import decisions
from app.triage.bulk import BulkChoice, BulkDecision, BulkOutcome, Decided, decide_many
from tests.api.calling import V1, bearer
from tests.scenes.reading import add_product, add_theme, add_tracker
from tests.web.webbing import sign_in

ME = "user:ann@example.com"
ACCEPT = BulkDecision(BulkChoice.accept, ME, undo_seconds=30)
IGNORE = BulkDecision(BulkChoice.ignore, ME, undo_seconds=30, reason=" Out of scope. ")
REOPEN = BulkDecision(BulkChoice.reopen, ME, undo_seconds=30)
TABLES = ("theme", "ticket", "activity", "kind_label", "pair_label", "procrastinate_jobs")


@pytest.fixture
async def themes(database: Database) -> list[uuid.UUID]:
    """Three themes that wait and, second by id, one that is accepted already."""
    ids = sorted(uuid.uuid4() for _ in range(4))
    async with database.transaction() as connection:
        product = await add_product(connection)
        await add_tracker(connection, product)
        for number, theme_id in enumerate(ids):
            made = await add_theme(connection, product, f"Theme {number}")
            status = "accepted" if number == 1 else "triage"
            await connection.execute(
                "update theme set id = %s, status = %s where id = %s", [theme_id, status, made]
            )
    return ids


async def rows(database: Database, query: str, *values: Any) -> list[dict[str, Any]]:
    async with database.transaction() as connection:
        return await (await connection.execute(query, values or None)).fetchall()


async def statuses(database: Database, ids: list[uuid.UUID]) -> list[str]:
    found = await rows(database, "select id, status from theme")
    by_id = {row["id"]: row["status"] for row in found}
    return [by_id[theme_id] for theme_id in ids]


async def everything(database: Database) -> dict[str, list[dict[str, Any]]]:
    """All that a decision writes to."""
    return {table: await rows(database, f"select * from {table} order by 1") for table in TABLES}


async def test_one_refused_theme_does_not_stop_the_others(
    database: Database, themes: list[uuid.UUID]
) -> None:
    missing = uuid.UUID(int=0)
    outcome = await decide_many(database, ACCEPT, [*themes, missing])
    assert [(one.theme_id, one.reason) for one in outcome.refused] == [
        (missing, "theme_not_found"),
        (themes[1], "already_accepted"),
    ]
    assert await statuses(database, themes) == ["accepted"] * 4


async def test_every_refusal_says_why_in_a_sentence(
    database: Database, themes: list[uuid.UUID]
) -> None:
    outcome = await decide_many(database, ACCEPT, themes)
    assert [one.detail for one in outcome.refused] == ["This theme is accepted already."]


async def test_outcomes_are_in_the_order_of_ids_and_name_a_theme_once(
    database: Database, themes: list[uuid.UUID]
) -> None:
    outcome = await decide_many(database, IGNORE, [*reversed(themes), themes[2]])
    assert [one.theme_id for one in outcome.decided] == themes


async def test_each_decision_can_be_found_by_its_activity(
    database: Database, themes: list[uuid.UUID]
) -> None:
    outcome = await decide_many(database, IGNORE, themes)
    lines = await rows(
        database, "select id, theme_id, verb, actor, detail from activity order by id"
    )
    expected = {"verb": "ignored", "actor": ME, "detail": {"reason": "Out of scope."}}
    assert lines == [
        {"id": one.activity_id, "theme_id": one.theme_id, **expected} for one in outcome.decided
    ]


async def test_a_dry_run_changes_nothing(database: Database, themes: list[uuid.UUID]) -> None:
    earlier = await everything(database)
    for decision in (ACCEPT, IGNORE, REOPEN):
        await decide_many(database, decision, themes, dry_run=True)
    assert await everything(database) == earlier


@pytest.mark.parametrize("decision", [ACCEPT, IGNORE, REOPEN], ids=lambda one: str(one.choice))
async def test_a_dry_run_says_what_would_happen(
    database: Database, themes: list[uuid.UUID], decision: BulkDecision
) -> None:
    dry = await decide_many(database, decision, themes, dry_run=True)
    real = await decide_many(database, decision, themes)
    without_activities = [Decided(one.theme_id, None) for one in real.decided]
    assert dry == BulkOutcome(without_activities, real.refused)


async def test_accepted_themes_wait_for_second_thoughts(
    database: Database, themes: list[uuid.UUID]
) -> None:
    await decide_many(database, ACCEPT, themes[:1])
    (ticket,) = await rows(
        database, "select extract(epoch from due_at - now())::float as seconds from ticket"
    )
    assert 20 < ticket["seconds"] <= 30


async def test_ignoring_without_a_reason_is_refused_as_a_whole(
    database: Database, themes: list[uuid.UUID]
) -> None:
    with pytest.raises(Invalid, match="Say why"):
        await decide_many(database, BulkDecision(BulkChoice.ignore, ME, 0, "  "), themes)


async def away_at(
    monkeypatch: pytest.MonkeyPatch, database: Database, lost: uuid.UUID, ids: list[uuid.UUID]
) -> BulkOutcome:
    """Accept the themes with a database that goes away at one of them."""
    accept = decisions.accept

    async def accept_until_away(connection: Connection, theme_id: uuid.UUID, **options: Any) -> int:
        if theme_id == lost:
            raise DatabaseAway
        return await accept(connection, theme_id, **options)

    with monkeypatch.context() as patched:
        patched.setattr(decisions, "accept", accept_until_away)
        return await decide_many(database, ACCEPT, ids)


async def test_what_was_decided_before_the_database_went_away_is_said(
    database: Database, themes: list[uuid.UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = await away_at(monkeypatch, database, themes[2], themes)
    assert [one.theme_id for one in outcome.decided] == themes[:1]
    assert [(one.theme_id, one.reason) for one in outcome.refused] == [
        (themes[1], "already_accepted"),
        (themes[2], "database_unavailable"),
        (themes[3], "database_unavailable"),
    ]
    assert await statuses(database, themes) == ["accepted", "accepted", "triage", "triage"]


async def test_a_database_that_is_away_from_the_start_is_an_error(
    database: Database, themes: list[uuid.UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DatabaseAway):
        await away_at(monkeypatch, database, themes[0], themes)


async def outcome_in_database(database: Database) -> list[dict[str, Any]]:
    """What a decision leaves, without whose it was and what differs from run to run."""
    return await rows(
        database,
        """
        select t.title, t.status, t.status_reason, t.version, a.verb, a.detail,
               a.before - 'decided_at' as before, k.state, k.due_at > now() as waits
        from theme t left join activity a on a.theme_id = t.id left join ticket k
            on k.theme_id = t.id
        order by t.title, a.id
        """,
    )


@pytest.mark.parametrize("choice", ["accept", "ignore"])
async def test_the_page_and_the_api_give_the_same_outcome(
    client: httpx.AsyncClient, database: Database, themes: list[uuid.UUID], choice: str
) -> None:
    ids = [str(theme_id) for theme_id in themes]
    start = await rows(database, "select id, status from theme")
    person = await sign_in(client, database)
    answer = await person.send("/triage/bulk", decision=choice, reason="Spam", theme=ids)
    assert answer.status_code == 303
    by_page = await outcome_in_database(database)
    async with database.transaction() as connection:
        await connection.execute("truncate activity, ticket cascade")
        for row in start:
            await connection.execute(
                "update theme set status = %s, status_reason = '', version = 1, decided_at = null"
                " where id = %s",
                [row["status"], row["id"]],
            )
    body = {"decision": choice, "reason": "Spam", "ids": ids}
    headers = await bearer(database, "triage")
    answer = await client.post(f"{V1}/themes/decisions", json=body, headers=headers)
    assert answer.status_code == 200
    assert await outcome_in_database(database) == by_page


async def test_the_page_says_how_many_were_decided_and_why_others_were_not(
    client: httpx.AsyncClient, database: Database, themes: list[uuid.UUID]
) -> None:
    person = await sign_in(client, database)
    ids = [str(theme_id) for theme_id in themes]
    await person.send("/triage/bulk", decision="accept", theme=ids)
    page = await person.get("/triage")
    assert "3 themes accepted. 1 could not be: This theme is accepted already." in page.text


async def test_the_api_refuses_to_ignore_without_a_reason(
    client: httpx.AsyncClient, database: Database, themes: list[uuid.UUID]
) -> None:
    headers = await bearer(database, "triage")
    body = {"decision": "ignore", "ids": [str(theme_id) for theme_id in themes]}
    answer = await client.post(f"{V1}/themes/decisions", json=body, headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (422, "reason_missing")

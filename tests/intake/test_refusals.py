"""What is refused at the door is counted, by reason and by where from, and is not kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from app.intake import refusals
from app.intake.ingest import Ingest
from app.queries import health
from app.queries.refusals import RefusedRequests, list_refusals
from app.storage.db import Database
from app.storage.vault import Vault
from tests.scenes.forum import Forum


class Door:
    """The endpoint, as senders of different addresses meet it."""

    def __init__(self, forum: Forum, ingest: Ingest) -> None:
        self.forum, self.ingest = forum, ingest

    async def post(
        self, *, origin: str = "203.0.113.7", secret: str = "", forwarded: str = ""
    ) -> int:
        headers, content = self.forum.request(self.forum.comment("secret words"))
        if secret:
            headers |= self.forum.signed(content, secret=secret)
        headers |= {"x-forwarded-for": forwarded} if forwarded else {}
        transport = httpx.ASGITransport(app=self.ingest, client=(origin, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            address = f"/hooks/{self.forum.source_id}"
            return (await client.post(address, headers=headers, content=content)).status_code

    async def refused(self) -> list[RefusedRequests]:
        await self.ingest.refusals.flush()
        async with self.forum.database.transaction() as connection:
            return await list_refusals(connection, self.forum.source_id)

    async def status(self) -> str:
        await self.ingest.refusals.flush()
        async with self.forum.database.transaction() as connection:
            (row,) = await health.sources(connection, source_id=self.forum.source_id)
        return row.status


@pytest.fixture
async def door(forum: Forum, database: Database, vault: Vault) -> AsyncIterator[Door]:
    ingest = Ingest(
        database,
        vault,
        now=lambda: datetime.now(UTC),
        clock=lambda: 1000.0,
        trusted_proxies="10.0.0.1",
    )
    ingest.start()
    yield Door(forum, ingest)
    await ingest.stop()


WRONG = "whsec_d3Jvbmctc2VjcmV0LXdyb25nLXNlY3JldA=="


async def test_a_wrong_secret_shows_with_when_and_from_where(door: Door) -> None:
    for _ in range(3):
        assert await door.post(secret=WRONG) == 401
    assert await door.post(secret=WRONG, origin="203.0.113.8") == 401
    rows = await door.refused()
    assert {(row.reason, row.origin, row.count) for row in rows} == {
        ("signature_wrong", "203.0.113.7", 3),
        ("signature_wrong", "203.0.113.8", 1),
    }
    assert all(datetime.now(UTC) - row.last_at < timedelta(minutes=5) for row in rows)
    assert await door.forum.rows("select * from delivery") == []
    (row,) = await door.forum.rows("select string_agg(r::text, ' ') as all from refused_request r")
    assert "secret words" not in row["all"]


async def test_it_says_refused_until_something_is_accepted(door: Door) -> None:
    await door.post(secret=WRONG)
    assert await door.status() == "refusing"
    assert await door.post() == 202
    assert await door.status() == "ok"


async def test_a_look_at_the_address_is_no_alarm(door: Door) -> None:
    assert await door.post() == 202
    await door.forum.change(
        "insert into refused_request (source_id, day, reason, origin, count) "
        "select id, current_date, 'method_not_allowed', '', 1 from source"
    )
    assert await door.status() == "ok"


async def test_the_counts_of_a_day_add_up(door: Door) -> None:
    await door.post(secret=WRONG)
    await door.refused()
    await door.post(secret=WRONG)
    (row,) = await door.refused()
    assert row.count == 2
    assert row.first_at < row.last_at


async def test_only_a_trusted_proxy_says_who_sent_it(door: Door) -> None:
    await door.post(secret=WRONG, origin="10.0.0.1", forwarded="198.51.100.4")
    await door.post(secret=WRONG, origin="203.0.113.9", forwarded="198.51.100.5")
    assert {row.origin for row in await door.refused()} == {"198.51.100.4", "203.0.113.9"}


async def test_a_flood_from_everywhere_is_a_handful_of_rows(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "ORIGINS_MAX", 3)
    monkeypatch.setattr(refusals, "COUNTED_KEYS_MAX", 8)
    for start in (0, 20):
        for number in range(start, start + 20):
            await door.post(secret=WRONG, origin=f"198.51.100.{number}")
        rows = await door.refused()
    assert sum(row.count for row in rows) == 40
    assert len(rows) <= 4
    assert await door.post(secret=WRONG, origin="198.51.100.99") == 401
    assert sum(row.count for row in await door.refused()) == 41


async def test_what_is_old_is_let_go(door: Door) -> None:
    await door.post(secret=WRONG)
    await door.refused()
    await door.forum.change("update refused_request set day = day - 20, origin = 'old'")
    await door.post(secret=WRONG)
    await door.refused()
    origins = await door.forum.rows("select origin from refused_request")
    assert [row["origin"] for row in origins] == ["203.0.113.7"]


async def test_an_unknown_address_is_counted_nowhere(door: Door) -> None:
    door.forum.source_id = door.forum.product_id
    assert await door.post() == 404
    assert await door.refused() == []

"""The door: what is verified, stored and answered, and what is refused with which reason."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest

from app.intake.ingest import Ingest
from app.intake.source_cache import ConnectedSource, SourceCache
from app.setup.sources import rotate_secret, update_source
from app.storage.advisory import WORK_CHANNEL
from app.storage.db import Database
from app.storage.vault import Vault
from tests.scenes.forum import Forum


class Clock:
    """Monotonic seconds that pass when a test says so."""

    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def door(database: Database, vault: Vault, clock: Clock) -> AsyncIterator[httpx.AsyncClient]:
    """The ingest endpoint alone."""
    ingest = Ingest(database, vault, now=lambda: datetime.now(UTC), clock=clock)
    ingest.committer.start()
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=ingest), base_url="http://testserver"
    ) as opened:
        yield opened
    await ingest.committer.stop()


async def stored(forum: Forum) -> int:
    return len(await forum.rows("select 1 from delivery"))


def reason(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["detail"].endswith(".")
    return str(problem["reason"])


async def test_a_signed_delivery_is_stored_before_the_202(
    door: httpx.AsyncClient, forum: Forum
) -> None:
    answer = await forum.post(door, forum.comment("It crashes"))
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    (row,) = await forum.rows("select * from delivery")
    assert json.loads(bytes(row["body"]))["data"]["text"] == "It crashes"
    assert row["stage"] == "received"
    assert row["product_id"] == forum.product_id


async def test_nothing_that_proves_a_secret_is_kept(door: httpx.AsyncClient, forum: Forum) -> None:
    headers, content = forum.request(forum.comment("x"))
    headers |= {
        "authorization": "Bearer hunter-seven",
        "x-gitlab-token": "hunter-seven",
        "cookie": "a=b",
        "x-kept": "yes",
    }
    assert (
        await door.post(f"/hooks/{forum.source_id}", headers=headers, content=content)
    ).status_code == 202
    (row,) = await forum.rows("select headers from delivery")
    assert "hunter" not in str(row["headers"])
    assert "v1," not in str(row["headers"])
    assert row["headers"]["x-kept"] == "yes"
    assert row["headers"]["webhook-id"].startswith("msg_")


async def test_the_same_delivery_twice_is_one(door: httpx.AsyncClient, forum: Forum) -> None:
    headers, content = forum.request(forum.comment("x"))
    answers = [
        await door.post(f"/hooks/{forum.source_id}", headers=headers, content=content)
        for _ in range(3)
    ]
    assert [answer.json()["status"] for answer in answers] == ["accepted", "known", "known"]
    together = await asyncio.gather(
        *(
            door.post(f"/hooks/{forum.source_id}", headers=headers, content=content)
            for _ in range(20)
        )
    )
    assert {answer.status_code for answer in together} == {202}
    assert await stored(forum) == 1


async def test_signatures_that_are_not_right_are_refused(
    door: httpx.AsyncClient, forum: Forum
) -> None:
    _, content = forum.request(forum.comment("x"))
    good = forum.signed(content)
    signature = good["webhook-signature"]
    flipped = signature[:-3] + ("A" if signature[-3] != "A" else "B") + signature[-2:]
    cases: list[tuple[dict[str, str], str]] = [
        ({k: v for k, v in good.items() if k != "webhook-signature"}, "signature_missing"),
        (good | {"webhook-signature": flipped}, "signature_wrong"),
        (good | {"webhook-signature": signature[:20]}, "signature"),
        (good | {"webhook-signature": "v1,"}, "signature"),
        (good | {"webhook-id": "other"}, "signature_wrong"),
        (forum.signed(content, secret="whsec_" + "QUJD" * 8), "signature_wrong"),
        (forum.signed(content, at=datetime.now(UTC) - timedelta(seconds=301)), "signature_stale"),
        (forum.signed(content, at=datetime.now(UTC) + timedelta(seconds=305)), "signature_stale"),
    ]
    for headers, expected in cases:
        answer = await door.post(f"/hooks/{forum.source_id}", headers=headers, content=content)
        assert answer.status_code == 401, headers
        assert reason(answer).startswith(expected), headers
    assert await stored(forum) == 0


async def test_a_source_without_a_secret_accepts_nothing(
    door: httpx.AsyncClient, forum: Forum
) -> None:
    async with forum.database.transaction() as connection:
        await connection.execute("update source_secret set retired_at = now()")
    answer = await forum.post(door, forum.comment("x"))
    assert (answer.status_code, reason(answer)) == (401, "secret_missing")


@pytest.mark.parametrize(
    "name", ["5b0ac2ad-0000-4000-8000-000000000000", "nobody", "0", "%00", "a" * 3000]
)
async def test_an_unknown_source_is_404(door: httpx.AsyncClient, forum: Forum, name: str) -> None:
    answer = await door.post(f"/hooks/{name}", content=b"{}")
    assert (answer.status_code, reason(answer)) == (404, "unknown_source")


async def test_a_source_that_is_switched_off_is_404(
    door: httpx.AsyncClient, forum: Forum, database: Database
) -> None:
    async with database.transaction() as connection:
        await update_source(connection, forum.source_id, enabled=False)
    assert (await forum.post(door, forum.comment("x"))).status_code == 404


async def test_a_body_that_says_it_is_too_large_is_refused_before_it_is_read(
    door: httpx.AsyncClient, forum: Forum
) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(100):
            read += 65536
            yield b"x" * 65536

    headers = {"content-length": str(100 * 65536)}
    answer = await door.post(f"/hooks/{forum.source_id}", headers=headers, content=endless())
    assert (answer.status_code, reason(answer), read) == (413, "body_too_large", 0)
    answer = await door.post(f"/hooks/{forum.source_id}", content=endless())
    assert answer.status_code == 413
    assert read < 40 * 65536
    assert await stored(forum) == 0


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "invalid_json"),
        (b"not json", "invalid_json"),
        (b"[1]", "wrong_shape"),
        (b'{"type":"comment.created"}', "wrong_shape"),
        (b'{"type":"comment.created","data":{"id":"1"}}', "wrong_shape"),
        (b"\xff\xfe", "invalid_encoding"),
        (b"[" * 100_000, "invalid_json"),
    ],
)
async def test_the_sender_is_told_about_a_body_nobody_can_read(
    door: httpx.AsyncClient, forum: Forum, content: bytes, expected: str
) -> None:
    answer = await door.post(
        f"/hooks/{forum.source_id}", headers=forum.signed(content), content=content
    )
    assert (answer.status_code, reason(answer)) == (400, expected)


async def test_a_new_secret_works_at_once_and_the_old_one_until_the_next(
    door: httpx.AsyncClient, forum: Forum, database: Database, vault: Vault, clock: Clock
) -> None:
    assert (await forum.post(door, forum.comment("one"))).status_code == 202
    first = forum.secret
    async with database.transaction() as connection:
        second = await rotate_secret(connection, vault, forum.source_id)
    clock.seconds += 1.5  # far less than the time an entry is kept
    for secret in (second, first, second):
        _, content = forum.request(forum.comment("x"))
        headers = forum.signed(content, secret=secret)
        assert (
            await door.post(f"/hooks/{forum.source_id}", headers=headers, content=content)
        ).status_code == 202
    async with database.transaction() as connection:
        await rotate_secret(connection, vault, forum.source_id)
    active = await forum.rows("select count(*) as n from source_secret where retired_at is null")
    assert active[0]["n"] == 2


async def test_other_methods_are_refused(door: httpx.AsyncClient, forum: Forum) -> None:
    for method in ("GET", "PUT", "DELETE"):
        answer = await door.request(method, f"/hooks/{forum.source_id}")
        assert (answer.status_code, reason(answer)) == (405, "method_not_allowed")


async def test_when_the_database_is_away_the_sender_is_told_to_come_back(
    door: httpx.AsyncClient, forum: Forum
) -> None:
    assert (await forum.post(door, forum.comment("before"))).status_code == 202
    async with forum.database.transaction() as connection:
        name = connection.info.dbname
    await _allow_connections(forum, name, False)
    answer = await forum.post(door, forum.comment("lost?"))
    assert (answer.status_code, reason(answer)) == (503, "database_unavailable")
    assert answer.headers["retry-after"] == "5"
    await _allow_connections(forum, name, True)
    assert (await forum.post(door, forum.comment("after"))).status_code == 202


async def _allow_connections(forum: Forum, name: str, allowed: bool) -> None:
    """Shut a database off from outside, as an outage does, or let it be reached again."""
    import psycopg

    away: dict[str, Any] = psycopg.conninfo.conninfo_to_dict(forum.database.conninfo)
    admin = psycopg.conninfo.make_conninfo(**(away | {"dbname": "relay"}))
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'alter database "{name}" allow_connections {str(allowed).lower()}')
        if not allowed:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name]
            )


async def test_many_who_wait_for_a_source_read_it_once(
    database: Database, vault: Vault, forum: Forum, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = SourceCache(database, vault, clock)
    loads = 0
    load = SourceCache._load

    async def counted(self: SourceCache, source_id: uuid.UUID) -> ConnectedSource | None:
        nonlocal loads
        loads += 1
        return await load(self, source_id)

    monkeypatch.setattr(SourceCache, "_load", counted)
    sources = await asyncio.gather(*(cache.get(str(forum.source_id)) for _ in range(20)))
    assert {source.id for source in sources if source} == {forum.source_id}
    assert loads == 1


async def test_idle_workers_are_told_once_in_a_while(
    database: Database, vault: Vault, forum: Forum, clock: Clock
) -> None:
    ingest = Ingest(database, vault, now=lambda: datetime.now(UTC), clock=clock)
    ingest.committer.start()
    transport = httpx.ASGITransport(app=ingest)
    async with await psycopg.AsyncConnection.connect(database.conninfo, autocommit=True) as ear:
        await ear.execute(f"listen {WORK_CHANNEL}")
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            for _ in range(3):
                await forum.post(client, forum.comment("It crashes"))
            clock.seconds += 1
            await forum.post(client, forum.comment("It crashes"))
        await ingest.committer.stop()
        await ear.execute(f"notify {WORK_CHANNEL}, 'last'")
        notices = []
        async for notice in ear.notifies():
            notices.append(notice.payload)
            if notice.payload == "last":
                break
        assert notices == ["parse", "parse", "last"]

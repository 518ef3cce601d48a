"""The way in to a source is tried with a real request to its address, and nothing of it counts."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.config import Settings
from app.errors import Conflict, Invalid
from app.main import create_app
from app.queries import health
from app.running.http_limits import HttpLimits
from app.setup.sources import create_source
from app.setup.way_in import TriedWayIn, send_test_event
from app.storage.db import Database
from app.storage.vault import Vault
from integrations import registry
from tests.scenes.forum import Forum
from tests.scenes.sockets import served
from tests.scenes.stand_ins import HTML, Reply, StandIn, standing

SECRET = "0123456789abcdef"


@contextmanager
def served_here(settings: Settings, database: Database, vault: Vault) -> Iterator[str]:
    """The address of a real web server over this database."""
    own = Database(database.conninfo, size=4)
    with served(create_app(settings, own, vault), HttpLimits(), lifespan=True) as port:
        yield f"http://127.0.0.1:{port}"


async def tried(forum: Forum, vault: Vault, source_id: uuid.UUID, base_url: str) -> TriedWayIn:
    return await send_test_event(
        forum.database, vault, source_id, base_url=base_url, network=forum.settings.network
    )


@pytest.mark.parametrize("platform", ["discourse", "generic", "github", "slack"])
async def test_it_arrives_is_read_and_does_not_count(
    forum: Forum, settings: Settings, database: Database, vault: Vault, platform: str
) -> None:
    async with database.transaction() as connection:
        secret = None if registry.source(platform).new_secret else SECRET
        source, _ = await create_source(
            connection, vault, forum.product_id, platform, f"{platform} there", {}, secret
        )
    with served_here(settings, database, vault) as base_url:
        result = await tried(forum, vault, source.id, base_url)
        again = await tried(forum, vault, source.id, base_url)
    assert (result.arrived, result.status) == (True, 202)
    assert result.delivery_id != again.delivery_id
    await forum.work()
    (row, _) = await forum.rows("select * from delivery where source_id = %s", source.id)
    assert (row["stage"], row["reason"]) == ("ignored", "test_event")
    assert "it was read as a comment" in row["detail"]
    assert await forum.rows("select * from comment") == []
    async with database.transaction() as connection:
        (state,) = await health.sources(connection, source_id=source.id)
    assert state.status == "never"


async def test_a_wrong_secret_and_a_source_that_is_off_are_told(
    forum: Forum, settings: Settings, database: Database, vault: Vault
) -> None:
    with served_here(settings, database, vault) as base_url:
        await forum.change("update source set enabled = false")
        result = await tried(forum, vault, forum.source_id, base_url)
    assert (result.arrived, result.status) == (False, 404)
    assert "No enabled source" in result.detail


async def test_what_stands_in_between_is_told(forum: Forum, vault: Vault) -> None:
    nowhere = await tried(forum, vault, forum.source_id, "http://127.0.0.1:9")
    assert (nowhere.arrived, nowhere.status) == (False, 0)
    assert "Nothing answers at http://127.0.0.1:9/hooks/" in nowhere.detail
    for reply, words in (
        (HTML, "nothing arrived here"),
        (Reply(b"<html>", 502), "a proxy or another server"),
        (Reply({"detail": "No."}, 401), "It was refused with 401: No."),
    ):
        with standing(StandIn(answer=lambda _, reply=reply: reply)) as address:  # type: ignore[misc]
            result = await tried(forum, vault, forum.source_id, address)
        assert not result.arrived
        assert words in result.detail
        assert result.detail.endswith(".")


async def test_where_no_test_can_be_sent_it_says_why(
    forum: Forum, database: Database, vault: Vault
) -> None:
    async with database.transaction() as connection:
        feed, _ = await create_source(
            connection, vault, forum.product_id, "feed", "feed", {"url": "https://a.example/"}
        )
    with pytest.raises(Invalid) as refused:
        await tried(forum, vault, feed.id, "http://127.0.0.1:9")
    assert refused.value.reason == "test_not_possible"
    await forum.change("update source_secret set retired_at = now()")
    with pytest.raises(Conflict) as conflict:
        await tried(forum, vault, forum.source_id, "http://127.0.0.1:9")
    assert conflict.value.reason == "no_secret"

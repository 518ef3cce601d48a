"""The page of what a product learned: what it says, and what its buttons do."""

from __future__ import annotations

import httpx

from app.config import Settings
from app.judging.product_models import shipped_base
from app.learning import training
from app.learning.training_queue import being_trained
from app.models.states import Learned
from app.storage.db import Database
from app.storage.vault import Vault
from tests.scenes.forum import Forum, open_forum
from tests.scenes.learning import (
    ModestEnricher,
    correct,
    correct_further,
    fill,
)
from tests.web.webbing import sign_in


async def test_a_product_manager_sees_what_was_learned_and_takes_it_back(
    client: httpx.AsyncClient, database: Database, settings: Settings, vault: Vault
) -> None:
    forum = await open_forum(database, settings, vault)
    await fill(forum)
    person = await sign_in(client, database)
    here = f"/settings/learning/{forum.product_id}"
    assert here in (await person.get("/settings")).text
    empty = (await person.get(here)).text
    assert "30 more labels are needed" in empty
    assert "20 more labels are needed" in empty
    assert "Roll back" not in empty

    await correct(forum, 30, 15)
    said = await person.send(f"{here}/train", what="kind", next=here)
    assert said.headers["location"] == here
    async with database.transaction() as connection:
        assert await being_trained(connection, forum.product_id) == {Learned.kind}
    assert "Look again in a minute" in (await person.get(here)).text
    await forum.rows("delete from procrastinate.procrastinate_jobs returning id")
    outcome = await training.train(
        database, ModestEnricher(), forum.product_id, Learned.kind, actor="user:ada@example.org"
    )

    page = (await person.get(here)).text
    before, after = (round(100 * outcome.scores[side]["macro_f1"]) for side in ("before", "after"))
    assert "Version 1" in page
    assert f"{before} before" in page
    assert f"{before} → {after}" in page
    assert "ada@example.org" in page
    assert "In force" in page
    assert "Go back to the shipped model?" in page

    await person.send(f"{here}/rollback", what="kind", next=here)
    page = (await person.get(here)).text
    assert "The shipped model is in force" in page
    assert "Served before" in page
    assert "Put in force" in page
    await person.send(f"{here}/promote", what="kind", number="1", next=here)
    assert "Version 1 is in force" in (await person.get(here)).text

    await forum.rows(
        "update product_model set base = %s returning id",
        shipped_base(Learned.kind, forum.settings),
    )
    said = await person.send(f"{here}/train", what="kind", next=here)
    assert "Nothing changed since version 1, which is in force" in (await person.get(here)).text
    async with database.transaction() as connection:
        assert await being_trained(connection, forum.product_id) == set()
    for fields in (
        {"what": "tone"},
        {"what": "kind", "number": "x"},
        {"what": "kind", "number": "9" * 30},
    ):
        assert (await person.send(f"{here}/promote", next=here, **fields)).status_code in (
            303,
            404,
            422,
        )


async def test_a_rejected_version_is_put_in_force_only_after_a_question(
    client: httpx.AsyncClient, database: Database, settings: Settings, vault: Vault
) -> None:
    forum = await open_forum(database, settings, vault)
    await fill(forum)
    await correct(forum, 30, 15)
    await training.train(
        database, ModestEnricher(), forum.product_id, Learned.kind, actor="user:ada@example.org"
    )
    await correct_further(forum)
    await training.train(
        database, ModestEnricher(), forum.product_id, Learned.kind, actor="user:ada@example.org"
    )
    person = await sign_in(client, database)
    here = f"/settings/learning/{forum.product_id}"
    page = (await person.get(here)).text
    assert "Version 2 was rejected: on labels kept out its score was" in page
    assert "Shall it serve all the same?" in page
    await person.send(f"{here}/promote", what="kind", number="2", next=here)
    assert "Confirm that it shall serve all the same." in (await person.get(here)).text
    assert await statuses(forum) == {1: "active", 2: "rejected"}
    await person.send(f"{here}/promote", what="kind", number="2", anyway="yes", next=here)
    assert await statuses(forum) == {1: "retired", 2: "active"}


async def statuses(forum: Forum) -> dict[int, str]:
    return {
        row["number"]: row["status"]
        for row in await forum.rows("select number, status from product_model")
    }


async def test_members_read_and_change_nothing(
    client: httpx.AsyncClient, database: Database, settings: Settings, vault: Vault
) -> None:
    forum = await open_forum(database, settings, vault)
    person = await sign_in(client, database, "max@example.org")
    here = f"/settings/learning/{forum.product_id}"
    page = await person.get(here)
    assert page.status_code == 200
    assert "Train now" not in page.text
    for act in ("train", "rollback", "promote"):
        await person.send(f"{here}/{act}", what="kind", number="1", next=here)
    assert await forum.rows("select 1 from product_model") == []
    async with database.transaction() as connection:
        assert await being_trained(connection, forum.product_id) == set()

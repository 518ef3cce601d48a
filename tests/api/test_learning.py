"""What a product learned, over HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from app.judging.product_models import shipped_base
from app.learning import training
from app.models.states import Learned
from app.storage.db import Database
from tests.api.calling import V1, assert_problem, bearer
from tests.scenes.forum import Forum
from tests.scenes.learning import ModestEnricher, correct, fill


@pytest.fixture
async def forum(forum: Forum) -> Forum:
    await fill(forum)
    return forum


async def test_from_labels_to_a_version_and_back(
    forum: Forum, client: httpx.AsyncClient, database: Database
) -> None:
    admin, reader = await bearer(database), await bearer(database, "read")
    models = f"{V1}/products/{forum.product_id}/models"

    async def kinds() -> dict[str, Any]:
        answer = await client.get(models, headers=reader)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()[0]
        assert found["what"] == "kind"
        assert answer.json()[1]["what"] == "grouping"
        return found

    empty = await kinds()
    assert (empty["labels"], empty["needed"], empty["active"], empty["versions"]) == (
        0,
        30,
        None,
        [],
    )
    assert_problem(
        await client.post(f"{models}/rollback", json={"what": "kind"}, headers=admin),
        409,
        "nothing_active",
    )
    assert_problem(
        await client.post(f"{models}/train", json={}, headers=reader), 403, "scope_missing"
    )

    await correct(forum, 30, 15)
    assert (
        (await kinds())["corrections"],
        (await kinds())["confirmations"],
        (await kinds())["fresh"],
    ) == (30, 15, 45)
    asked = await client.post(f"{models}/train", json={"what": "kind"}, headers=admin)
    assert (asked.status_code, asked.json()) == (202, {"asked": ["kind"], "unchanged": []})
    assert (await client.post(f"{models}/train", json={}, headers=admin)).json()["asked"] == [
        "grouping"
    ]
    assert (await kinds())["training"] is True
    await training.train(
        database, ModestEnricher(), forum.product_id, Learned.kind, actor="token:test"
    )

    learned = await kinds()
    assert (learned["active"]["number"], learned["active"]["trained_by"], learned["fresh"]) == (
        1,
        "token:test",
        0,
    )
    scores = learned["active"]["scores"]
    assert scores["after"]["macro_f1"] > scores["before"]["macro_f1"]
    assert scores["gain"]["low"] > 0
    promote = {"what": "kind", "number": 1}
    assert_problem(
        await client.post(f"{models}/promote", json=promote, headers=admin), 409, "already_active"
    )
    back = await client.post(f"{models}/rollback", json={"what": "kind"}, headers=admin)
    assert (back.json()["active"], back.json()["versions"][0]["status"]) == (None, "retired")
    assert (await client.post(f"{models}/promote", json=promote, headers=admin)).json()["active"][
        "number"
    ] == 1
    missing = {"what": "kind", "number": 9}
    assert_problem(
        await client.post(f"{models}/promote", json=missing, headers=admin), 404, "model_not_found"
    )

    await forum.rows("delete from procrastinate.procrastinate_jobs returning id")
    await forum.rows(
        "update product_model set base = %s returning id",
        shipped_base(Learned.kind, forum.settings),
    )
    again = await client.post(f"{models}/train", json={"what": "kind"}, headers=admin)
    assert "Nothing changed since version 1" in assert_problem(again, 409, "nothing_new")["detail"]
    both = await client.post(f"{models}/train", json={}, headers=admin)
    assert (both.status_code, both.json()) == (202, {"asked": ["grouping"], "unchanged": ["kind"]})
    await forum.rows("update product_model set status = 'rejected' returning id")
    assert_problem(
        await client.post(f"{models}/promote", json=promote, headers=admin),
        409,
        "rejected_unconfirmed",
    )
    insisted = await client.post(
        f"{models}/promote", json={**promote, "anyway": True}, headers=admin
    )
    assert insisted.json()["active"]["number"] == 1
    await forum.rows(
        "update product_model set settings = '{\"empty\": true}', status = 'rejected' returning id"
    )
    assert_problem(
        await client.post(f"{models}/promote", json=promote, headers=admin),
        409,
        "nothing_to_promote",
    )

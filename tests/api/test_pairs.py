"""Matters, pairs and merges of many themes over HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from app.storage.db import Database
from tests.api.calling import V1, assert_problem, bearer
from tests.scenes.pairs import Cluster, add_cluster, add_pair, add_said
from tests.scenes.reading import add_ticket, add_tracker


@pytest.fixture
async def cluster(database: Database) -> Cluster:
    async with database.transaction() as connection:
        return await add_cluster(connection, 4)


class Caller:
    """Calls with a token that may decide."""

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self.client, self.headers = client, headers

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self.client.get(V1 + path, params=query, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        return await self.client.post(V1 + path, json=body, headers=self.headers)


@pytest.fixture
async def caller(client: httpx.AsyncClient, database: Database) -> Caller:
    return Caller(client, await bearer(database, "triage"))


async def test_many_become_one_and_asked_again_it_answers_the_same(
    caller: Caller, cluster: Cluster
) -> None:
    body = {"theme_ids": [str(theme) for theme in cluster.themes]}
    done = (await caller.post("/themes/merge", body)).json()
    again = (await caller.post("/themes/merge", body)).json()
    assert (done["already"], again["already"]) == (False, True)
    assert done["action_id"] == again["action_id"]
    assert done["theme"]["id"] == again["theme"]["id"] == str(cluster.themes[0])
    assert done["theme"]["people"] == 5
    undone = await caller.post(f"/actions/{done['action_id']}/undo")
    assert undone.status_code == 200
    assert len((await caller.get("/themes", status="triage"))["items"]) == 4


async def test_who_came_in_between_is_named(caller: Caller, cluster: Cluster) -> None:
    themes = [str(theme) for theme in cluster.themes]
    await caller.post(f"/themes/{themes[1]}/title", {"title": "A better name"})
    body = {"theme_ids": themes, "versions": dict.fromkeys(themes, 1)}
    refused = await caller.post("/themes/merge", body)
    problem = assert_problem(refused, 409, "version_conflict")
    assert "“A better name”" in problem["detail"]
    assert len((await caller.get("/themes", status="triage"))["items"]) == 4


@pytest.mark.parametrize("way", ["many", "one", "suggestion"])
async def test_private_words_are_asked_about_in_every_way(
    caller: Caller, database: Database, cluster: Cluster, way: str
) -> None:
    async with database.transaction() as connection:
        tracker = await add_tracker(connection, cluster.product)
        await add_ticket(connection, cluster.product, cluster.themes[0], tracker)
        await connection.execute("update ticket set shown_visibility = 'private'")
        private = await add_said(
            connection, cluster.product, cluster.source, "Salaries", ["eve"], visibility="private"
        )
        suggestion = await add_pair(connection, cluster.product, private, cluster.themes[0])
    path, body = {
        "many": ("/themes/merge", {"theme_ids": [str(private), str(cluster.themes[0])]}),
        "one": (f"/themes/{cluster.themes[0]}/merge", {"theme_ids": [str(private)]}),
        "suggestion": (f"/suggestions/{suggestion}/accept", {}),
    }[way]
    problem = assert_problem(await caller.post(path, body), 409, "merge_shows_private")
    assert "Salaries" in problem["detail"]
    done = await caller.post(path, {**body, "although": True})
    assert done.status_code == 200, done.text


async def test_matters_are_listed_with_all_of_their_themes(
    caller: Caller, cluster: Cluster
) -> None:
    (matter,) = (await caller.get("/matters", product_id=str(cluster.product)))["items"]
    assert matter["theme"]["id"] == str(cluster.themes[0])
    assert set(matter["theme_ids"]) == {str(theme) for theme in cluster.themes}
    assert matter["people"] == 5
    assert (await caller.get("/matters", sort="rising"))["items"] != []


async def test_themes_that_may_be_the_same_are_a_filter(
    caller: Caller, database: Database, cluster: Cluster
) -> None:
    async with database.transaction() as connection:
        await add_said(connection, cluster.product, cluster.source, "Dark mode", ["eve"])
    assert len((await caller.get("/themes"))["items"]) == 5
    assert len((await caller.get("/themes", suggested="true"))["items"]) == 4


async def test_pairs_come_in_pages_the_likeliest_first(caller: Caller, cluster: Cluster) -> None:
    first = await caller.get("/suggestions", limit=2)
    second = await caller.get("/suggestions", limit=2, cursor=first["next_cursor"])
    listed = [pair["id"] for pair in first["items"] + second["items"]]
    assert listed == list(cluster.suggestions)
    assert second["next_cursor"] is None
    of_one = await caller.get("/suggestions", theme_id=str(cluster.themes[0]))
    assert [pair["id"] for pair in of_one["items"]] == listed[:1]


async def test_a_pair_is_put_off_and_taken_back(caller: Caller, cluster: Cluster) -> None:
    likeliest = cluster.suggestions[0]
    done = (await caller.post(f"/suggestions/{likeliest}/later")).json()
    listed = (await caller.get("/suggestions"))["items"]
    assert listed[-1]["id"] == likeliest
    assert listed[-1]["later_until"] is not None
    await caller.post(f"/actions/{done['action_id']}/undo")
    assert (await caller.get("/suggestions"))["items"][0]["id"] == likeliest


async def test_many_pairs_are_answered_in_one_decision_or_not_at_all(
    caller: Caller, cluster: Cluster
) -> None:
    ids = list(cluster.suggestions)
    missing = await caller.post(
        "/suggestions/decisions", {"answer": "different", "ids": [*ids, 99]}
    )
    assert_problem(missing, 404, "suggestion_not_found")
    assert len((await caller.get("/suggestions"))["items"]) == 3
    done = await caller.post("/suggestions/decisions", {"answer": "different", "ids": ids})
    assert done.status_code == 200, done.text
    assert (await caller.get("/suggestions"))["items"] == []
    again = await caller.post("/suggestions/decisions", {"answer": "later", "ids": ids})
    assert_problem(again, 409, "suggestion_decided")
    await caller.post(f"/actions/{done.json()['action_id']}/undo")
    assert len((await caller.get("/suggestions"))["items"]) == 3


async def test_who_may_read_may_not_decide(
    client: httpx.AsyncClient, database: Database, cluster: Cluster
) -> None:
    reader = Caller(client, await bearer(database, "read"))
    assert len((await reader.get("/suggestions"))["items"]) == 3
    for path, body in (
        ("/themes/merge", {"theme_ids": [str(theme) for theme in cluster.themes]}),
        ("/suggestions/decisions", {"answer": "later", "ids": list(cluster.suggestions)}),
        (f"/suggestions/{cluster.suggestions[0]}/later", None),
    ):
        assert_problem(await reader.post(path, body), 403, "scope_missing")

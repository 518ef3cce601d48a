"""Decisions over HTTP: what changes, what is refused, and undo."""

import uuid
from typing import Any

import httpx
import pytest

from app.storage.db import Database
from tests.api.calling import V1, assert_problem, bearer
from tests.scenes.reading import (
    NOW,
    add_comment,
    add_product,
    add_source,
    add_theme,
    add_ticket,
    add_tracker,
)


class Scene:
    """A product with two themes of two comments each, and a caller who may decide."""

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self.client, self.headers = client, headers
        self.product, self.source, self.tracker, self.crash, self.dark = (uuid.uuid4(),) * 5
        self.comments: list[int] = []

    async def post(self, path: str, body: object = None) -> httpx.Response:
        return await self.client.post(f"{V1}{path}", json=body, headers=self.headers)

    async def get(self, path: str) -> Any:
        response = await self.client.get(f"{V1}{path}", headers=self.headers)
        assert response.status_code == 200, response.text
        return response.json()


@pytest.fixture
async def scene(client: httpx.AsyncClient, database: Database) -> Scene:
    made = Scene(client, await bearer(database, "triage"))
    async with database.transaction() as c:
        made.product = await add_product(c)
        made.source = await add_source(c, made.product)
        made.tracker = await add_tracker(c, made.product)
        made.crash = await add_theme(c, made.product, mentions=2)
        made.dark = await add_theme(c, made.product, "Dark mode", kind="feature", mentions=2)
        for theme, kind in (
            (made.crash, "bug"),
            (made.crash, "bug"),
            (made.dark, "feature"),
            (made.dark, "feature"),
        ):
            made.comments.append(
                await add_comment(c, made.product, made.source, theme_id=theme, kind=kind)
            )
    return made


async def test_accepting_makes_a_ticket_and_undo_takes_it_back(scene: Scene) -> None:
    done = await scene.post(f"/themes/{scene.crash}/accept", {"version": 1})
    assert done.status_code == 200, done.text
    assert done.json()["theme"]["status"] == "accepted"
    assert [one["state"] for one in done.json()["theme"]["tickets"]] == ["pending"]
    action = done.json()["action_id"]
    activity = await scene.get(f"/themes/{scene.crash}/activity")
    assert (activity[0]["id"], activity[0]["actor"], activity[0]["undoable"]) == (
        action,
        "token:test triage",
        True,
    )
    undone = await scene.post(f"/actions/{action}/undo")
    assert undone.json()["theme"]["status"] == "triage"
    tickets = await scene.get(f"/tickets?theme_id={scene.crash}")
    assert [one["state"] for one in tickets["items"]] == ["cancelled"]
    assert_problem(await scene.post(f"/actions/{action}/undo"), 409, "already_undone")


async def test_a_decision_on_an_old_version_is_refused(scene: Scene) -> None:
    renamed = await scene.post(
        f"/themes/{scene.crash}/title", {"title": "Export stops", "version": 1}
    )
    assert (renamed.json()["theme"]["title"], renamed.json()["theme"]["title_by"]) == (
        "Export stops",
        "person",
    )
    refused = await scene.post(f"/themes/{scene.crash}/ignore", {"reason": "Known.", "version": 1})
    assert_problem(refused, 409, "version_conflict")
    version = renamed.json()["theme"]["version"]
    ignored = await scene.post(
        f"/themes/{scene.crash}/ignore", {"reason": "Known.", "version": version}
    )
    assert (ignored.json()["theme"]["status"], ignored.json()["theme"]["status_reason"]) == (
        "ignored",
        "Known.",
    )
    assert_problem(
        await scene.post(f"/themes/{scene.crash}/ignore", {"reason": "Again."}),
        409,
        "already_ignored",
    )
    assert (await scene.post(f"/themes/{scene.crash}/reopen")).json()["theme"]["status"] == "triage"
    assert_problem(await scene.post(f"/themes/{scene.crash}/reopen"), 409, "already_open")


async def test_a_merge_names_the_theme_whose_tickets_live_on(
    scene: Scene, database: Database
) -> None:
    async with database.transaction() as c:
        older = await add_ticket(c, scene.product, scene.crash, scene.tracker, remote_id="1")
        newer = await add_ticket(c, scene.product, scene.dark, scene.tracker, remote_id="2")
    body = {"theme_ids": [str(scene.dark)], "tickets_of": str(uuid.uuid4())}
    refused = await scene.post(f"/themes/{scene.crash}/merge", body)
    assert_problem(refused, 422, "ticket_choice_invalid")
    body["tickets_of"] = str(scene.dark)
    done = await scene.post(f"/themes/{scene.crash}/merge", body)
    tickets = {one["id"]: one for one in done.json()["theme"]["tickets"]}
    assert tickets[str(older)]["superseded_by"] == str(newer)
    assert tickets[str(older)]["superseded_at"]
    assert tickets[str(newer)]["superseded_by"] is None
    await scene.post(f"/actions/{done.json()['action_id']}/undo")
    for theme, ticket in ((scene.crash, older), (scene.dark, newer)):
        (row,) = (await scene.get(f"/tickets?theme_id={theme}"))["items"]
        assert (row["id"], row["superseded_at"]) == (str(ticket), None)


async def test_merge_split_and_move_regroup_comments(scene: Scene) -> None:
    merged = await scene.post(f"/themes/{scene.crash}/merge", {"theme_ids": [str(scene.dark)]})
    assert merged.json()["theme"]["mentions"] == 4
    assert (await scene.get(f"/themes/{scene.dark}"))["theme"]["merged_into"] == str(scene.crash)
    refused = await scene.post(f"/themes/{scene.dark}/accept")
    assert_problem(refused, 409, "theme_merged")
    into = (await scene.get(f"/themes/{scene.crash}"))["theme"]["title"]
    assert f"merged into “{into}” ({scene.crash}): decide there." in refused.json()["detail"]
    split = await scene.post(f"/themes/{scene.crash}/split", {"comment_ids": scene.comments[2:]})
    assert (split.json()["theme"]["mentions"], split.json()["new_theme"]["mentions"]) == (2, 2)
    moved = await scene.post(
        f"/comments/{scene.comments[0]}/move", {"theme_id": split.json()["new_theme"]["id"]}
    )
    assert moved.json()["theme"]["mentions"] == 3
    alone = await scene.post(f"/comments/{scene.comments[0]}/move", {"theme_id": None})
    assert alone.json()["theme"]["mentions"] == 1
    again = await scene.post(f"/comments/{scene.comments[0]}/move", {"theme_id": None})
    assert_problem(again, 409, "already_alone")


async def test_kinds_are_corrected(scene: Scene) -> None:
    changed = await scene.post(f"/themes/{scene.crash}/kind", {"kind": "feature"})
    assert (changed.json()["theme"]["kind"], changed.json()["theme"]["kind_by"]) == (
        "feature",
        "person",
    )
    assert_problem(
        await scene.post(f"/themes/{scene.crash}/kind", {"kind": "feature"}),
        409,
        "already_this_kind",
    )
    comment = scene.comments[3]
    assert (
        await scene.post(f"/comments/{comment}/reclassify", {"kind": "question"})
    ).status_code == 200
    read = await scene.get(f"/comments/{comment}")
    assert (read["comment"]["kind"], read["comment"]["kind_by"]) == ("question", "person")
    assert_problem(
        await scene.post(f"/comments/{comment}/reclassify", {"kind": "question"}),
        409,
        "already_this_kind",
    )


async def test_suggestions_are_decided_once(scene: Scene, database: Database) -> None:
    async with database.transaction() as c:
        for theme, other in ((scene.crash, scene.dark), (scene.dark, scene.crash)):
            await c.execute(
                "insert into theme_suggestion (product_id, theme_id, other_id, score) values (%s, "
                "%s, %s, 0.7)",
                (scene.product, theme, other),
            )
    open_ones = await scene.get(f"/themes/{scene.crash}/suggestions")
    assert len(open_ones) == 2
    first, second = (one["id"] for one in open_ones)
    assert (await scene.post(f"/suggestions/{first}/reject")).status_code == 200
    assert_problem(await scene.post(f"/suggestions/{first}/accept"), 409, "suggestion_decided")
    assert (await scene.post(f"/suggestions/{second}/accept")).status_code == 200
    merged = [await scene.get(f"/themes/{theme}") for theme in (scene.crash, scene.dark)]
    assert sorted(one["theme"]["status"] for one in merged) == ["merged", "triage"]


async def test_a_bulk_decision_names_what_failed_and_a_dry_run_changes_nothing(
    scene: Scene, database: Database
) -> None:
    async with database.transaction() as c:
        themes = [str(await add_theme(c, scene.product, f"Theme {n}")) for n in range(20)]
        themes.append(str(await add_theme(c, scene.product, "done", status="ignored")))
    missing = str(uuid.uuid4())
    body = {"decision": "ignore", "reason": "Out of scope.", "ids": [*themes, missing, themes[0]]}
    dry = (await scene.post("/themes/decisions", {**body, "dry_run": True})).json()
    assert all(one["action_id"] is None for one in dry["succeeded"])
    assert {(await scene.get(f"/themes/{theme}"))["theme"]["status"] for theme in themes[:20]} == {
        "triage"
    }
    real = (await scene.post("/themes/decisions", body)).json()
    assert (
        [one["id"] for one in real["succeeded"]]
        == [one["id"] for one in dry["succeeded"]]
        == sorted(themes[:20])
    )
    assert real["failed"] == dry["failed"]
    assert {(one["id"], one["reason"]) for one in real["failed"]} == {
        (themes[20], "already_ignored"),
        (missing, "theme_not_found"),
    }
    assert len(await scene.get(f"/themes/{themes[3]}/activity")) == 1
    accepted = (
        await scene.post("/themes/decisions", {"decision": "accept", "ids": [themes[0]]})
    ).json()
    reopened = (
        await scene.post("/themes/decisions", {"decision": "reopen", "ids": [themes[0]]})
    ).json()
    assert len(accepted["succeeded"]) == len(reopened["succeeded"]) == 1


async def test_a_blocked_ticket_is_tried_again(scene: Scene, database: Database) -> None:
    async with database.transaction() as c:
        blocked = await add_ticket(
            c, scene.product, scene.crash, scene.tracker, state="blocked", reason="unauthorized"
        )
        gone = await add_ticket(c, scene.product, scene.dark, scene.tracker, state="cancelled")
    retried = await scene.post(f"/tickets/{blocked}/retry")
    assert (retried.status_code, retried.json()["state"], retried.json()["reason"]) == (
        202,
        "pending",
        "",
    )
    assert_problem(await scene.post(f"/tickets/{gone}/retry"), 409, "ticket_not_retryable")


async def test_what_cannot_be_decided_says_why(scene: Scene, database: Database) -> None:
    async with database.transaction() as c:
        far = await add_product(c, "borea")
        foreign = await add_theme(c, far, "Elsewhere")
        deleted = await add_comment(
            c, scene.product, scene.source, theme_id=scene.crash, deleted_at=NOW
        )
        activity = await c.execute(
            "insert into activity (product_id, theme_id, verb) values (%s, %s, 'created') "
            "returning id",
            (scene.product, scene.crash),
        )
        created = (await activity.fetchone() or {})["id"]
    crash, first = scene.crash, scene.comments[0]
    cases: list[tuple[str, object, int, str]] = [
        (f"/themes/{crash}/merge", {"theme_ids": [str(crash)]}, 422, "nothing_to_merge"),
        (f"/themes/{crash}/merge", {"theme_ids": [str(foreign)]}, 422, "other_product"),
        (
            f"/themes/{crash}/split",
            {"comment_ids": [scene.comments[2]]},
            422,
            "comments_not_in_theme",
        ),
        (f"/themes/{scene.dark}/split", {"comment_ids": scene.comments[2:]}, 422, "nothing_left"),
        (f"/themes/{crash}/ignore", {"reason": " \n"}, 422, "reason_missing"),
        (f"/themes/{crash}/told", None, 409, "nothing_to_tell"),
        (f"/themes/{crash}/title", {"title": "  "}, 422, "title_length"),
        (f"/comments/{first}/move", {"theme_id": str(crash)}, 409, "already_in_theme"),
        (f"/comments/{first}/move", {"theme_id": str(foreign)}, 422, "other_product"),
        (f"/comments/{first}/move", {"theme_id": str(uuid.uuid4())}, 404, "theme_not_found"),
        (f"/comments/{deleted}/reclassify", {"kind": "bug"}, 409, "comment_deleted"),
        ("/comments/999999/reclassify", {"kind": "bug"}, 404, "comment_not_found"),
        ("/suggestions/999999/accept", None, 404, "suggestion_not_found"),
        ("/actions/999999/undo", None, 404, "activity_not_found"),
        (f"/actions/{created}/undo", None, 409, "not_undoable"),
        (f"/tickets/{uuid.uuid4()}/retry", None, 404, "ticket_not_found"),
        (f"/themes/{uuid.uuid4()}/accept", {}, 404, "theme_not_found"),
    ]
    for path, body, status, reason in cases:
        assert_problem(await scene.post(path, body), status, reason)
    renamed = (await scene.post(f"/themes/{crash}/title", {"title": "One"})).json()["action_id"]
    await scene.post(f"/themes/{crash}/accept")
    assert_problem(await scene.post(f"/actions/{renamed}/undo"), 409, "later_step")
    assert_problem(await scene.post(f"/themes/{crash}/accept"), 409, "already_accepted")

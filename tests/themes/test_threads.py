"""Threads in the service: agreements are voices, what drifts parts, and batches make no
difference."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from app.config import Settings
from app.jobs.stages import drain, stages
from app.judging.shared_enricher import SharedEnricher
from app.queries.boldness import boldness_history
from app.queries.comments import CommentFilter, list_comments
from app.storage.db import Database
from app.storage.vault import Vault
from app.triage.settling import settle
from app.triage.undo import undo
from classifiers.contract import Enricher
from classifiers.encoding import encoder
from classifiers.grouping.grouper import DefaultGrouper
from classifiers.kinds.enrich import DefaultEnricher
from tests.scenes.forum import ME, Forum, open_forum

DRIFTING = Path(__file__).parents[1] / "classifiers" / "evaluation" / "drifting.jsonl"
COMMENTS = 120
"""Of the drifting community, the first ones."""
TOPIC = {"id": "7", "title": "Notes are doubled"}


@pytest.fixture(scope="module")
def enricher(model_dir: Path) -> Enricher:
    return SharedEnricher(DefaultEnricher(encoder.load(model_dir, backend="openvino")))


async def thread(forum: Forum, enricher: Enricher) -> dict[str, dict[str, Any]]:
    """A bug, somebody who agrees, somebody who helps, and a request for something else; the rows
    by author."""
    texts = [
        ("ann", "Since the update every note is there twice. The app is broken for me.", {}),
        ("bob", "Same here, since yesterday.", {"parent_id": "a"}),
        ("cid", "Try to clear the cache, that is in the settings.", {"parent_id": "a"}),
        ("dot", "By the way, please add larger letters for printing.", {}),
    ]
    for number, (author, text, fields) in enumerate(texts):
        named: dict[str, Any] = {"id": "abcd"[number], "opens_thread": number == 0, "thread": TOPIC}
        await forum.say(text, author, **named, **fields)
    await forum.work(enricher, DefaultGrouper())
    rows = await forum.rows(
        """
        select a.handle, c.kind, c.theme_id, c.grouping, e.live, c.id from comment c
        join author a on a.id = c.author_id join comment_embedding e on e.comment_id = c.id
        """
    )
    return {row["handle"]: row for row in rows}


async def test_an_agreement_is_counted_with_what_it_agrees_with(
    forum: Forum, enricher: Enricher
) -> None:
    said = await thread(forum, enricher)
    assert said["bob"]["theme_id"] == said["ann"]["theme_id"] is not None
    (theme,) = await forum.rows("select * from theme where id = %s", said["ann"]["theme_id"])
    assert (theme["people"], theme["mentions"]) == (2, 2)
    assert {"opener", "agrees"} <= set(said["bob"]["grouping"]["thread"])


async def test_who_only_agrees_speaks_for_nothing(forum: Forum, enricher: Enricher) -> None:
    said = await thread(forum, enricher)
    assert said["bob"]["kind"] == "other"
    assert said["ann"]["live"]
    assert not said["bob"]["live"]


async def test_who_helps_or_drifts_is_not_counted(forum: Forum, enricher: Enricher) -> None:
    said = await thread(forum, enricher)
    assert said["cid"]["theme_id"] is None
    assert said["dot"]["theme_id"] != said["ann"]["theme_id"]


async def test_what_may_report_and_stands_in_no_theme_can_be_listed(
    forum: Forum, enricher: Enricher
) -> None:
    await forum.say("Anmeldung mit Google funktioniert nicht mehr, ich lande auf der Startseite.")
    await forum.say("Good morning everyone!", "bob")
    await forum.work(enricher, DefaultGrouper())
    async with forum.database.transaction() as connection:
        page = await list_comments(connection, CommentFilter(unplaced=True), limit=10)
    assert [comment.language for comment in page.items] == ["de"]


async def test_the_settings_can_say_what_each_boldness_would_have_done(
    forum: Forum, enricher: Enricher
) -> None:
    await thread(forum, enricher)
    await forum.rows("update comment set created_at = now() returning id")
    async with forum.database.transaction() as connection:
        history = await boldness_history(connection, [forum.product_id])
    counts = history[forum.product_id]
    assert counts.careful <= counts.balanced <= counts.bold
    assert counts.balanced >= 1


async def two_singles(forum: Forum, enricher: Enricher) -> None:
    """Two reports of one bug that were kept apart when they came."""
    for author, more in (("ann", ""), ("bob", ", each time")):
        await forum.say(f"Exporting my notes to PDF cuts the pictures in half{more}.", author)
    await drain(stages(forum.database, enricher, Apart(), forum.settings))


class Apart(DefaultGrouper):
    """Opens a theme for every comment."""

    def decide(self, comment: Any, candidates: Any, *rest: Any, **more: Any) -> Any:
        return super().decide(comment, [], *rest, **more)


async def test_single_themes_are_looked_at_again(forum: Forum, enricher: Enricher) -> None:
    await two_singles(forum, enricher)
    assert [theme["mentions"] for theme in await forum.themes()] == [1, 1]
    assert await settle(forum.database, DefaultGrouper(), quiet_seconds=0) == 1
    assert [theme["mentions"] for theme in await forum.themes()] == [2]


async def test_what_was_merged_by_itself_and_undone_stays_apart(
    forum: Forum, enricher: Enricher
) -> None:
    await two_singles(forum, enricher)
    await settle(forum.database, DefaultGrouper(), quiet_seconds=0)
    (line,) = await forum.rows("select id, actor from activity where verb = 'merged'")
    assert line["actor"] == "system"
    async with forum.database.transaction() as connection:
        await undo(connection, line["id"], actor=ME)
    assert [theme["mentions"] for theme in await forum.themes()] == [1, 1]
    await forum.rows("update theme set looked_at = null returning id")
    assert await settle(forum.database, DefaultGrouper(), quiet_seconds=0) == 0


async def test_a_theme_that_a_person_decided_about_is_left_alone(
    forum: Forum, enricher: Enricher
) -> None:
    await two_singles(forum, enricher)
    await forum.rows("update theme set status = 'accepted' returning id")
    assert await settle(forum.database, DefaultGrouper(), quiet_seconds=0) == 0


def deliveries() -> Sequence[dict[str, Any]]:
    """The drifting community as a generic source sends it."""
    rows = [json.loads(line) for line in DRIFTING.read_text(encoding="utf-8").splitlines()]
    rows.sort(key=lambda row: (row["created_at"], row["id"]))
    return [
        {
            "id": row["id"],
            "thread": {"id": row["thread"], "title": row.get("title", "Talk")},
            "author": {"id": row["author"], "handle": row["author"]},
            "text": row["text"],
            "created_at": row["created_at"],
            "opens_thread": row.get("opens", False),
            **({"parent_id": row["parent"]} if "parent" in row else {}),
        }
        for row in rows[:COMMENTS]
    ]


async def partition(
    database: Database, settings: Settings, vault: Vault, enricher: Enricher, way: tuple[int, int]
) -> set[frozenset[str]]:
    """Which comments stand together after the same deliveries, in batches of so many by so many
    workers."""
    batch, workers = way
    forum = await open_forum(database, settings, vault, name=f"By {batch} and {workers}")
    await forum.deliver_comments(*deliveries())
    shared = settings.model_copy(update={"batch_size": batch})
    chains = [stages(database, enricher, DefaultGrouper(), shared) for _ in range(workers)]
    for step in range(len(chains[0])):
        # Every stage to its end, by all workers at once.
        while sum(await asyncio.gather(*(chain[step].step() for chain in chains))):
            pass
    rows = await forum.rows(
        "select theme_id, external_id from comment where product_id = %s and theme_id is not null",
        forum.product_id,
    )
    themes: dict[Any, set[str]] = {}
    for row in rows:
        themes.setdefault(row["theme_id"], set()).add(row["external_id"])
    return {frozenset(comments) for comments in themes.values()}


async def test_the_same_deliveries_give_the_same_themes_however_batched(
    database: Database, settings: Settings, vault: Vault, enricher: Enricher
) -> None:
    ways = [(1, 1), (17, 1), (64, 2)]
    parts = [await partition(database, settings, vault, enricher, way) for way in ways]
    assert len(parts[0]) > 20
    assert parts[1] == parts[0]
    assert parts[2] == parts[0]

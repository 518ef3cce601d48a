"""The middle of every theme is true after whatever happens to its comments, and grouping asks for
it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import psycopg
import pytest

from app.jobs.stages import drain, stages
from app.storage import migrate
from app.themes.grouping import group_batch
from app.themes.middles import middles_of
from classifiers.contract import Decision, Member
from classifiers.middle import MIDDLE_COMMENTS, Middle
from tests.scenes.forum import Forum
from tests.scenes.middles import check_middles
from tests.scenes.placing import add_grouped_comments
from tests.scenes.small_model import SmallEnricher, SmallGrouper, vector


async def test_joins_edits_and_deletions(forum: Forum) -> None:
    first = await forum.say("export to pdf crashes always")
    await forum.say("export to pdf crashes always today", author="bob")
    await forum.work()
    await check_middles(forum)
    assert [row["comments"] for row in await forum.rows("select comments from theme_middle")] == [2]
    await forum.say("login with google is broken", event="comment.edited", id=first["id"])
    await forum.work()
    await check_middles(forum)
    assert len(await forum.rows("select 1 from theme_middle")) == 2
    await forum.say("", event="comment.deleted", id=first["id"])
    await forum.work()
    await check_middles(forum)
    assert len(await forum.rows("select 1 from theme_middle")) == 1, (
        "of what was deleted no vector stays"
    )


async def test_the_latest_count(forum: Forum) -> None:
    early, late = vector("early"), vector("late")
    ids = await add_grouped_comments(
        forum, ["a b"] * (MIDDLE_COMMENTS + 9), [early] * 9 + [late] * MIDDLE_COMMENTS
    )
    assert len(ids) == MIDDLE_COMMENTS + 9
    (row,) = await forum.rows("select comments, middle from theme_middle")
    assert row["comments"] == MIDDLE_COMMENTS
    assert row["middle"].to_numpy() == pytest.approx(late, abs=1e-3)


async def test_spaces_of_two_encoders_do_not_mix(forum: Forum) -> None:
    await add_grouped_comments(forum, ["one", "two"], [vector("one"), vector("two")], space="one")
    await add_grouped_comments(forum, ["three"], [vector("three")], space="other")
    themes = [
        str(row["theme_id"])
        for row in await forum.rows("select theme_id from theme_middle order by comments")
    ]
    async with forum.database.transaction() as connection:
        found = await middles_of(connection, themes)
    assert {
        model: {theme: middle.comments for theme, middle in each.items()}
        for model, each in found.items()
    } == {
        "other": {themes[0]: 1},
        "one": {themes[1]: 2},
    }


async def test_middles_without_some_comments(forum: Forum) -> None:
    ids = await add_grouped_comments(forum, ["one", "two"], [vector("one"), vector("two")])
    (theme,) = [
        str(row["theme_id"]) for row in await forum.rows("select theme_id from theme_middle")
    ]
    async with forum.database.transaction() as connection:
        (left,) = (await middles_of(connection, [theme], but=ids[:1])).values()
        assert left[theme].vector == pytest.approx(vector("two"), abs=1e-3)
        assert await middles_of(connection, [theme], but=ids) == {}


class Asked(SmallGrouper):
    """Remembers the middles that it was handed, by the text it was asked about."""

    def __init__(self) -> None:
        self.middles: dict[str, dict[str, Middle]] = {}

    def decide(
        self,
        comment: Member,
        candidates: Sequence[Member],
        blocked: frozenset[str] = frozenset(),
        middles: Mapping[str, Middle] | None = None,
    ) -> Decision:
        self.middles[comment.text] = dict(middles or {})
        return super().decide(comment, candidates, blocked, middles)


async def test_the_grouper_is_handed_middles_that_know_the_batch(forum: Forum) -> None:
    """Earlier comments of the batch count, and one that is grouped anew does not speak for where it
    was."""
    old = "export to pdf crashes always"
    first = await forum.say(old)
    await forum.say(old + " today", author="bob")
    await forum.work()
    (theme,) = [str(row["id"]) for row in await forum.themes()]
    asked = Asked()
    new = "login with google is broken"
    await forum.say(new, event="comment.edited", id=first["id"])
    await forum.say(old + " again", author="cid")
    await forum.say(old + " now", author="dan")
    await drain(stages(forum.database, SmallEnricher(), asked, forum.settings)[:2])
    assert await group_batch(forum.database, asked, limit=50, refresh_seconds=0) == 3
    alone, more = asked.middles[old + " again"][theme], asked.middles[old + " now"][theme]
    assert asked.middles[new][theme].vector == pytest.approx(vector(old + " today"), abs=1e-3)
    assert (alone.comments, more.comments) == (1, 2)
    assert more.vector == pytest.approx(
        np.mean([vector(old + " today"), vector(old + " again")], axis=0), abs=1e-3
    )
    await check_middles(forum)


def test_an_upgrade_fills_them(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    with psycopg.connect(empty_url) as connection:
        connection.execute(THEME)
    migrate.downgrade(empty_url, "0008")
    migrate.upgrade(empty_url)
    with psycopg.connect(empty_url) as connection:
        rows = connection.execute(
            "select model, comments, (middle::real[])[1:2] from theme_middle"
        ).fetchall()
    assert rows == [("m", 2, [0.5, 0.5])]


THEME = """
    insert into product (id, slug, name) values ('00000000-0000-0000-0000-000000000001', 'p', 'P');
    insert into source (id, product_id, platform, name)
        values ('00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000001',
                'generic', 's');
    insert into theme (id, product_id, kind) values
        ('00000000-0000-0000-0000-000000000003', '00000000-0000-0000-0000-000000000001', 'bug'),
        ('00000000-0000-0000-0000-000000000004', '00000000-0000-0000-0000-000000000001', 'bug');
    insert into comment (product_id, source_id, external_id, text, theme_id, deleted_at)
        select '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002', n, n,
               '00000000-0000-0000-0000-000000000003', case n when '3' then now() end
        from unnest(array['1', '2', '3']) n;
    insert into comment_embedding (comment_id, product_id, model, embedding)
        select id, product_id, 'm', (array[(external_id = '1')::int, (external_id <> '1')::int]
            || array_fill(0, array[382]))::halfvec(384) from comment;
"""

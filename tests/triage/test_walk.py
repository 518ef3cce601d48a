"""Any walk of decisions leaves true counts and middles at every step, and undone backwards restores
everything."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.errors import Conflict, Invalid
from app.triage import decisions, regroup
from app.triage.undo import undo
from tests.scenes.forum import ME, Forum
from tests.scenes.middles import check_middles
from tests.scenes.themes import two_themes


@hypothesis_settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 10_000))
async def test_any_walk_of_decisions_undone_backwards_restores_everything(
    forum: Forum, seed: int
) -> None:
    """Counts always equal what the comments say, and undoing a walk step by step leads back to its
    start."""
    chance = random.Random(seed)
    async with forum.database.transaction() as connection:
        await connection.execute(
            "truncate comment, comment_version, delivery, theme, activity, author restart identity "
            "cascade"
        )
    await two_themes(forum)
    start = await picture(forum)
    done: list[int] = []
    for _ in range(5):
        async with forum.database.transaction() as connection:
            step = await random_step(connection, forum, chance)
        if step is not None:
            done.append(step)
        await check_counts(forum)
    for step in reversed(done):
        async with forum.database.transaction() as connection:
            await undo(connection, step, actor=ME)
        await check_counts(forum)
    assert {key: value for key, value in (await picture(forum)).items() if key in start} == start


async def random_step(connection: Any, forum: Forum, chance: random.Random) -> int | None:
    themes = await (
        await connection.execute(
            "select * from theme where status <> 'merged' order by created_at, id"
        )
    ).fetchall()
    theme = chance.choice(themes)
    others = [each["id"] for each in themes if each["id"] != theme["id"]]
    rows = await (
        await connection.execute(
            "select id from comment where theme_id = %s order by id", [theme["id"]]
        )
    ).fetchall()
    try:
        match chance.randrange(6):
            case 0:
                return await decisions.accept(connection, theme["id"], actor=ME, undo_seconds=0)
            case 1:
                return await decisions.ignore(connection, theme["id"], actor=ME, reason="no")
            case 2:
                return (
                    await regroup.merge(connection, theme["id"], [chance.choice(others)], actor=ME)
                    if others
                    else None
                )
            case 3:
                return (
                    (await regroup.split(connection, theme["id"], [rows[0]["id"]], actor=ME))[0]
                    if rows
                    else None
                )
            case 4:
                target = chance.choice([None, *others])
                return (
                    await regroup.move(connection, rows[-1]["id"], target, actor=ME)
                    if rows
                    else None
                )
            case _:
                return await decisions.rename(
                    connection, theme["id"], f"Title {chance.random()}", actor=ME
                )
    except (Conflict, Invalid):
        return None


async def picture(forum: Forum) -> dict[Any, Any]:
    rows = await forum.rows("select id, theme_id from comment order by id")
    seen: dict[Any, Any] = {("comment", row["id"]): row["theme_id"] for row in rows}
    for theme in await forum.rows("select id, status, title, kind, people, mentions from theme"):
        seen[("theme", theme["id"])] = tuple(theme.values())
    return seen


async def check_counts(forum: Forum) -> None:
    await check_middles(forum)
    wrong = await forum.rows(
        """
        select t.id from theme t left join comment c on c.theme_id = t.id and c.deleted_at is null
        group by t.id having count(c.id) <> t.mentions or count(distinct c.author_id) <> t.people
        """
    )
    assert wrong == []

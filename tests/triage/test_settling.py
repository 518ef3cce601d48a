"""Themes settle once their product is quiet, whatever the minute, or when they waited too long."""

from __future__ import annotations

from app.storage.advisory import AdvisoryLock, held_alone
from app.triage.settling import OVERDUE_SECONDS, QUIET_SECONDS, settle
from tests.scenes.forum import Forum
from tests.scenes.pairs import JOIN_AT, add_pair
from tests.scenes.small_model import SmallGrouper

ARRIVED = "update delivery set received_at = now() - make_interval(secs => %s)"
CHANGED = "update theme set changed_at = now() - make_interval(secs => %s), compared_at = null"


async def pair_to_merge(forum: Forum) -> None:
    """Two small themes, settled, that a suggestion says are the same."""
    for author in ("ann", "bob"):
        await forum.say("export to pdf crashes always", author)
    await forum.say("login with google is broken", "cid")
    await forum.work()
    assert await settle(forum.database, SmallGrouper(), quiet_seconds=0) == 0
    bigger, smaller = await forum.themes()
    async with forum.database.transaction() as connection:
        await add_pair(connection, forum.product_id, bigger["id"], smaller["id"], JOIN_AT)


async def test_nothing_settles_so_soon_after_a_delivery(forum: Forum) -> None:
    await pair_to_merge(forum)
    await forum.change(ARRIVED, QUIET_SECONDS / 2)
    assert await settle(forum.database, SmallGrouper()) == 0
    await forum.change(ARRIVED, QUIET_SECONDS * 2)
    assert await settle(forum.database, SmallGrouper()) == 1


async def test_nothing_settles_while_comments_are_on_their_way(forum: Forum) -> None:
    await pair_to_merge(forum)
    for stage in ("parsed", "enriched"):
        await forum.change("update comment set stage = %s", stage)
        assert await settle(forum.database, SmallGrouper(), quiet_seconds=0) == 0
    await forum.change("update comment set stage = 'grouped'")
    await forum.change("update delivery set stage = 'received'")
    assert await settle(forum.database, SmallGrouper(), quiet_seconds=0) == 0
    await forum.change("update delivery set stage = 'parsed'")
    assert await settle(forum.database, SmallGrouper(), quiet_seconds=0) == 1


async def test_what_waited_too_long_settles_in_a_product_that_is_never_quiet(
    forum: Forum,
) -> None:
    await pair_to_merge(forum)
    await forum.change("update delivery set stage = 'received'")
    await forum.change(CHANGED, OVERDUE_SECONDS / 2)
    assert await settle(forum.database, SmallGrouper()) == 0
    await forum.change(CHANGED, OVERDUE_SECONDS * 2)
    await settle(forum.database, SmallGrouper())
    rows = await forum.rows("select compared_at from theme where compared_at is null")
    assert rows == []


async def test_one_settles_a_product_at_a_time(forum: Forum) -> None:
    await pair_to_merge(forum)
    async with held_alone(forum.database, AdvisoryLock.settle, forum.product_id):
        assert await settle(forum.database, SmallGrouper(), quiet_seconds=0) == 0
    assert await settle(forum.database, SmallGrouper(), quiet_seconds=0) == 1

"""`relay demo`: everything at once, with a sample community that writes through real webhooks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from app.commands import output
from app.config import Settings
from app.demo.community import DAYS
from app.demo.replay import replay
from app.demo.scene import EMAIL, Scene, set_up
from app.errors import Conflict
from app.queries.health import stages
from app.running.runtime import Services
from app.running.stack import Stack
from app.storage.db import Database
from app.triage.policy import themes_due

if TYPE_CHECKING:
    from rich.progress import Progress

SANDBOX_HOST = "127.0.0.1"
STUCK_AFTER = 180.0
"""Seconds without any progress after which we stop waiting and say where to look."""

TICKETS = """
    select count(*) filter (where state in ('created', 'blocked', 'gone')) as settled, count(*) as planned,
           count(*) filter (where state = 'blocked') as blocked
    from ticket k where k.product_id = %s and state <> 'cancelled'
"""


def show(settings: Settings, sandbox_port: int) -> None:
    """Start everything, replay what is missing, say where to look, and keep serving until
    Ctrl-C."""
    logs = settings.data_dir / "logs"
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    alone = FileLock(settings.data_dir / "demo.lock", timeout=0)
    try:
        alone.acquire()
    except Timeout:
        raise Conflict(
            f"A demo already runs on {settings.data_dir}: stop it, or set RELAY_DATA_DIR to "
            "another folder.",
            reason="demo_running",
        ) from None
    output.hint(f"Starting; the demo's data is in {settings.data_dir}")
    with alone, Stack(settings, output.hint, logs=logs) as stack:
        fd, port = stack.listen(SANDBOX_HOST, sandbox_port, "--sandbox-port")
        sandbox = f"http://{SANDBOX_HOST}:{port}"
        state = settings.data_dir / "sandbox.json"
        stack.add("sandbox", "sandbox", "--fd", str(fd), "--state", str(state), inherit=[fd])
        stack.run(lambda: _story(stack, sandbox))


async def _story(stack: Stack, sandbox: str) -> None:
    database = Database(stack.url, size=4)
    await database.open()
    try:
        services = Services(stack.settings, database)
        scene = await set_up(services, sandbox, stack.settings.data_dir / "admin-password")
        await stack.ready()
        with _progress() as bar:
            if not scene.complete:
                await _send(stack, scene, bar)
            await _understand(database, scene, bar)
            blocked = await _push(database, scene, bar)
        await _tell(stack, database, scene, sandbox, blocked)
    finally:
        await database.close()


def _progress() -> Progress:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description:<28}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=output.console(stderr=True))


async def _send(stack: Stack, scene: Scene, bar: Progress) -> None:
    task = bar.add_task("Deliveries sent", total=scene.expected)
    result = await replay(
        stack.local_address,
        scene.sources,
        epoch=scene.epoch,
        on_progress=lambda done, total: bar.update(task, completed=done, total=total),
    )
    if result.refused:
        first = result.refused[0]
        output.complain(
            f"{len(result.refused):,} deliveries were refused, the first one by "
            f"{first.source_name}: look at "
            "the logs, then run the demo again; it sends what is missing.",
            first.reason,
        )


async def _understand(database: Database, scene: Scene, bar: Progress) -> None:
    """Wait until nothing waits before the push."""
    task = bar.add_task("Deliveries understood", total=scene.expected)

    async def left() -> int:
        async with database.transaction() as connection:
            waits = await stages(connection, scene.product.id)
            # Asked for last: grouping the last comment is what makes the last themes due.
            ungrouped = sum(wait.waiting for wait in waits if wait.stage != "push")
            return ungrouped + await themes_due(connection, scene.product.id)

    await _settled(
        left, lambda waiting: bar.update(task, completed=max(0, scene.expected - waiting))
    )


async def _push(database: Database, scene: Scene, bar: Progress) -> int:
    """Wait until every planned ticket is made or waits for a person; returns how many wait."""
    task = bar.add_task("Tickets in the trackers", total=None)
    blocked = 0

    async def left() -> int:
        nonlocal blocked
        async with database.transaction() as connection:
            row = await (await connection.execute(TICKETS, [scene.product.id])).fetchone()
        assert row is not None
        blocked = row["blocked"]
        bar.update(task, completed=row["settled"], total=row["planned"])
        return int(row["planned"] - row["settled"])

    await _settled(left, lambda _: None)
    return blocked


async def _settled(left: Callable[[], Awaitable[int]], shown: Callable[[int], None]) -> None:
    """Ask until nothing is left, or until nothing moves any more."""
    clock = asyncio.get_running_loop().time
    fewest, moved = await left(), clock()
    shown(fewest)
    while fewest > 0 and clock() - moved < STUCK_AFTER:
        await asyncio.sleep(0.2)
        now = await left()
        if now != fewest:
            fewest, moved = now, clock()
        shown(now)
    if fewest > 0:
        output.complain(
            f"{fewest:,} have not moved for {STUCK_AFTER:.0f} s: `relay --demo doctor` looks why.",
            "stuck",
        )


async def _tell(stack: Stack, database: Database, scene: Scene, sandbox: str, blocked: int) -> None:
    async with database.transaction() as connection:
        counted = await connection.execute(
            """
            select (select count(*) from comment where product_id = %(of)s) as comments,
                   (select count(distinct author_id) from comment where product_id = %(of)s) as authors,
                   (select count(*) from theme where product_id = %(of)s and status <> 'merged') as themes,
                   (select count(*) from ticket where product_id = %(of)s and state = 'created') as tickets
            """,
            {"of": scene.product.id},
        )
        row = await counted.fetchone()
    assert row is not None
    output.say("")
    output.say(
        f"{row['comments']:,} comments of {DAYS} days by {row['authors']:,} authors on "
        f"{len(scene.sources)} platforms "
        f"became {row['themes']:,} themes and {row['tickets']:,} tickets."
    )
    if blocked:
        output.complain(
            f"{blocked:,} tickets wait for a person: relay --demo ticket list --state blocked",
            "blocked",
        )
    output.say("")
    output.card(
        {
            "Dashboard": stack.settings.base_url,
            "Sign in": f"{EMAIL}   {scene.password or 'with the password you chose'}",
            "Sandbox tracker": sandbox,
        }
    )
    output.say("")
    output.say(
        "Next: open the triage queue, read a theme, accept or merge it, and watch its ticket in "
        "the sandbox."
    )
    output.say("      relay --demo status          what waits, and how the sources do")
    output.say("      relay --demo ticket list     the tickets and their addresses")
    output.say("Ctrl-C stops everything; the next start goes on from here.")

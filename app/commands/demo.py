"""`relay demo`: everything at once, with a sample community that writes through real webhooks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from app.commands import output
from app.config import Settings
from app.demo.community import COMMUNITY_DAYS
from app.demo.replay import replay
from app.demo.scene import DEMO_EMAIL, Scene, set_up, tell_of_changes
from app.errors import Conflict
from app.queries.health import stages
from app.queries.products import product_totals, ticket_progress
from app.running.runtime import Services
from app.running.stack import Stack
from app.storage.db import Database
from app.triage.policy import themes_due
from app.triage.settling import settle
from classifiers.grouping.grouper import DefaultGrouper

if TYPE_CHECKING:
    from rich.progress import Progress

SANDBOX_HOST = "127.0.0.1"
STUCK_SECONDS = 180.0
"""Without any progress for so long we stop waiting and say where to look."""
POLL_SECONDS = 0.2
ONE_AFTER_ANOTHER = 1
"""Deliveries under way at once: in one order they end in the same themes in every demo."""


def show(settings: Settings, sandbox_port: int) -> None:
    """Start everything, replay what is missing, say where to look, and serve until Ctrl-C."""
    logs = settings.data_dir / "logs"
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    only_demo = FileLock(settings.data_dir / "demo.lock", timeout=0)
    try:
        only_demo.acquire()
    except Timeout:
        raise Conflict(
            f"A demo already runs on {settings.data_dir}: stop it, or set RELAY_DATA_DIR to "
            "another folder.",
            reason="demo_running",
        ) from None
    output.hint(f"Starting; the demo's data is in {settings.data_dir}")
    with only_demo, Stack(settings, output.hint, logs=logs) as stack:
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
        await tell_of_changes(services, scene.product, stack.local_address)
        with _progress() as bar:
            if not scene.complete:
                await _send(stack, scene, bar)
            await _understand(database, scene, bar)
            blocked = await _push(database, scene, bar)
        await _report(stack, database, scene, sandbox, blocked)
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
        concurrency=ONE_AFTER_ANOTHER,
        on_progress=lambda done, total: bar.update(task, completed=done, total=total),
    )
    if result.refused:
        first = result.refused[0]
        output.complain(
            f"{len(result.refused):,} deliveries were refused, the first one by "
            f"{first.source_name}: look at the logs, then run the demo again; it sends what is "
            "missing.",
            first.reason,
        )


async def _understand(database: Database, scene: Scene, bar: Progress) -> None:
    """Wait until nothing waits before the push, then let the themes settle at once."""
    task = bar.add_task("Deliveries understood", total=scene.expected)

    async def waiting() -> int:
        async with database.transaction() as connection:
            waits = await stages(connection, scene.product.id)
            # Asked for last: grouping the last comment is what makes the last themes due.
            due = await themes_due(connection, scene.product.id)
        return sum(wait.waiting for wait in waits if wait.stage != "push") + due

    await _settled(
        waiting, lambda count: bar.update(task, completed=max(0, scene.expected - count))
    )
    await settle(database, DefaultGrouper(), quiet_seconds=0)


async def _push(database: Database, scene: Scene, bar: Progress) -> int:
    """Wait until every planned ticket is made or waits for a person; returns how many wait."""
    task = bar.add_task("Tickets in the trackers", total=None)
    blocked = 0

    async def unsettled() -> int:
        nonlocal blocked
        async with database.transaction() as connection:
            progress = await ticket_progress(connection, scene.product.id)
        blocked = progress.blocked
        bar.update(task, completed=progress.settled, total=progress.planned)
        return progress.planned - progress.settled

    await _settled(unsettled, lambda _: None)
    return blocked


async def _settled(remaining: Callable[[], Awaitable[int]], show: Callable[[int], None]) -> None:
    """Ask until nothing remains, or until nothing moves any more."""
    clock = asyncio.get_running_loop().time
    fewest, moved = await remaining(), clock()
    show(fewest)
    while fewest > 0 and clock() - moved < STUCK_SECONDS:
        await asyncio.sleep(POLL_SECONDS)
        now = await remaining()
        if now != fewest:
            fewest, moved = now, clock()
        show(now)
    if fewest > 0:
        output.complain(
            f"{fewest:,} have not moved for {STUCK_SECONDS:.0f} s: "
            "`relay --demo doctor` looks why.",
            "stuck",
        )


async def _report(
    stack: Stack, database: Database, scene: Scene, sandbox: str, blocked: int
) -> None:
    async with database.transaction() as connection:
        totals = await product_totals(connection, scene.product.id)
    output.say("")
    output.say(
        f"{totals.comments:,} comments of {COMMUNITY_DAYS} days by {totals.authors:,} authors on "
        f"{len(scene.sources)} platforms became {totals.themes:,} themes and "
        f"{totals.tickets:,} tickets."
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
            "Sign in": f"{DEMO_EMAIL}   {scene.password or 'with the password you chose'}",
            "Sandbox tracker": sandbox,
        }
    )
    output.say("")
    output.say(
        "Next: open the triage queue, read a theme, accept or merge it, and watch its ticket in "
        "the sandbox."
    )
    output.say("      Close a ticket in the sandbox: its theme says shipped a few seconds later.")
    output.say("      relay --demo status          what waits, and how the sources do")
    output.say("      relay --demo ticket list     the tickets and their addresses")
    output.say("Ctrl-C stops everything; the next start goes on from here.")

"""The supervisor with real child processes: they come back, they stop, and they never outlive
it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from app.running.supervisor import Child, Supervisor, relay_command
from tests.scenes.processes import alive
from tests.scenes.waiting import PATIENCE_SECONDS, until

PATIENT = """
import os, signal, sys, time
from pathlib import Path
from app.running.supervisor import follow_parent
folder = Path(sys.argv[1])
def leave(*_):
    (folder / "left").touch()
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
(folder / f"pid-{os.getpid()}").touch()
follow_parent()
while True:
    time.sleep(0.05)
"""
STUBBORN = "import signal, time, sys, pathlib; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + (
    "pathlib.Path(sys.argv[1], 'up').touch(); time.sleep(60)"
)
FAILING = "import sys; print('no model'); sys.exit(3)"
PARENT = """
import asyncio, sys
from app.running.supervisor import Child, Supervisor
children = [Child(name, [sys.executable, "-P", "-c", sys.argv[1], sys.argv[2]]) for name in "ab"]
asyncio.run(Supervisor(children, print).run())
"""


def child(code: str, folder: Path, name: str = "helper", log: Path | None = None) -> Child:
    _, environment = relay_command()
    return Child(name, [sys.executable, "-P", "-c", code, str(folder)], environment, log=log)


def pids(folder: Path) -> list[int]:
    return [int(path.name.removeprefix("pid-")) for path in folder.glob("pid-*")]


async def test_a_child_that_dies_starts_again_and_a_sentence_says_so(tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor([child(PATIENT, tmp_path)], said.append, first_pause=0.01)
    running = asyncio.create_task(supervisor.run())
    await until(lambda: len(pids(tmp_path)) == 1 and supervisor.pid("helper") is not None)
    first = supervisor.pid("helper")
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await until(lambda: len(pids(tmp_path)) == 2 and supervisor.pid("helper") is not None)
    assert said == ["The helper ended (by SIGKILL); it starts again in 0.01 s."]
    second = supervisor.pid("helper")
    assert second is not None
    assert second != first
    supervisor.stopping.set()
    await running
    assert not alive(second)
    assert (tmp_path / "left").exists(), "it was asked, not killed"


async def test_the_pause_doubles_while_a_child_keeps_failing(tmp_path: Path) -> None:
    said: list[str] = []
    failing = Child(
        "worker",
        [sys.executable, "-c", "import sys; print('no model'); sys.exit(3)"],
        log=tmp_path / "w.log",
    )
    supervisor = Supervisor([failing], said.append, first_pause=0.01)
    running = asyncio.create_task(supervisor.run())
    await until(lambda: len(said) >= 3)
    supervisor.stopping.set()
    await running
    assert [line.partition("again in ")[2].partition(" s")[0] for line in said[:3]] == [
        "0.01",
        "0.02",
        "0.04",
    ]
    assert said[0].startswith("The worker ended (exit code 3)")
    assert said[0].endswith(f"It said: no model (in {tmp_path / 'w.log'})")
    assert (tmp_path / "w.log").read_text().startswith("no model\n")


async def test_a_child_that_will_not_stop_is_killed(tmp_path: Path) -> None:
    supervisor = Supervisor([child(STUBBORN, tmp_path)], print, patience=0.2)
    running = asyncio.create_task(supervisor.run())
    await until(lambda: (tmp_path / "up").exists() and supervisor.pid("helper") is not None)
    pid = supervisor.pid("helper")
    assert pid is not None
    supervisor.stopping.set()
    await running
    assert not alive(pid)


async def test_what_goes_wrong_beside_the_children_stops_them_and_is_raised(tmp_path: Path) -> None:
    supervisor = Supervisor([child(PATIENT, tmp_path)], print)

    async def story() -> None:
        await until(lambda: len(pids(tmp_path)) == 1)
        raise ValueError("the story ends badly")

    with pytest.raises(ValueError, match="ends badly"):
        await supervisor.run(story)
    assert not alive(pids(tmp_path)[0])


async def test_children_notice_that_the_supervisor_was_killed(tmp_path: Path) -> None:
    _, environment = relay_command()
    supervisor = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-c",
        PARENT,
        PATIENT,
        str(tmp_path),
        env={**os.environ, **environment},
    )
    try:
        await until(lambda: len(pids(tmp_path)) == 2)
        supervisor.kill()
        await until(lambda: not any(alive(pid) for pid in pids(tmp_path)))
    finally:
        with suppress(ProcessLookupError):
            supervisor.kill()
        await supervisor.wait()


async def test_a_signal_stops_supervisor_and_children(tmp_path: Path) -> None:
    supervisor = Supervisor([child(PATIENT, tmp_path)], print)
    running = asyncio.create_task(supervisor.run())
    await until(lambda: len(pids(tmp_path)) == 1)
    assert not running.done(), "nobody listens for the signal any more"
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(running, PATIENCE_SECONDS)
    assert not alive(pids(tmp_path)[0])

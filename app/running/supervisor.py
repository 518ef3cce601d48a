"""Keeps child processes alive: one that ends is started again, and none outlives the supervisor,
however that ends."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0
"""A child that ran so long counts as one that worked: its next start is quick again."""

PATIENCE_SECONDS = 8.0
"""What the children get to stop by themselves."""

EXIT_AFTER_SECONDS = 10.0
"""What a child gets to stop by itself when its supervisor has ended."""

LOG_TAIL_BYTES = 2_000


@dataclass(frozen=True, slots=True)
class Child:
    """A process to keep alive. ``inherit`` are file descriptors that it gets; ``log`` a file for
    what it prints."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    inherit: Sequence[int] = ()
    log: Path | None = None


class Supervisor:
    """Runs children until told to stop; times are in seconds. ``say`` hears of each that ended."""

    def __init__(
        self,
        children: Sequence[Child],
        say: Callable[[str], None],
        *,
        first_pause: float = FIRST_PAUSE_SECONDS,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self.children = children
        self.stopping = asyncio.Event()
        self._say = say
        self._first_pause = first_pause
        self._patience = patience
        self._running: dict[str, Process] = {}

    def pid(self, name: str) -> int | None:
        """The process id of a child that runs."""
        process = self._running.get(name)
        return process.pid if process and process.returncode is None else None

    async def run(self, meanwhile: Callable[[], Awaitable[None]] | None = None) -> None:
        """Start the children and keep them alive until ``stopping`` is set or a signal says so,
        then stop them all.

        ``meanwhile`` runs beside them; what it raises stops everything and is raised here.
        """
        loop = asyncio.get_running_loop()
        numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
        for number in numbers:
            loop.add_signal_handler(number, self.stopping.set)
        keepers = [asyncio.create_task(self._keep(child)) for child in self.children]
        aside = [asyncio.ensure_future(meanwhile())] if meanwhile else []
        stop = asyncio.create_task(self.stopping.wait())
        try:
            watched: set[asyncio.Future[Any]] = {stop, *keepers, *aside}
            while not stop.done():
                done, watched = await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        finally:
            self.stopping.set()
            for task in (*aside, *keepers, stop):
                task.cancel()
            await asyncio.gather(*aside, *keepers, stop, return_exceptions=True)
            await asyncio.gather(*(self._stop(process) for process in self._running.values()))
            for number in numbers:
                loop.remove_signal_handler(number)

    async def _keep(self, child: Child) -> None:
        loop = asyncio.get_running_loop()
        pause = self._first_pause
        while True:
            started = loop.time()
            process = self._running[child.name] = await self._start(child)
            code = await process.wait()
            if loop.time() - started > STEADY_SECONDS:
                pause = self._first_pause
            sentence = f"The {child.name} ended ({_cause(code)}); it starts again in {pause:g} s."
            if child.log:
                sentence += f" It said: {_last_words(child.log)} (in {child.log})"
            self._say(sentence)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def _start(self, child: Child) -> Process:
        """Start a child in a session of its own, so that Ctrl-C reaches the supervisor alone; its
        standard input is a pipe that ends with the supervisor (see ``follow_parent``)."""
        output: BinaryIO | None = None
        if child.log:
            child.log.parent.mkdir(parents=True, exist_ok=True)
            output = child.log.open("ab")
        try:
            return await asyncio.create_subprocess_exec(
                *child.command,
                stdin=asyncio.subprocess.PIPE,
                stdout=output,
                stderr=output,
                env={**os.environ, **child.environment},
                pass_fds=tuple(child.inherit),
                start_new_session=True,
            )
        finally:
            if output is not None:
                output.close()

    async def _stop(self, process: Process) -> None:
        if process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), self._patience)
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def follow_parent() -> None:
    """End this process, as SIGTERM does, when the process that holds the other end of its standard
    input ends."""

    def watch() -> None:
        with suppress(OSError):
            while os.read(sys.stdin.fileno(), 1024):
                pass
        os.kill(os.getpid(), signal.SIGTERM)
        # The main thread may be stuck in a call that no signal interrupts.
        threading.Event().wait(EXIT_AFTER_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name="follow-parent", daemon=True).start()


def relay_command(*arguments: str) -> tuple[list[str], dict[str, str]]:
    """(command, environment) that run `relay` with ``arguments`` in this very installation,
    wherever we stand."""
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return [sys.executable, "-P", "-m", "app.cli", *arguments], {
        "PYTHONPATH": os.pathsep.join(paths)
    }


def _cause(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"by {signal.Signals(-code).name}"
    except ValueError:
        return f"by signal {-code}"


def _last_words(log: Path) -> str:
    """The last line of a log."""
    with log.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - LOG_TAIL_BYTES))
        lines = file.read().decode(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "nothing")

"""`relay run` and `relay demo` for real: they come up, are stopped, and leave nothing behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil
import pytest

from app.running.supervisor import relay_command
from app.storage.postgres import EmbeddedPostgres
from tests.scenes.processes import alive

pytestmark = pytest.mark.slow
PATIENCE = 90.0


class Running:
    """A `relay` process and what it has said so far."""

    def __init__(self, process: subprocess.Popen[bytes], said: Path) -> None:
        self.process = process
        self._said = said

    @property
    def said(self) -> str:
        return self._said.read_text()

    def wait_for(self, pattern: str) -> str:
        """The first group of ``pattern`` once it was said."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self.process.poll() is None:
            if found := re.search(pattern, self.said):
                return found.group(1)
            time.sleep(0.05)
        raise AssertionError(f"never said {pattern!r}:\n{self.said}")

    def children(self, word: str = "") -> list[int]:
        """The processes below this one, those with ``word`` in their command where it is given."""
        found = []
        for each in psutil.Process(self.process.pid).children(recursive=True):
            with suppress(psutil.Error):
                if not word or word in each.cmdline():
                    found.append(each.pid)
        return found


@contextmanager
def relay(folder: Path, model: Path, *arguments: str) -> Iterator[Running]:
    command, environment = relay_command(*arguments)
    own = {name: value for name, value in os.environ.items() if not name.startswith("RELAY_")}
    settings = {"RELAY_DATA_DIR": str(folder / "data"), "RELAY_MODEL_DIR": str(model)}
    said = folder / "said"
    with said.open("wb") as output:
        process = subprocess.Popen(
            command,
            env={**own, **environment, **settings},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield Running(process, said)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(30)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared encoder, made once for this file."""
    from classifiers.encoding import encoder

    folder = tmp_path_factory.mktemp("model")
    encoder.prepare(folder)
    return folder


def gone(pids: list[int]) -> bool:
    until = time.monotonic() + 20
    while any(alive(pid) for pid in pids) and time.monotonic() < until:
        time.sleep(0.05)
    return not any(alive(pid) for pid in pids)


def test_run_serves_comes_back_after_kill_and_leaves_nothing_behind(
    tmp_path: Path, model: Path
) -> None:
    with relay(tmp_path, model, "run", "--port", "0") as running:
        address = running.wait_for(r"runs at (http://127\.0\.0\.1:\d+)")
        assert httpx.get(f"{address}/readyz").json() == {"status": "ok"}
        running.wait_for(r"(relay user add)")
        children = running.children()
        [server] = running.children("serve")
        os.kill(server, signal.SIGKILL)
        # The socket outlives the server: this request waits for the next one.
        assert httpx.get(f"{address}/readyz", timeout=PATIENCE).status_code == 200
        running.wait_for(r"The serve ended \(by (SIGKILL)\)")
        children += running.children()
        [postmaster] = running.children("-D")
        os.kill(postmaster, signal.SIGKILL)
        running.wait_for(r"(embedded database ended)")
        until = time.monotonic() + PATIENCE
        while httpx.get(f"{address}/readyz", timeout=PATIENCE).status_code != 200:
            assert time.monotonic() < until
            time.sleep(0.1)
        children += running.children()
        started = time.monotonic()
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(30) == 0
        assert time.monotonic() - started < 10
        assert gone(children)
    assert not EmbeddedPostgres(tmp_path / "data").running()


def test_children_of_a_killed_run_stop_and_the_next_run_uses_the_same_data(
    tmp_path: Path, model: Path
) -> None:
    with relay(tmp_path, model, "run", "--port", "0") as running:
        running.wait_for(r"runs at (http://127\.0\.0\.1:\d+)")
        ours = running.children("serve") + running.children("worker")
        assert len(ours) == 2
        running.process.kill()
        running.process.wait()
        assert gone(ours)
    with relay(tmp_path, model, "run", "--port", "0") as running:
        running.wait_for(r"runs at (http://127\.0\.0\.1:\d+)")
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(30) == 0
    assert not EmbeddedPostgres(tmp_path / "data").running()


def test_demo_shows_the_community_once_and_again_without_doubling_it(
    tmp_path: Path, model: Path
) -> None:
    arguments = ("demo", "--port", "0")
    told = []
    for _ in range(2):
        with relay(tmp_path, model, *arguments) as running:
            counts = running.wait_for(r"(\d+ comments of .* tickets)\.")
            password = running.wait_for(r"Sign in\s+\S+\s+(\S+)")
            sandbox = running.wait_for(r"Sandbox tracker\s+(\S+)")
            tickets = httpx.get(f"{sandbox}/_sandbox/state").json()["tickets"]
            markers = [ticket["title"] for ticket in tickets]
            running.wait_for(r"(goes on from here)")
            running.process.send_signal(signal.SIGINT)
            assert running.process.wait(30) == 0
        told.append((counts, password, sorted(markers)))
    assert told[0] == told[1]
    assert int(told[0][0].split()[0]) >= 300
    assert len(told[0][2]) > 0
    secret = tmp_path / "data" / "demo" / "admin-password"
    assert secret.stat().st_mode & 0o077 == 0
    assert secret.read_text().strip() == told[0][1]

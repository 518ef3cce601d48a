"""`relay run` and `relay demo` for real: they come up, are stopped, and leave nothing behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil
import pytest

from app.running.supervisor import relay_command
from app.storage.postgres import EmbeddedPostgres
from tests.scenes.processes import alive
from tests.scenes.waiting import PATIENCE_SECONDS, wait_until

pytestmark = pytest.mark.slow


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
        with suppress(TimeoutError):
            wait_until(lambda: bool(re.search(pattern, self.said)) or self.ended)
        if match := re.search(pattern, self.said):
            return match.group(1)
        raise AssertionError(f"never said {pattern!r}:\n{self.said}")

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

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
            process.wait(PATIENCE_SECONDS)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared encoder, made once for this file."""
    from classifiers.encoding import encoder

    folder = tmp_path_factory.mktemp("model")
    encoder.prepare(folder)
    return folder


def wait_until_gone(pids: list[int]) -> None:
    wait_until(lambda: not any(alive(pid) for pid in pids))


def is_ready(address: str) -> bool:
    return httpx.get(f"{address}/readyz", timeout=PATIENCE_SECONDS).status_code == 200


def test_run_serves_comes_back_after_kill_and_leaves_nothing_behind(
    tmp_path: Path, model: Path
) -> None:
    with relay(tmp_path, model, "run", "--port", "0") as running:
        address = running.wait_for(r"runs at (http://127\.0\.0\.1:\d+)")
        ready = httpx.get(f"{address}/readyz", timeout=PATIENCE_SECONDS)
        assert ready.json()["status"] == "ok"
        running.wait_for(r"(relay user add)")
        children = running.children()
        [server] = running.children("serve")
        os.kill(server, signal.SIGKILL)
        # The socket outlives the server: this request waits for the next one.
        assert is_ready(address)
        running.wait_for(r"The serve ended \(by (SIGKILL)\)")
        children += running.children()
        [postmaster] = running.children("-D")
        os.kill(postmaster, signal.SIGKILL)
        running.wait_for(r"(embedded database ended)")
        wait_until(lambda: is_ready(address))
        children += running.children()
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(PATIENCE_SECONDS) == 0
        wait_until_gone(children)
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
        wait_until_gone(ours)
    with relay(tmp_path, model, "run", "--port", "0") as running:
        running.wait_for(r"runs at (http://127\.0\.0\.1:\d+)")
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(PATIENCE_SECONDS) == 0
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
            tickets = httpx.get(f"{sandbox}/_sandbox/state", timeout=PATIENCE_SECONDS).json()[
                "tickets"
            ]
            markers = [ticket["title"] for ticket in tickets]
            running.wait_for(r"(goes on from here)")
            running.process.send_signal(signal.SIGINT)
            assert running.process.wait(PATIENCE_SECONDS) == 0
        told.append((counts, password, sorted(markers)))
    assert told[0] == told[1]
    assert int(told[0][0].split()[0]) >= 300
    assert len(told[0][2]) > 0
    secret = tmp_path / "data" / "demo" / "admin-password"
    assert secret.stat().st_mode & 0o077 == 0
    assert secret.read_text().strip() == told[0][1]

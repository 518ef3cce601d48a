"""The service's two processes, started and killed as an operator or a bad day would."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from tests.scenes.waiting import PATIENCE_SECONDS


class Processes:
    """The service's two processes, as an operator would start them."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self.environment, self.folder = environment, folder
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        log = (self.folder / f"{name}.log").open("ab")
        command = [sys.executable, "-m", "app.cli", name]
        self.running[name] = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)

    def kill(self, name: str) -> None:
        process = self.running[name]
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.start(name)

    def stop(self) -> None:
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        for process in self.running.values():
            try:
                process.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def free_port() -> int:
    """A port that nobody listened on a moment ago, and that no connection takes for its own end.

    Systems draw those from 32768 upwards. A service that is killed and comes back must find its
    port free, while others connect, and try again to connect, all the time.
    """
    while True:
        port = random.SystemRandom().randrange(15_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def environment(
    conninfo: str, key: str, folder: Path, model: Path, port: int, **settings: str
) -> dict[str, str]:
    """The variables that both processes run with; ``settings`` are RELAY_ variables without their
    prefix."""
    return os.environ | {
        "RELAY_DATABASE_URL": conninfo,
        "RELAY_SECRET_KEY": key,
        "RELAY_DATA_DIR": str(folder),
        "RELAY_MODEL_DIR": str(model),
        "RELAY_PORT": str(port),
        "RELAY_ALLOW_PRIVATE_ADDRESSES": "true",
        **{f"RELAY_{name.upper()}": value for name, value in settings.items()},
    }


def alive(pid: int) -> bool:
    """Whether the process runs: not gone, and no zombie that waits for its parent."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    if sys.platform != "linux":
        return True
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False  # it went between the two looks
    return status.rpartition(")")[2].split()[0] != "Z"

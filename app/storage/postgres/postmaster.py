"""The server process: started, recognised, stopped."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import psutil

from app.storage.postgres.account import environment, hand_to_owner
from app.storage.postgres.binaries import program
from app.storage.postgres.cluster import Cluster, last_line
from app.storage.postgres.problem import PostgresProblem

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    # The cluster's own folder, which nobody else may enter: nothing to squat on.
    "unix_socket_directories": ".",
    "unix_socket_permissions": "0700",
    "cluster_name": "feedback-relay",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "fsync": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_checkpoints": "off",
}
"""For a small machine; ``options`` of the launcher override them."""

SOCKET_LOCKS = ".s.PGSQL.*.lock"
"""The lock files of sockets, beside them in the folder of the cluster."""

LOG_BYTES = 10_000_000
"""A log larger than this is put aside (one generation is kept) when the server starts."""


@dataclass(frozen=True)
class Postmaster:
    """What postmaster.pid says of a server: its process id and port."""

    pid: int
    port: int

    @classmethod
    def of(cls, cluster: Path) -> Postmaster | None:
        """The live server of ``cluster``, or None. A zombie, or a stranger that got the number, is
        no server."""
        try:
            lines = (cluster / "postmaster.pid").read_text().splitlines()
            postmaster = cls(int(lines[0]), int(lines[3]))
        except (FileNotFoundError, IndexError, ValueError):
            return None
        return postmaster if serves(postmaster.pid, cluster) else None


def serves(pid: int, cluster: Path) -> bool:
    """Whether the process ``pid`` is alive and works in the folder ``cluster``, as a postmaster
    does.

    Where its folder may not be asked for (root in a container usually lacks CAP_SYS_PTRACE), its
    name and user must do.
    """
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        try:
            folder = process.cwd()
        except psutil.AccessDenied:
            ours = sys.platform == "win32" or process.uids().real == cluster.stat().st_uid
            return ours and process.name().startswith("postgres")
        return bool(folder) and Path(folder).samefile(cluster)
    except (psutil.Error, OSError):
        return False


def clear_stale_locks(cluster: Path) -> None:
    """Remove the lock files of a server that is gone: postmaster.pid, and that of its socket.

    PostgreSQL does so itself only when the number in the file belongs to nobody. A zombie, a
    stranger that got the number (in a container they repeat) or a file cut short by a crash would
    stop it with "lock file already exists". The socket lies in the cluster's folder, where nobody
    but the cluster's own server makes one. The memory segment, which PostgreSQL checks as well,
    still keeps two servers from sharing the data.
    """
    for path in (cluster / "postmaster.pid", *cluster.glob(SOCKET_LOCKS)):
        with suppress(FileNotFoundError):
            first = path.read_text(errors="replace").partition("\n")[0].strip()
            if not (first.isdecimal() and serves(int(first), cluster)):
                path.unlink()


def spawn(cluster: Cluster, options: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start a server; it may still be on its way up, or about to fail, when this returns."""
    settings = {**SETTINGS, **options}
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_name(log.name + ".1"))
    if sys.platform == "win32":
        command = _windows_command(cluster, settings, log)
    else:
        command = [
            str(program(cluster.binaries, "postgres")),
            "-D",
            cluster.account.folder_argument(cluster.path),
            *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
        ]
    with open_log(log) as output:
        process = subprocess.Popen(  # noqa: S603 - our own arguments, no shell
            command,
            cwd=cluster.path,
            user=cluster.account.uid,
            group=cluster.account.gid,
            extra_groups=cluster.account.groups,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            umask=0o077,
            # Ctrl-C in the terminal must reach us only: we decide when the server stops.
            start_new_session=True,
        )
    # Whoever stops the server, its parent reaps it: a zombie would look alive to the next start.
    threading.Thread(target=process.wait, name="postmaster", daemon=True).start()
    return process


def open_log(log: Path) -> BinaryIO:
    """Open the log to append; it belongs to the owner of its folder even when root writes it."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(log, flags, 0o600)
    hand_to_owner(log)
    return os.fdopen(descriptor, "ab")


def stop(cluster: Cluster) -> None:
    """Stop the server: clients are sent away, everything is written. Raises PostgresProblem when it
    stays."""
    said = ""
    for mode in ("fast", "immediate"):
        if Postmaster.of(cluster.path) is None:
            return
        stopped = cluster.account.run(
            [
                program(cluster.binaries, "pg_ctl"),
                *(
                    "stop",
                    "-D",
                    cluster.account.folder_argument(cluster.path),
                    "-m",
                    mode,
                    "-w",
                    "-t",
                    "30",
                ),
            ],
            cwd=cluster.path,
        )
        if stopped.returncode == 0:
            return
        said = last_line(stopped.stderr)
    if Postmaster.of(cluster.path) is not None:
        raise PostgresProblem(
            f"The database in {cluster.path} does not stop ({said}): end its process by hand.",
            reason="embedded_stop_failed",
        )


def _windows_command(cluster: Cluster, settings: dict[str, str], log: Path) -> list[str]:
    """Windows has no peer-checked local socket for libpq: loopback with passwords. pg_ctl gives up
    admin rights."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "port": str(port),
        **settings,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
    }
    options = " ".join(f'-c "{name}={value}"' for name, value in settings.items())
    pg_ctl = str(program(cluster.binaries, "pg_ctl"))
    return [
        pg_ctl,
        "start",
        "-w",
        "-D",
        str(cluster.path),
        "-l",
        str(log.with_suffix(".server.log")),
        "-o",
        options,
    ]

"""How a client reaches the embedded server."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote, urlencode

from app.storage.postgres.problem import PostgresProblem

SOCKET_BYTES = 103
"""What fits into sockaddr_un.sun_path everywhere: 107 bytes on Linux, 103 on macOS (unix(7),
sys/un.h)."""


def url(cluster: Path, port: int, password_file: Path, *, role: str, database: str) -> str:
    """A libpq URL without the password itself, which libpq reads from ``password_file``."""
    query = {"passfile": str(password_file)}
    if sys.platform == "win32":
        where = f"127.0.0.1:{port}"
    else:
        where = ""
        query |= {"host": str(socket_folder(cluster, port)), "port": str(port)}
    return (
        f"postgresql://{quote(role)}@{where}/{quote(database)}?{urlencode(query, quote_via=quote)}"
    )


def socket_folder(cluster: Path, port: int, temporary: Path | None = None) -> Path:
    """The folder to give to libpq: the cluster, or a short link to it when its path is too long for
    a socket.

    The link lies in a folder of ours that nobody else can enter or have made. Raises
    PostgresProblem otherwise.
    """
    if _fits(cluster, port):
        return cluster
    folder = _link_folder(cluster, temporary)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        status = folder.lstat()
        if (
            folder.is_symlink()
            or not folder.is_dir()
            or status.st_uid != os.geteuid()
            or status.st_mode & 0o077
        ):
            raise PostgresProblem(
                f"{folder} is not a private folder of ours: remove it, or set RELAY_DATA_DIR to a "
                "shorter path.",
                reason="embedded_socket_unsafe",
            ) from None
    link = folder / "s"
    if not link.is_symlink() or link.readlink() != cluster:
        fresh = folder / f".{os.getpid()}"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(cluster)
        fresh.replace(link)
    if not _fits(link, port):
        raise PostgresProblem(
            f"The path of the data folder and of {folder} are both too long for a socket: "
            "set RELAY_DATA_DIR to a shorter path.",
            reason="embedded_path_too_long",
        )
    return link


def forget(cluster: Path, temporary: Path | None = None) -> None:
    """Remove the link, when nobody needs it any more."""
    if sys.platform != "win32":
        folder = _link_folder(cluster, temporary)
        if folder.is_dir() and not folder.is_symlink() and folder.stat().st_uid == os.geteuid():
            shutil.rmtree(folder, ignore_errors=True)


def _link_folder(cluster: Path, temporary: Path | None) -> Path:
    digest = hashlib.sha256(os.fsencode(cluster)).hexdigest()[:12]
    return (temporary or Path(tempfile.gettempdir())) / f"relay-{os.geteuid()}-{digest}"


def _fits(folder: Path, port: int) -> bool:
    return len(os.fsencode(folder / f".s.PGSQL.{port}")) <= SOCKET_BYTES

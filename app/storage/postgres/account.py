"""Which operating-system account the server runs as: ours, or an unprivileged one when we are
root."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.storage.postgres.problem import PostgresProblem

CANDIDATES = ("feedback-relay", "postgres", "nobody")
"""Accounts that root may run the server as, best first: an operator who wants a dedicated one
creates the first."""

KEPT_ENVIRONMENT = (
    "PATH",
    "TMPDIR",
    "TEMP",
    "TMP",
    "SYSTEMROOT",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
)
"""All that the server's programs see of our environment: no PG* variable may steer them, no secret
may leak."""


@dataclass(frozen=True)
class Account:
    """A user and group id to switch to, or None to stay who we are."""

    uid: int | None = None
    gid: int | None = None

    @property
    def groups(self) -> list[int] | None:
        """The supplementary groups of a program run as this account: none when switching."""
        return None if self.uid is None else []

    def owner_of_files(self) -> tuple[int, int]:
        """Arguments of chown that make a file this account's; -1 leaves it as it is."""
        return (-1 if self.uid is None else self.uid, -1 if self.gid is None else self.gid)

    def folder_argument(self, folder: Path) -> str:
        """How to name ``folder``, the current folder of the program, to a program of this account.

        Root's folders are often closed to everybody else (/root is 0700), so the account may not
        reach ``folder`` by its path. Its current folder was entered before the switch, and on Linux
        /proc/self/cwd leads there directly.
        """
        return "/proc/self/cwd" if self.uid is not None and sys.platform == "linux" else str(folder)

    def run(
        self, command: Sequence[str | Path], *, cwd: Path | None = None, timeout: float = 120.0
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end as this account, its output captured; never raises for its exit
        code."""
        return subprocess.run(  # noqa: S603 - our own arguments, no shell
            [str(part) for part in command],
            cwd=cwd,
            user=self.uid,
            group=self.gid,
            extra_groups=self.groups,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )


def environment() -> dict[str, str]:
    """The environment of the server's programs."""
    kept = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def account_for(cluster: Path) -> Account:
    """The account that runs the server of ``cluster``: the owner of it, or of the folder that it is
    to lie in.

    Raises PostgresProblem when root finds no unprivileged account (the server refuses to run as
    root).
    """
    if sys.platform == "win32" or os.geteuid() != 0:
        return Account()
    if cluster.exists():
        status = cluster.stat()
        if status.st_uid == 0:
            raise PostgresProblem(
                f"{cluster} belongs to root, but PostgreSQL does not run as root: "
                "give the folder to an unprivileged user (chown -R postgres) and start again.",
                reason="embedded_account_missing",
            )
        return Account(status.st_uid, status.st_gid)
    if cluster.parent.exists() and (status := cluster.parent.stat()).st_uid != 0:
        return Account(status.st_uid, status.st_gid)
    import pwd

    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise PostgresProblem(
        "PostgreSQL does not run as root and this machine has no unprivileged account for it: "
        "create one (useradd --system feedback-relay) or start as an ordinary user.",
        reason="embedded_account_missing",
    )


def hand_to_owner(path: Path) -> None:
    """Let what root creates belong to the owner of the folder it lies in, who must be able to use
    it later."""
    if sys.platform != "win32" and os.geteuid() == 0:
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def require_name_of_user() -> None:
    """Raise PostgresProblem if our user id has no name: initdb refuses to create a cluster then."""
    if sys.platform == "win32":
        return
    import pwd

    try:
        pwd.getpwuid(os.geteuid())
    except KeyError as error:
        raise PostgresProblem(
            f"The user id {os.geteuid()} has no entry in /etc/passwd, which PostgreSQL needs to "
            "create its data: "
            "start as a user that has one, or set RELAY_DATABASE_URL to a PostgreSQL of your own.",
            reason="embedded_account_missing",
        ) from error

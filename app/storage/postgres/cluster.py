"""The folder of a PostgreSQL cluster: made whole or not at all, with passwords that only its owner
can read."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from app.storage.postgres.account import Account, require_name_of_user
from app.storage.postgres.binaries import MAJOR, program
from app.storage.postgres.problem import PostgresProblem

ADMIN = "postgres"
"""The superuser: used only by the launcher."""

OWNER = "relay"
"""The role and the database of the service; the role owns the database and is no superuser."""

PASSWORDS = "pgpass"
"""A libpq password file inside of the cluster, so that a backup of the folder is complete."""


@dataclass(frozen=True)
class Cluster:
    """A cluster at ``path`` whose server runs as ``account`` from ``binaries``."""

    path: Path
    account: Account
    binaries: Path

    def prepare(self, *, durable: bool = True) -> None:
        """Create the cluster if there is none, else check that we can serve it.

        ``durable=False`` skips the final flush to disk, for data that may be lost. Raises
        PostgresProblem.
        """
        if not self.path.exists():
            self._create(durable)
        version = self.path / "PG_VERSION"
        found = version.read_text().strip() if version.is_file() else "unknown"
        if found != str(MAJOR):
            raise PostgresProblem(
                f"{self.path} holds data of PostgreSQL {found}, but this release runs PostgreSQL "
                f"{MAJOR}: start the "
                "release that made it, take a dump with pg_dump, and restore that into an empty "
                "data folder.",
                reason="embedded_version_mismatch",
            )
        if not self.password_file.is_file():
            raise PostgresProblem(
                f"The password file {self.password_file} is missing: restore it from the backup of "
                "the data folder.",
                reason="embedded_password_missing",
            )

    @property
    def password_file(self) -> Path:
        """The libpq password file of both roles."""
        return self.path / PASSWORDS

    def password_of(self, role: str) -> str:
        """The password of ``role`` (:data:`ADMIN` or :data:`OWNER`)."""
        for line in self.password_file.read_text().splitlines():
            *_, name, password = line.split(":")
            if name == role:
                return password
        raise PostgresProblem(
            f"{self.password_file} has no line for {role}: restore it from the backup of the data "
            "folder.",
            reason="embedded_password_missing",
        )

    def _create(self, durable: bool) -> None:
        """Run initdb beside the final place and move the result there in one step: a crash leaves
        nothing half made."""
        if self.account.uid is None:
            require_name_of_user()
        for leftover in self.path.parent.glob(".new-*"):
            shutil.rmtree(leftover)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=self.path.parent) as name:
            scratch = Path(name)
            data, password_file = scratch / "data", scratch / "password"
            data.mkdir(mode=0o700)
            passwords = {role: secrets.token_urlsafe(32) for role in (ADMIN, OWNER)}
            self._write_private(password_file, passwords[ADMIN] + "\n")
            for folder in (data, scratch):
                self._give(folder)
            self._initdb(data, durable)
            lines = (f"*:*:*:{role}:{password}\n" for role, password in passwords.items())
            self._write_private(data / PASSWORDS, "".join(lines))
            data.rename(self.path)

    def _initdb(self, data: Path, durable: bool) -> None:
        here = self.account.folder_argument(data)
        made = self.account.run(
            [
                program(self.binaries, "initdb"),
                f"--pgdata={here}",
                # Below the folder itself, because initdb's helpers change into it and the name must
                # mean the same then.
                f"--pwfile={here}/../password",
                f"--username={ADMIN}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                *([] if durable else ["--no-sync"]),
            ],
            cwd=data,
        )
        if made.returncode != 0:
            raise PostgresProblem(
                f"PostgreSQL could not create its data in {self.path.parent}: "
                f"{last_line(made.stderr)}. "
                "Remedy that and start again; nothing was kept of this try.",
                reason="embedded_create_failed",
            )

    def _give(self, path: Path | int) -> None:
        uid, gid = self.account.owner_of_files()
        if uid != -1:
            os.chown(path, uid, gid)

    def _write_private(self, path: Path, text: str) -> None:
        """Write a file that never, not even for a moment, others can read or swap for another."""
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            self._give(file.fileno())
            file.write(text)
            file.flush()
            os.fsync(file.fileno())


def last_line(text: str) -> str:
    """The last line of a program's output that says why it failed, without a full stop."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "error:" in line or "PANIC" in line]
    return (telling or lines or ["it gave no reason"])[-1].rstrip(".")

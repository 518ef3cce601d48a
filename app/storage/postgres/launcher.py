"""The embedded server as its users see it: start it or join it, stop it when the last one
leaves."""

from __future__ import annotations

import atexit
import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql

from app.storage.postgres import binaries as programs
from app.storage.postgres import postmaster
from app.storage.postgres.account import account_for, hand_to_owner
from app.storage.postgres.address import forget, url
from app.storage.postgres.cluster import ADMIN, OWNER, Cluster, last_line
from app.storage.postgres.leases import Lease, turn
from app.storage.postgres.postmaster import Postmaster
from app.storage.postgres.problem import PostgresProblem

POLL = 0.02
"""Seconds between two looks at a server that comes up."""


class EmbeddedPostgres:
    """A private PostgreSQL in ``data_dir``/postgres, shared by every process that starts it.

    ``binaries`` is a folder with bin, lib and share (default: the installed wheel). ``options`` are
    server settings; who joins a running server takes it as it is. ``timeout`` in seconds bounds a
    start, recovery after a crash included. One instance belongs to the process that made it; a
    forked child neither holds nor stops the server.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        binaries: Path | None = None,
        options: Mapping[str, str] | None = None,
        timeout: float = 60.0,
    ) -> None:
        self.folder = Path(os.path.abspath(data_dir)) / "postgres"  # noqa: PTH100 - links stay as the operator set them
        self.log = self.folder / "postgres.log"
        self._binaries = binaries
        self._options = dict(options or {})
        self._timeout = timeout
        self._lease: Lease | None = None
        self._pid = os.getpid()

    @property
    def path(self) -> Path:
        """The folder of the cluster."""
        return self.folder / "cluster"

    def start(self) -> str:
        """Start the server, or join the one that runs, and return a libpq URL of the database
        ``relay``.

        The URL holds no password: it names a file that only the owner can read. Raises
        PostgresProblem.
        """
        try:
            if not self.folder.exists():
                self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                hand_to_owner(self.folder)
            with turn(self.folder, self._timeout):
                cluster = self._cluster()
                cluster.prepare(durable=self._options.get("fsync") != "off")
                if self._lease is None:
                    self._lease = Lease(self.folder)
                    self._pid = os.getpid()
                    atexit.register(self.stop)
                try:
                    with self._serving(cluster) as admin:
                        self._prepare_database(admin, cluster)
                    address = self._url(OWNER, OWNER)
                except BaseException:
                    self._leave(cluster)
                    raise
        except psycopg.Error as error:
            raise PostgresProblem(
                f"The embedded database runs but cannot be prepared: {last_line(str(error))}. See "
                f"{self.log}.",
                reason="embedded_prepare_failed",
            ) from error
        except OSError as error:
            raise PostgresProblem(
                f"The embedded database cannot use {error.filename or self.folder} "
                f"({error.strerror}): make the data "
                "folder writable for this user, or set RELAY_DATA_DIR to one that is.",
                reason="embedded_data_unwritable",
            ) from error
        return address

    def stop(self) -> None:
        """Leave; the last user to leave stops the server. Does nothing when not started. Raises
        PostgresProblem."""
        if self._lease is None or os.getpid() != self._pid:
            return
        with turn(self.folder, self._timeout):
            self._leave(self._cluster())

    def _leave(self, cluster: Cluster) -> None:
        lease, self._lease = self._lease, None
        atexit.unregister(self.stop)
        if lease is not None:
            lease.give_back()
            if lease.others() == 0:
                postmaster.stop(cluster)
                forget(self.path)

    def running(self) -> bool:
        """Whether a server answers, whoever started it."""
        connection = self._connect(ADMIN, ADMIN)
        if connection is None:
            return False
        connection.close()
        return True

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def conninfo(self, *, database: str = OWNER, role: str = OWNER) -> str:
        """The libpq URL of another database, or of the superuser ``postgres``. Raises
        PostgresProblem when stopped."""
        return self._url(role, database)

    def _url(self, role: str, database: str) -> str:
        server = Postmaster.of(self.path)
        if server is None:
            raise PostgresProblem(
                f"No server runs in {self.path}: start it first.", reason="embedded_not_running"
            )
        return url(self.path, server.port, self.path / "pgpass", role=role, database=database)

    def _cluster(self) -> Cluster:
        account = account_for(self.path)
        found = self._binaries or programs.wheel_binaries()
        return Cluster(self.path, account, programs.reachable(found, account))

    def _connect(self, role: str, database: str) -> psycopg.Connection[tuple[object, ...]] | None:
        """A connection that answered ``select 1``, or None while there is no server or it is on its
        way up."""
        if Postmaster.of(self.path) is None:
            return None
        try:
            connection = psycopg.connect(
                self._url(role, database), connect_timeout=5, autocommit=True
            )
            connection.execute("select 1")
        except (psycopg.OperationalError, PostgresProblem) as error:
            if "password authentication failed" in str(error):
                raise PostgresProblem(
                    f"The passwords in {self.path / 'pgpass'} are not those of the database beside "
                    "it: "
                    "restore the data folder from one backup.",
                    reason="embedded_password_wrong",
                ) from error
            return None
        return connection

    def _serving(self, cluster: Cluster) -> psycopg.Connection[tuple[object, ...]]:
        """A superuser's connection to the running server, which is started if need be."""
        deadline = time.monotonic() + self._timeout
        process: subprocess.Popen[bytes] | None = None
        written = 0
        while True:
            if connection := self._connect(ADMIN, ADMIN):
                return connection
            ended = process is None or process.poll() is not None
            if ended and Postmaster.of(cluster.path) is None:
                said = self._said_since(written) if process else ""
                # Children of a killed server need a moment to notice and go; until then the data is
                # locked.
                if (
                    process
                    and process.returncode
                    and "pre-existing shared memory block" not in said
                ):
                    raise PostgresProblem(
                        f"The embedded database did not start: {last_line(said)}. See {self.log} "
                        "for the whole story."
                    )
                if process:
                    time.sleep(POLL * 5)
                postmaster.clear_stale_locks(cluster.path)
                written = self.log.stat().st_size if self.log.exists() else 0
                process = postmaster.spawn(cluster, self._options, self.log)
            if time.monotonic() > deadline:
                raise PostgresProblem(
                    f"The embedded database did not answer within {self._timeout:.0f} s: see "
                    f"{self.log} for what it is "
                    "doing; recovery after a crash may need longer, so start again.",
                    reason="embedded_start_timeout",
                )
            time.sleep(POLL)

    def _said_since(self, position: int) -> str:
        size = self.log.stat().st_size
        with self.log.open("rb") as log:
            log.seek(position if position <= size else 0)
            return log.read().decode(errors="replace")

    def _prepare_database(
        self, admin: psycopg.Connection[tuple[object, ...]], cluster: Cluster
    ) -> None:
        """Make role, database and extension where they are missing; every step can be repeated
        after a crash."""
        known = admin.execute(
            "select exists (select from pg_roles where rolname = %s), "
            "exists (select from pg_database where datname = %s)",
            [OWNER, OWNER],
        ).fetchone()
        has_role, has_database = known or (False, False)
        if not has_role:
            admin.execute(
                sql.SQL("create role {} login createdb password {}").format(
                    sql.Identifier(OWNER), sql.Literal(cluster.password_of(OWNER))
                )
            )
        if not has_database:
            with psycopg.connect(self._url(ADMIN, "template1"), autocommit=True) as template:
                template.execute(
                    "create extension if not exists vector"
                )  # every later database has it too
            admin.execute(sql.SQL("create database {0} owner {0}").format(sql.Identifier(OWNER)))
        with psycopg.connect(self._url(ADMIN, OWNER), autocommit=True) as database:
            database.execute("create extension if not exists vector")
            database.execute("alter extension vector update")

"""Every way in which a database is not usable, against real servers."""

from __future__ import annotations

import shutil
import socket
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from app.storage.dbcheck import DatabaseProblem, check_server, require_pgvector, require_version
from app.storage.postgres import EmbeddedPostgres
from app.storage.postgres.binaries import wheel_binaries
from tests.scenes.processes import free_port

PASSWORD = "s3cr3t-w0rd"


@dataclass(frozen=True)
class Server:
    """A server on a port of the loopback; ``control`` is its list of what pgvector it offers."""

    embedded: EmbeddedPostgres
    port: int
    control: Path

    def url(self, *, user: str = "relay", password: str = PASSWORD, database: str = "relay") -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def administer(self, *statements: str, database: str = "postgres") -> None:
        admin = self.embedded.conninfo(role="postgres", database=database)
        with psycopg.connect(admin, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    # Programs of our own, open to the server's account, so that a test can take pgvector away.
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        real = wheel_binaries()
        package = Path(name) / real.parent.name
        shutil.copytree(real, package / real.name, ignore=shutil.ignore_patterns("include"))
        libraries = real.parent.parent / f"{real.parent.name}.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, Path(name) / libraries.name)
        port = free_port()
        options = {"fsync": "off", "listen_addresses": "127.0.0.1", "port": str(port)}
        data = tmp_path_factory.mktemp("dbcheck")
        with EmbeddedPostgres(data, binaries=package / real.name, options=options) as embedded:
            control = package / real.name / "share" / "postgresql" / "extension" / "vector.control"
            found = Server(embedded, port, control)
            found.administer(f"alter role relay password '{PASSWORD}'")
            yield found


@contextmanager
def problem(reason: str, *words: str) -> Iterator[None]:
    with pytest.raises(DatabaseProblem) as caught:
        yield
    assert caught.value.reason == reason, caught.value.detail
    for word in words:
        assert word in caught.value.detail
    assert PASSWORD not in caught.value.detail
    assert caught.value.detail.endswith(".")


@pytest.fixture
def empty(server: Server) -> Iterator[str]:
    """A database of relay's own, without the extension."""
    server.administer("create database empty owner relay")
    server.administer("drop extension if exists vector", database="empty")
    yield server.url(database="empty")
    server.administer("drop database empty with (force)")


def test_a_usable_server_is_described(server: Server) -> None:
    facts = check_server(server.url())
    assert facts.version_number // 10000 == 18
    assert facts.version.startswith("18.")
    assert tuple(map(int, facts.pgvector.split(".")[:2])) >= (0, 8)
    assert (facts.database, facts.user) == ("relay", "relay")


def test_the_embedded_server_itself_passes(server: Server, tmp_path: Path) -> None:
    socket_url = server.embedded.conninfo()
    passfile = tmp_path / "pgpass"
    passfile.touch(mode=0o600)
    passfile.write_text(f"*:*:*:relay:{PASSWORD}\n")
    assert check_server(make_conninfo(socket_url, passfile=str(passfile))).database == "relay"


def test_an_administrator_may_bring_the_extension_and_the_check_does_not(
    server: Server, empty: str
) -> None:
    admin = make_conninfo(server.embedded.conninfo(role="postgres", database="empty"))
    assert check_server(admin).pgvector
    with psycopg.connect(empty) as connection:
        assert (
            connection.execute("select from pg_extension where extname = 'vector'").fetchone()
            is None
        )


def test_nobody_listens() -> None:
    with problem("database_unreachable", "127.0.0.1", "start it"):
        check_server(f"postgresql://relay:{PASSWORD}@127.0.0.1:{free_port()}/relay")


def test_no_socket(tmp_path: Path) -> None:
    with problem("database_unreachable"):
        check_server(f"host={tmp_path} user=relay password={PASSWORD}")


def test_unknown_host() -> None:
    with problem("database_host_unknown", "no-such-host.invalid"):
        check_server(f"postgresql://relay:{PASSWORD}@no-such-host.invalid/relay")


def test_a_host_that_never_answers_is_given_up() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(1)
        with problem("database_timeout", "in time"):
            check_server(
                f"postgresql://relay:{PASSWORD}@127.0.0.1:{silent.getsockname()[1]}/relay",
                timeout=2,
            )


@pytest.mark.parametrize("user", ["relay", "stranger"])
def test_wrong_password_or_user(server: Server, user: str) -> None:
    with problem("database_password_wrong", user):
        check_server(server.url(user=user, password=PASSWORD + "x"))


def test_no_password(server: Server) -> None:
    with problem("database_password_wrong"):
        check_server(f"host=127.0.0.1 port={server.port} user=relay dbname=relay passfile=/nowhere")


def test_no_such_database(server: Server) -> None:
    with problem("database_missing", "'elsewhere'", "createdb"):
        check_server(server.url(database="elsewhere"))


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://relay:{PASSWORD}@[broken",
        f"host=a {PASSWORD}",
        f"postgres://a:{PASSWORD}@h:x/",
    ],
)
def test_not_a_url(url: str) -> None:
    with pytest.raises(DatabaseProblem) as caught:
        check_server(url)
    assert caught.value.reason == "database_url_invalid"
    assert PASSWORD not in "".join(traceback.format_exception(caught.value, limit=0))


def test_a_user_that_may_not_make_tables(server: Server) -> None:
    server.administer(f"create role guest login password '{PASSWORD}'")
    try:
        with problem("database_permission_missing", "'guest'", "owner to"):
            check_server(server.url(user="guest"))
        server.administer("revoke connect on database relay from public")
        with problem("database_permission_missing", "'guest'"):
            check_server(server.url(user="guest"))
    finally:
        server.administer("grant connect on database relay to public", "drop role guest")


def test_a_user_that_may_not_log_in(server: Server) -> None:
    server.administer(f"create role group_only nologin password '{PASSWORD}'")
    try:
        with problem("database_login_refused", "'group_only'"):
            check_server(server.url(user="group_only"))
    finally:
        server.administer("drop role group_only")


def test_a_full_server(server: Server) -> None:
    server.administer("alter database relay connection limit 0")
    try:
        with problem("database_busy", "max_connections"):
            check_server(server.url())
    finally:
        server.administer("alter database relay connection limit -1")


def test_pgvector_is_there_but_the_user_may_not_bring_it_in(server: Server, empty: str) -> None:
    with problem("pgvector_permission_missing", "create extension vector"):
        check_server(empty)


def test_pgvector_is_not_on_the_server(server: Server, empty: str) -> None:
    text = server.control.read_text()
    server.control.unlink()
    try:
        with problem("pgvector_missing", "install"):
            check_server(empty)
    finally:
        server.control.write_text(text)
        server.control.chmod(0o644)


def test_the_pgvector_on_offer_is_too_old(server: Server, empty: str) -> None:
    text = server.control.read_text()
    server.control.write_text("default_version = '0.7.4'\n")
    try:
        with problem("pgvector_too_old", "0.7.4"):
            check_server(empty)
    finally:
        server.control.write_text(text)


def test_the_pgvector_in_the_database_is_too_old() -> None:
    with problem("pgvector_too_old", "0.5.1", "alter extension vector update"):
        require_pgvector("0.5.1", installed=True)
    require_pgvector("0.8.0", installed=True)
    require_pgvector("1.0", installed=False)


def test_versions() -> None:
    require_version(160000, "16.0")
    with problem("database_too_old", "15.18", "16 or newer"):
        require_version(150018, "15.18")

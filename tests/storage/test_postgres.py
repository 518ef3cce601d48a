"""The embedded server: started, shared, killed, recovered. Every server here is a real one in its
own folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest

from app.storage.postgres import EmbeddedPostgres, PostgresProblem
from app.storage.postgres.address import socket_folder
from app.storage.postgres.leases import turn
from app.storage.postgres.postmaster import Postmaster, serves
from tests.paths import ROOT
from tests.scenes.waiting import PATIENCE_SECONDS

USER = Path(__file__).with_name("postgres_user.py")
QUICK = {"fsync": "off"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a stopped cluster, which tests copy because initdb is the slow part."""
    folder = tmp_path_factory.mktemp("made") / "data"
    with EmbeddedPostgres(folder, options=QUICK):
        pass
    return folder


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    """A data folder of its own, its path with a space and letters beyond ASCII."""
    folder = tmp_path / "données relay"
    subprocess.run(["cp", "-a", made, folder], check=True)
    return folder


@contextmanager
def user(data_dir: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that uses the server, until the block ends or it is killed."""
    with subprocess.Popen(
        [sys.executable, str(USER), str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
    ) as process:
        try:
            yield process
        finally:
            killed = process.poll() is not None
            assert process.stdin is not None
            process.stdin.close()
            assert process.wait(PATIENCE_SECONDS) == 0 or killed


def url_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    assert line.startswith("postgresql://"), line
    return line


def ask(url: str, statement: str) -> object:
    with psycopg.connect(url, connect_timeout=60) as connection:
        cursor = connection.execute(statement)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def kill(pid: int) -> None:
    process = psutil.Process(pid)
    process.kill()
    process.wait(PATIENCE_SECONDS)


def postmaster(server: EmbeddedPostgres) -> Postmaster:
    found = Postmaster.of(server.path)
    assert found is not None
    return found


def test_serves_a_database_of_its_owner_that_is_no_superuser(data: Path) -> None:
    with EmbeddedPostgres(data, options=QUICK) as server:
        url = server.conninfo()
        assert ask(url, "select current_user || ' ' || current_database()") == "relay relay"
        assert ask(url, "select rolsuper from pg_roles where rolname = current_user") is False
        assert (
            ask(url, "select pg_get_userbyid(datdba) from pg_database where datname = 'relay'")
            == "relay"
        )
        assert ask(url, "select '[1,2]'::vector <-> '[1,3]'") == 1.0
        assert ask(url, "show server_encoding") == "UTF8"
        assert (
            ask(
                url,
                "select datlocprovider::text || datlocale from pg_database where datname = 'relay'",
            )
            == "bC.UTF-8"
        )
        assert ask(url, "show timezone") == "UTC"
        assert ask(url, "select lower('ÄÖ')") == "äö"
        assert server.running()
    assert not server.running()
    assert Postmaster.of(server.path) is None


def test_listens_to_nobody_but_us_and_knows_no_trust(data: Path) -> None:
    with EmbeddedPostgres(data, options=QUICK) as server:
        pid = postmaster(server).pid
        assert [
            c
            for c in psutil.Process(pid).net_connections()
            if c.status == psutil.CONN_LISTEN and c.laddr.port
        ] == []
        admin = server.conninfo(role="postgres", database="postgres")
        methods = ask(admin, "select array_agg(distinct auth_method) from pg_hba_file_rules")
        assert methods == ["scram-sha-256"]
        assert "password" not in server.conninfo()
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(server.conninfo(), passfile="/nowhere", connect_timeout=60)
        assert oct((server.path / "pgpass").stat().st_mode & 0o777) == "0o600"
        assert oct(server.path.stat().st_mode & 0o777) == "0o700"


def test_four_commands_at_once_make_one_server(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "new")
    with ExitStack() as users:
        processes = [users.enter_context(user(tmp_path / "new")) for _ in range(4)]
        began = {ask(url_of(process), "select pg_postmaster_start_time()") for process in processes}
        assert len(began) == 1
        assert server.running()
    assert not server.running()


def test_only_the_last_user_stops_the_server(data: Path) -> None:
    first, second = EmbeddedPostgres(data, options=QUICK), EmbeddedPostgres(data, options=QUICK)
    first.start()
    first.start()
    with user(data) as third:
        url = url_of(third)
        second.start()
        first.stop()
        first.stop()
        assert ask(url, "select 1") == 1
        second.stop()
        assert ask(url, "select 1") == 1
    assert not first.running()


def test_killed_users_leave_a_server_that_the_next_start_takes_over(data: Path) -> None:
    server = EmbeddedPostgres(data, options=QUICK)
    with user(data) as starter, user(data) as sharer:
        url = url_of(starter)
        url_of(sharer)
        ask(url, "create table kept as select 42 as answer")
        starter.kill()
        sharer.kill()
        starter.wait()
        sharer.wait()
    before = postmaster(server).pid
    with server:
        assert postmaster(server).pid == before
        assert ask(server.conninfo(), "select answer from kept") == 42
    assert not server.running()
    assert list((server.folder / "users").iterdir()) == []


def test_a_killed_postmaster_is_replaced_and_recovers(data: Path) -> None:
    first = EmbeddedPostgres(data, options=QUICK)
    with first:
        ask(first.conninfo(), "create table kept as select 42 as answer")
        before = postmaster(first).pid
        kill(before)
        assert not first.running()
        with EmbeddedPostgres(data, options=QUICK) as second:
            assert postmaster(second).pid != before
            assert ask(second.conninfo(), "select answer from kept") == 42
        assert first.running(), "the first user has not left"
    assert not first.running()


@pytest.mark.parametrize("lock", ["postmaster.pid", ".s.PGSQL.5432.lock"])
@pytest.mark.parametrize("kind", ["zombie", "stranger", "garbage", "empty"])
def test_a_process_id_that_is_not_the_server_does_not_fool_us(
    data: Path, kind: str, lock: str
) -> None:
    server = EmbeddedPostgres(data, options=QUICK)
    owner = server.path.stat()
    command = ["true"] if kind == "zombie" else ["sleep", "600"]
    # Of the server's own user: PostgreSQL takes a process of another one for dead by itself.
    with subprocess.Popen(
        command, **({"user": owner.st_uid} if os.geteuid() == 0 else {})
    ) as other:  # type: ignore[call-overload]
        try:
            if kind == "zombie":
                os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
                assert psutil.Process(other.pid).status() == psutil.STATUS_ZOMBIE
            real = f"{other.pid}\n{server.path}\n1\n5432\n.\n\n  1  1\nready   \n"
            (server.path / lock).write_text({"garbage": "what\n", "empty": ""}.get(kind, real))
            assert not server.running()
            with server:
                assert ask(server.conninfo(), "select 1") == 1
                assert postmaster(server).pid != other.pid
        finally:
            other.kill()


def test_a_lost_process_id_never_lets_two_servers_share_the_data(data: Path) -> None:
    server = EmbeddedPostgres(data, options=QUICK)
    with server:
        url, pid = server.conninfo(), postmaster(server).pid
        (server.path / "postmaster.pid").unlink()
        with pytest.raises(PostgresProblem) as caught:
            EmbeddedPostgres(data, options=QUICK, timeout=0.5).start()
        assert caught.value.reason == "embedded_start_timeout"
        assert ask(url, "select 1") == 1
        kill(pid)


def test_an_interrupted_creation_is_begun_again(tmp_path: Path, made: Path) -> None:
    server = EmbeddedPostgres(tmp_path, options=QUICK)
    half = server.folder / ".new-interrupted" / "data"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    with server:
        assert ask(server.conninfo(), "select 1") == 1
    assert not half.exists()


def test_a_database_that_was_not_finished_is_finished(data: Path) -> None:
    server = EmbeddedPostgres(data, options=QUICK)
    with server:
        admin = server.conninfo(role="postgres", database="postgres")
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute("drop database relay")
            connection.execute("drop role relay")
    with server:
        assert ask(server.conninfo(), "select '[1]'::vector::text") == "[1]"


def test_a_path_too_long_for_a_socket_works(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30)
    subprocess.run(["cp", "-a", made, folder], check=True)
    with EmbeddedPostgres(folder, options=QUICK) as server:
        assert ask(server.conninfo(), "select 1") == 1
        with user(folder) as other:
            assert ask(url_of(other), "select 1") == 1
            link = socket_folder(server.path, 5432)
            assert link != server.path
    assert not link.parent.exists()


def test_data_of_another_major_version_is_refused_in_a_sentence(data: Path) -> None:
    server = EmbeddedPostgres(data, options=QUICK)
    (server.path / "PG_VERSION").write_text("16\n")
    with pytest.raises(PostgresProblem, match=r"PostgreSQL 16.*pg_dump") as caught:
        server.start()
    assert caught.value.reason == "embedded_version_mismatch"
    assert not server.running()


def test_a_missing_password_file_is_named(data: Path) -> None:
    server = EmbeddedPostgres(data, options=QUICK)
    (server.path / "pgpass").unlink()
    with pytest.raises(PostgresProblem, match="backup") as caught:
        server.start()
    assert caught.value.reason == "embedded_password_missing"


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PostgresProblem, match="RELAY_DATA_DIR") as caught:
        EmbeddedPostgres(tmp_path / "file").start()
    assert caught.value.reason == "embedded_data_unwritable"


def test_what_the_server_says_when_it_cannot_start_reaches_the_reader(data: Path) -> None:
    server = EmbeddedPostgres(data, options={"shared_buffers": "nonsense"})
    with pytest.raises(PostgresProblem, match="shared_buffers") as caught:
        server.start()
    assert caught.value.reason == "embedded_start_failed"
    with EmbeddedPostgres(data, options=QUICK) as again:
        assert again.running()


def test_a_start_waits_its_turn_and_says_so_when_it_takes_too_long(data: Path) -> None:
    with (
        turn(data / "postgres", 1),
        pytest.raises(PostgresProblem, match="Another command") as caught,
    ):
        EmbeddedPostgres(data, timeout=0.1).start()
    assert caught.value.reason == "embedded_start_timeout"


def test_a_forked_child_does_not_stop_the_server_of_its_parent(data: Path) -> None:
    with EmbeddedPostgres(data, options=QUICK) as server:
        child = os.fork()
        if child == 0:
            server.stop()
            os._exit(0)
        os.waitpid(child, 0)
        assert ask(server.conninfo(), "select 1") == 1


def test_a_large_log_is_put_aside(data: Path) -> None:
    server = EmbeddedPostgres(data, options=QUICK)
    server.log.write_bytes(b"x" * 10_000_001)
    with server:
        assert server.log.stat().st_size < 100_000
        assert server.log.with_name("postgres.log.1").stat().st_size == 10_000_001


def test_our_own_process_is_no_postmaster(tmp_path: Path) -> None:
    assert not serves(os.getpid(), tmp_path)

"""Root and ordinary users: who the server runs as, and how it reaches programs and data that root
keeps closed."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
import psycopg
import pytest

from app.storage.postgres import EmbeddedPostgres, PostgresProblem
from app.storage.postgres.account import CANDIDATES, Account, account_for, environment
from app.storage.postgres.binaries import program, reachable, wheel_binaries
from app.storage.postgres.postmaster import Postmaster
from tests.paths import ROOT

USER = Path(__file__).with_name("postgres_user.py")
QUICK = {"fsync": "off"}

as_root = pytest.mark.skipif(
    os.name == "nt" or os.geteuid() != 0, reason="only root can switch accounts"
)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody can enter, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def closed_binaries(tmp_path: Path) -> Path:
    """The programs below a folder that only we can enter, laid out as a wheel is."""
    real = wheel_binaries()
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    shutil.copytree(
        real.parent,
        closed / real.parent.name,
        copy_function=os.link,
        ignore=lambda *_: {"pginstall"},
    )
    libraries = f"{real.parent.name}.libs"
    shutil.copytree(real.parent.parent / libraries, closed / libraries, copy_function=os.link)
    return closed / real.parent.name / real.name


def modes(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mode for path in (folder, *folder.parents)}


@as_root
def test_root_serves_a_closed_folder_as_somebody_else_and_opens_nothing(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    before = modes(tmp_path)
    with EmbeddedPostgres(tmp_path / "data", options=QUICK) as server:
        found = Postmaster.of(server.path)
        assert found is not None
        process = psutil.Process(found.pid)
        assert process.uids().effective != 0
        assert process.username() in CANDIDATES
        assert process.environ().keys() <= environment().keys() | {
            "PGLOCALEDIR",
            "PG_GRANDPARENT_PID",
        }
        with psycopg.connect(server.conninfo()) as connection:
            assert connection.execute("select current_user").fetchone() == ("relay",)
        admin = server.conninfo(role="postgres", database="postgres")
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(
                "select pg_reload_conf()"
            )  # the configuration is still found by its name
            connection.execute("create database another template relay")
    assert modes(tmp_path) == before


@as_root
def test_root_keeps_the_owner_of_an_existing_cluster(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, 54321)
    assert account_for(tmp_path) == Account(12345, 54321)


@as_root
def test_root_makes_a_cluster_for_the_owner_of_the_data_folder(tmp_path: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(tmp_path, nobody.pw_uid, nobody.pw_gid)
    with EmbeddedPostgres(tmp_path, options=QUICK) as server:
        found = Postmaster.of(server.path)
        assert found
        assert psutil.Process(found.pid).uids().real == nobody.pw_uid
    assert {path for path in tmp_path.rglob("*") if path.stat().st_uid != nobody.pw_uid} == set()


@as_root
def test_a_cluster_of_root_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PostgresProblem, match="chown") as caught:
        account_for(tmp_path)
    assert caught.value.reason == "embedded_account_missing"


@as_root
def test_programs_in_a_closed_folder_are_copied_once(
    closed_binaries: Path, open_folder: Path
) -> None:
    before = modes(closed_binaries)
    account = account_for(Path("/nonexistent"))
    copy = reachable(closed_binaries, account, open_folder / "store")
    assert copy != closed_binaries
    for name in ("initdb", "postgres", "pg_ctl"):
        assert (
            account.run([program(copy, name), "--version"])
            .stdout.strip()
            .startswith((name, "postgres"))
        )
    assert reachable(closed_binaries, account, open_folder / "store") == copy
    assert [path.name for path in (open_folder / "store").iterdir()] == [copy.parent.parent.name]
    assert modes(closed_binaries) == before
    assert all(
        path.stat().st_uid == 0 and not path.stat().st_mode & 0o022 for path in copy.rglob("*")
    )
    with EmbeddedPostgres(open_folder / "data", binaries=copy, options=QUICK) as server:
        assert server.running()


@as_root
def test_programs_that_can_be_run_are_not_copied(open_folder: Path) -> None:
    assert reachable(closed := wheel_binaries(), Account(), open_folder) == closed
    assert list(open_folder.iterdir()) == []


@as_root
def test_a_store_that_the_account_cannot_enter_is_named(
    closed_binaries: Path, tmp_path: Path
) -> None:
    with pytest.raises(PostgresProblem, match="read and execute") as caught:
        reachable(closed_binaries, account_for(Path("/nonexistent")), tmp_path / "store")
    assert caught.value.reason == "embedded_binaries_unreachable"


def ordinary(data_dir: Path, *uid: int, under: Sequence[str] = ()) -> str:
    """What a process (of user ``uid``) prints that starts and stops the server of ``data_dir``."""
    done = subprocess.run(
        [*under, sys.executable, str(USER), str(data_dir), *map(str, uid)],
        input="",
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "HOME": str(data_dir.parent), "PYTHONPATH": str(ROOT)},
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@as_root
def test_an_ordinary_user_serves_as_itself(open_folder: Path) -> None:
    nobody = pwd.getpwnam("nobody").pw_uid
    home = open_folder / "home"
    home.mkdir(mode=0o700)
    os.chown(home, nobody, nobody)
    assert ordinary(home / "data", nobody).startswith("postgresql://relay@/relay")
    cluster = home / "data" / "postgres" / "cluster"
    assert cluster.stat().st_uid == nobody
    assert Postmaster.of(cluster) is None
    with EmbeddedPostgres(home / "data") as server:  # root joins in as the owner
        assert server.running()
        found = Postmaster.of(server.path)
        assert found
        assert psutil.Process(found.pid).uids().real == nobody
    left = {path for path in (home / "data").rglob("*") if path.stat().st_uid != nobody}
    assert left == set(), "the user must be able to go on"


@as_root
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv of util-linux is not here")
def test_root_of_a_container_serves_without_its_missing_capabilities(tmp_path: Path) -> None:
    kept = "-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap"
    setpriv = ["setpriv", f"--bounding-set={kept}", f"--inh-caps={kept}"]
    for _ in ("first", "again"):
        assert ordinary(tmp_path / "data", under=setpriv).startswith("postgresql://")
        assert not EmbeddedPostgres(tmp_path / "data").running()


@as_root
def test_an_ordinary_user_is_told_about_a_folder_it_cannot_write(open_folder: Path) -> None:
    said = ordinary(open_folder / "data", pwd.getpwnam("nobody").pw_uid)
    assert said.startswith("problem embedded_data_unwritable")
    assert "RELAY_DATA_DIR" in said


@as_root
def test_a_user_without_a_name_is_told_so(open_folder: Path) -> None:
    uid = next(
        number
        for number in range(61000, 62000)
        if number not in {entry.pw_uid for entry in pwd.getpwall()}
    )
    home = open_folder / "home"
    home.mkdir(mode=0o700)
    os.chown(home, uid, uid)
    assert ordinary(home / "data", uid).startswith("problem embedded_account_missing")


def test_the_programs_see_no_secret_of_ours() -> None:
    assert not {name for name in environment() if name.startswith(("PG", "RELAY_"))}

"""The folder that clients are given for the socket: short enough, and nobody else's."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from app.storage.postgres import PostgresProblem
from app.storage.postgres.address import forget, socket_folder, url

SHORT = Path("/srv/relay/cluster")
LONG = Path("/srv") / ("x" * 120)


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A short place for links, which pytest's own folders are not."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def test_a_short_path_is_used_as_it_is(temporary: Path) -> None:
    assert socket_folder(SHORT, 5432, temporary) == SHORT
    assert list(temporary.iterdir()) == []


def test_a_long_path_gets_a_private_link_that_follows_it(temporary: Path) -> None:
    link = socket_folder(LONG, 5432, temporary)
    assert link.readlink() == LONG
    assert link.parent.stat().st_mode & 0o777 == 0o700
    assert socket_folder(LONG, 5432, temporary) == link
    link.unlink()
    link.symlink_to("/elsewhere")
    assert socket_folder(LONG, 5432, temporary).readlink() == LONG


def test_a_link_that_is_not_needed_any_more_goes(temporary: Path) -> None:
    socket_folder(LONG, 5432, temporary)
    forget(LONG, temporary)
    forget(LONG, temporary)
    assert list(temporary.iterdir()) == []


def test_two_long_paths_do_not_share_a_link(temporary: Path) -> None:
    assert socket_folder(LONG, 5432, temporary) != socket_folder(LONG / "y", 5432, temporary)


@pytest.mark.parametrize("squatter", ["open", "link", "file", "stranger"])
def test_a_folder_that_somebody_else_could_have_made_is_refused(
    temporary: Path, squatter: str
) -> None:
    if squatter == "stranger" and os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    folder = socket_folder(LONG, 5432, temporary).parent
    for path in folder.iterdir():
        path.unlink()
    if squatter == "open":
        folder.chmod(0o777)
    elif squatter == "stranger":
        os.chown(folder, 12345, 12345)
    else:
        folder.rmdir()
        if squatter == "file":
            folder.write_text("")
        else:
            (temporary / "elsewhere").mkdir(mode=0o700)
            folder.symlink_to(temporary / "elsewhere")
    with pytest.raises(PostgresProblem, match="RELAY_DATA_DIR") as caught:
        socket_folder(LONG, 5432, temporary)
    assert caught.value.reason == "embedded_socket_unsafe"


def test_when_the_link_is_too_long_as_well_it_says_so(temporary: Path) -> None:
    far = temporary / ("y" * 120)
    far.mkdir()
    with pytest.raises(PostgresProblem, match="shorter path") as caught:
        socket_folder(LONG, 5432, far)
    assert caught.value.reason == "embedded_path_too_long"


def test_the_url_survives_odd_characters() -> None:
    odd = Path("/srv/a b&c=d?é#%")
    target = conninfo_to_dict(url(odd, 5433, odd / "pgpass", role="relay", database="relay"))
    assert target == {
        "user": "relay",
        "dbname": "relay",
        "host": str(odd),
        "port": "5433",
        "passfile": str(odd / "pgpass"),
    }

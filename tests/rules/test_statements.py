"""Which modules may write statements, and with what: ``docs/decisions/0010`` has the reasons."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from app.models import tables
from tests.paths import ROOT

APP_MODULES = sorted((ROOT / "app").rglob("*.py"))
ORM_WRITERS = {
    "app/setup/fields.py",
    "app/setup/products.py",
    "app/setup/sources.py",
    "app/setup/trackers.py",
}
"""What a person sets up one row at a time."""
DESCRIBES_TABLES = ("app/models/", "app/storage/db.py", "app/storage/migrate.py")
SQLALCHEMY = ("sqlalchemy", "sqlmodel")
PLAIN_SQL = ("app.storage.rows", "app.storage.db.Connection", "psycopg")
ERRORS = ("sqlalchemy.exc",)
SESSION_TYPE = "sqlmodel.ext.asyncio.session.AsyncSession"
SET_UP_CLASSES = ("product.Product", "source.Source", "tracker.Tracker")
TABLE_CLASSES = {
    f"{table.__module__}.{table.__name__}"
    for table in map(vars(tables).get, tables.__all__)
    if isinstance(table, type)
}


def imports_of(path: Path) -> set[str]:
    """Full names of what a module imports, wherever in its text."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def under(names: set[str], packages: tuple[str, ...]) -> set[str]:
    """Those of the names that are one of the packages, or in one."""
    return {name for name in names if any((name + ".").startswith(p + ".") for p in packages)}


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", APP_MODULES, ids=relative)
def test_only_the_set_up_writes_statements_of_the_orm(path: Path) -> None:
    if relative(path) in ORM_WRITERS or relative(path).startswith(DESCRIBES_TABLES):
        return
    used = under(imports_of(path), SQLALCHEMY)
    assert used - under(used, ERRORS) <= {SESSION_TYPE}


@pytest.mark.parametrize("path", sorted(ORM_WRITERS))
def test_what_uses_the_orm_uses_nothing_else(path: str) -> None:
    assert under(imports_of(ROOT / path), PLAIN_SQL) == set()


@pytest.mark.parametrize("path", APP_MODULES, ids=relative)
def test_tables_are_described_and_not_used_outside_of_the_set_up(path: Path) -> None:
    """Products, sources and trackers are what the set-up gives to whoever calls it."""
    if relative(path) in ORM_WRITERS or relative(path).startswith(DESCRIBES_TABLES):
        return
    used = imports_of(path) & TABLE_CLASSES
    assert used <= {f"app.models.{name}" for name in SET_UP_CLASSES}

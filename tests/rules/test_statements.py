"""Statements are plain SQL, models describe tables: ``docs/decisions/0010`` has the reasons."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from app.models import tables
from tests.paths import ROOT

APP_MODULES = sorted((ROOT / "app").rglob("*.py"))
DESCRIBES_TABLES = ("app/models/", "app/storage/migrate.py")
"""Models say what the database looks like, for migrations alone."""
SQLALCHEMY = ("sqlalchemy", "sqlmodel")
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
def test_nothing_that_serves_uses_the_orm(path: Path) -> None:
    if not relative(path).startswith(DESCRIBES_TABLES):
        assert under(imports_of(path), SQLALCHEMY) == set()


@pytest.mark.parametrize("path", APP_MODULES, ids=relative)
def test_tables_are_described_and_not_used(path: Path) -> None:
    if not relative(path).startswith(DESCRIBES_TABLES):
        assert imports_of(path) & TABLE_CLASSES == set()

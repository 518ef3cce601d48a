"""The database's version and this program's, read without the tool that migrates: that one takes
longer to load than most commands take altogether."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import psycopg

MIGRATIONS_DIR = Path(__file__).resolve().parents[2] / "migrations"
SELECT_REVISION = "select version_num from alembic_version"
_REVISION = re.compile(r"""^revision(?:: str)? = ["'](?P<name>[^"']+)["']""", re.MULTILINE)
_DOWN_REVISION = re.compile(
    r"""^down_revision(?:: [^=\n]+)? = ["'](?P<name>[^"']+)["']""", re.MULTILINE
)


def newest_revision(versions_dir: Path = MIGRATIONS_DIR / "versions") -> str | None:
    """The migration that no other one stands on; None where there is none.

    Raises ValueError for several: two branches of work that nobody joined.
    """
    sources = [path.read_text() for path in sorted(versions_dir.glob("*.py"))]
    heads = _names(_REVISION, sources) - _names(_DOWN_REVISION, sources)
    if len(heads) > 1:
        raise ValueError(f"Several migrations are the newest: {', '.join(sorted(heads))}.")
    return heads.pop() if heads else None


def _names(assignment: re.Pattern[str], sources: Iterable[str]) -> set[str]:
    matches = (assignment.search(source) for source in sources)
    return {match["name"] for match in matches if match}


def stored_revision(conninfo: str) -> str | None:
    """The version of a database; None where no migration ran."""
    with psycopg.connect(conninfo) as connection:
        try:
            row = connection.execute(SELECT_REVISION).fetchone()
        except psycopg.errors.UndefinedTable:
            return None
    return str(row[0]) if row else None


def revisions(conninfo: str) -> tuple[str | None, str | None]:
    """(revision of the database, newest revision of this code)."""
    return stored_revision(conninfo), newest_revision()

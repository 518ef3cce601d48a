"""The version of the database that this code needs, without loading what migrates."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

MIGRATIONS_FOLDER = Path(__file__).resolve().parents[2] / "migrations" / "versions"


@lru_cache(maxsize=1)
def newest_version() -> str:
    """The number that the newest migration's file begins with, which is its revision."""
    return max(path.name.partition("_")[0] for path in MIGRATIONS_FOLDER.glob("[0-9]*_*.py"))

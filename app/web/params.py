"""What a page takes from its address: short words without what no text column can hold."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import AfterValidator


def without_nul(text: str) -> str:
    """``text`` as PostgreSQL can store and compare it."""
    return text.replace("\0", "")


Word = Annotated[str, Query(max_length=200), AfterValidator(without_nul)]
Cursor = Annotated[str | None, Query(max_length=600)]


def identifier(text: str) -> UUID | None:
    """The id in an address, or None for what is none."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None

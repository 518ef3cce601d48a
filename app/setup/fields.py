"""Checks of what people type in, and what the set-up of sources and of trackers has in common."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, SecretStr, ValidationError
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.errors import Conflict, Invalid
from app.models.source import Source
from app.models.tracker import Tracker

SET_UP_NAME_MAX_CHARACTERS = 100

Connected = TypeVar("Connected", Source, Tracker)
"""What is connected to a product under a name of its own."""


def checked_name(name: str) -> str:
    """A name of 1 to 100 characters, without surrounding space. Raises Invalid."""
    cleaned = " ".join(name.split())
    if not cleaned or len(cleaned) > SET_UP_NAME_MAX_CHARACTERS:
        raise Invalid(
            f"A name has 1 to {SET_UP_NAME_MAX_CHARACTERS} characters.", reason="name_length"
        )
    return cleaned


def checked_fields(model: type[BaseModel], fields: Mapping[str, Any], title: str) -> dict[str, Any]:
    """``fields`` as ``model`` takes them, ready to be stored as JSON. Raises Invalid
    (``settings_invalid``) naming what is wrong, never a value."""
    try:
        checked = model.model_validate(dict(fields))
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc']) or title}: {problem['msg']}"
            for problem in error.errors()
        )
        raise Invalid(
            f"The {title} cannot be used: {problems}.", reason="settings_invalid"
        ) from None
    plain: dict[str, Any] = checked.model_dump(mode="json")
    for name in plain:
        value = getattr(checked, name)
        if isinstance(value, SecretStr):
            plain[name] = value.get_secret_value()
    return plain


async def list_connected(
    session: AsyncSession, table: type[Connected], product_id: uuid.UUID | None
) -> list[Connected]:
    """The sources or trackers of one product or of all, by name."""
    query = select(table).order_by(table.name)
    if product_id is not None:
        query = query.where(table.product_id == product_id)
    return list((await session.exec(query)).all())


async def rename(session: AsyncSession, row: Connected, name: str | None) -> None:
    """Give a source or tracker another name, unless none is given. Raises Invalid, Conflict."""
    if name is None or checked_name(name) == row.name:
        return
    await refuse_taken_name(session, type(row), row.product_id, checked_name(name))
    row.name = checked_name(name)


async def refuse_taken_name(
    session: AsyncSession, table: type[Connected], product_id: uuid.UUID, name: str
) -> None:
    """Names are unique within a product. Raises Conflict (``name_taken``)."""
    same_name = await session.exec(
        select(table.id).where(table.product_id == product_id, table.name == name)
    )
    if same_name.first() is not None:
        raise Conflict(
            f"The product has one named {name} already; choose another name.", reason="name_taken"
        )

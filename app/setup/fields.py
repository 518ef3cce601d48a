"""Checks of what people type in: names, and the fields that a platform or tracker declares."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.errors import Conflict, Invalid


def checked_name(name: str) -> str:
    """A name of 1 to 100 characters, without surrounding space. Raises Invalid."""
    cleaned = " ".join(name.split())
    if not cleaned or len(cleaned) > 100:
        raise Invalid("A name has 1 to 100 characters.", reason="name_length")
    return cleaned


def checked_fields(model: type[BaseModel], fields: Mapping[str, Any], what: str) -> dict[str, Any]:
    """``fields`` as ``model`` takes them. Raises Invalid (``settings_invalid``) naming what is
    wrong, never a value."""
    try:
        checked = model.model_validate(dict(fields))
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in each['loc']) or what}: {each['msg']}"
            for each in error.errors()
        )
        raise Invalid(f"The {what} cannot be used: {wrong}.", reason="settings_invalid") from None
    plain: dict[str, Any] = {}
    for name, value in checked.model_dump(mode="json").items():
        kept = getattr(checked, name)
        plain[name] = kept.get_secret_value() if isinstance(kept, SecretStr) else value
    return plain


async def refuse_taken_name(
    session: AsyncSession, table: type[Any], product_id: uuid.UUID, name: str
) -> None:
    """Names are unique within a product. Raises Conflict (``name_taken``)."""
    found = await session.exec(
        select(table.id).where(table.product_id == product_id, table.name == name)
    )
    if found.first() is not None:
        raise Conflict(
            f"The product has one named {name} already; choose another name.", reason="name_taken"
        )

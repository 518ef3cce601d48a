"""Shapes that every resource shares: texts that can be stored, pages, and what inputs and outputs
have in common."""

from __future__ import annotations

import math
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
)
from pydantic_core import PydanticCustomError

from app.queries.paging import PAGE_MAX_ROWS

T = TypeVar("T")
JSON_MAX_DEPTH = 20
ID_MAX = 2**53 - 1
"""The largest whole number that every reader of JSON keeps exactly."""
PRODUCT_EXAMPLE = "0d2cdb2e-54e6-4f2e-8a3c-0a3a52f0a001"


def check_text(text: str) -> str:
    """``text`` where PostgreSQL can store it: without NUL. (Lone surrogates are refused before.)"""
    if "\x00" in text:
        raise PydanticCustomError("invalid_text", "The text holds a NUL character; remove it.")
    return text


def check_json(value: JsonValue) -> JsonValue:
    """``value`` where every text in it can be stored, every number is finite and it is at most 20
    levels deep."""
    _check_json(value, 0)
    return value


def _check_json(value: JsonValue, depth: int) -> None:
    if depth > JSON_MAX_DEPTH:
        raise PydanticCustomError("too_deep", "The value has more than 20 levels; make it flatter.")
    if isinstance(value, str):
        _check_encodable(value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise PydanticCustomError("finite_number", "Numbers must be finite.")
    elif isinstance(value, list):
        for item in value:
            _check_json(item, depth + 1)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_encodable(key)
            _check_json(item, depth + 1)


def _check_encodable(text: str) -> None:
    try:
        check_text(text).encode()
    except UnicodeEncodeError:
        raise PydanticCustomError(
            "invalid_text", "The text holds half of a surrogate pair; remove it."
        ) from None


def _check_written_out(value: object) -> object:
    """``value`` unless it is a number: pydantic takes one for seconds since 1970."""
    if isinstance(value, str) and not value.replace(".", "").replace("-", "").isdecimal():
        return value
    raise PydanticCustomError(
        "datetime_parsing", "must be a moment such as 2026-11-20T12:00:00Z, with its time zone."
    )


def _check_true_or_false(value: object) -> object:
    """``value`` where it is one of JSON's two words; pydantic also takes ``1`` and ``on``."""
    if value in ("true", "false") or isinstance(value, bool):
        return value
    raise PydanticCustomError("bool_parsing", "must be true or false.")


def _check_is_number(value: object) -> object:
    """``value`` unless it is a number in quotes or a truth value, which pydantic also takes."""
    if isinstance(value, bool | str):
        raise PydanticCustomError("number_type", "must be a number, without quotes.")
    return value


CleanText = Annotated[str, AfterValidator(check_text)]
Word = Annotated[str, Field(max_length=200), AfterValidator(check_text)]
Name = Annotated[Word, Field(min_length=1, max_length=100)]
CleanJson = Annotated[dict[str, JsonValue], AfterValidator(check_json)]
Limit = Annotated[int, Field(ge=1, le=PAGE_MAX_ROWS, description="Rows of a page at most.")]
Cursor = Annotated[
    str | None,
    Field(
        max_length=2000,
        description="`next_cursor` of the page before, with the same filters and order.",
    ),
]
BigId = Annotated[int, Field(ge=1, le=ID_MAX)]
JsonNumber = BeforeValidator(_check_is_number)
"""Behind the limits of a number in a body: 3 and 3.0 pass, "3" and true do not."""
JsonId = Annotated[BigId, JsonNumber]
Flag = Annotated[bool, Field(strict=True)]
"""True or false in a body; 0, 1 and "yes" are refused, as the description says."""
QueryFlag = Annotated[bool, BeforeValidator(_check_true_or_false)]
Moment = Annotated[AwareDatetime, BeforeValidator(_check_written_out)]
Version = Annotated[
    int | None,
    Field(
        ge=1,
        le=2**31 - 1,
        description="The theme's `version` that you saw; 409 when it has changed since.",
    ),
    JsonNumber,
]


class In(BaseModel):
    """What a caller sends. Fields that nobody asked for are refused, so that a typo is not
    silence."""

    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    """What a caller gets, made from a row."""

    model_config = ConfigDict(from_attributes=True)


class PageOut(Out, Generic[T]):
    """Some rows in order."""

    items: list[T]
    next_cursor: str | None = Field(
        description="Ask for it as `cursor` to get the rows after these; null at the end."
    )


def example(value: dict[str, Any]) -> ConfigDict:
    """A model's configuration with one example."""
    return ConfigDict(json_schema_extra={"examples": [value]})

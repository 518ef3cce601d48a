"""Reading what a platform sent: field types that clean and bound untrusted JSON, for the models of
the sources."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, JsonValue, ValidationError

from integrations.contract import PayloadError
from integrations.text import TEXT_LIMIT, sanitize, without_surrogates

ID_LIMIT = 300
"""Characters kept of an id, a handle, a title or a name; a longer id ends in its hash."""

_URL_LIMIT = 2_000
_NAME_LIMIT = 100
_DELIVERY_ID_LIMIT = 200
_MAX_COUNT = 2**31 - 1

M = TypeVar("M", bound=BaseModel)


def _bounded(key: str, limit: int) -> str:
    """The key, or where it is too long its start and the SHA-256 of it all, so that two never
    become one."""
    if len(key) <= limit:
        return key
    return f"{key[: limit - 65]}:{hashlib.sha256(key.encode()).hexdigest()}"


def _identifier(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**ID_LIMIT:
        return str(value)
    if not isinstance(value, str):
        raise ValueError("should be a text or a whole number")
    if not (cleaned := sanitize(value, len(value))):
        raise ValueError("is blank")
    return _bounded(cleaned, ID_LIMIT)


def _line(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError("should be a text")
    return " ".join(sanitize(value, ID_LIMIT).split())


def _text(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError("should be a text")
    return without_surrogates(value)


def web_address(value: object) -> str:
    """The value if it is a web address, else blank: links end up in pages, where ``javascript:``
    would act."""
    address = _text(value).strip()[:_URL_LIMIT]
    if not address.lower().startswith(("https://", "http://")) or any(
        c.isspace() or c in "<>\"'`" for c in address
    ):
        return ""
    return sanitize(address, _URL_LIMIT)


def count(value: object) -> int:
    """A whole number from 0 to 2^31-1; anything else counts as 0."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return 0
    return int(max(0, min(value, _MAX_COUNT)))


def _time(value: object) -> datetime | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ValueError("should be an ISO 8601 time")
    try:
        time = datetime.fromisoformat(value)
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("should be an ISO 8601 time") from None


Identifier = Annotated[str, BeforeValidator(_identifier)]
"""A text or whole number that names something: never blank, at most 300 characters."""
OptionalId = Annotated[
    str, BeforeValidator(lambda value: "" if value in (None, "") else _identifier(value))
]
"""An Identifier, or blank where there is none."""
Line = Annotated[str, BeforeValidator(_line)]
"""One line of clean text, at most 300 characters; null reads as blank."""
Text = Annotated[str, BeforeValidator(_text)]
"""Text of any length, as it was marked up; null reads as blank."""
Url = Annotated[str, BeforeValidator(web_address)]
"""A web address, or blank for anything else."""
Count = Annotated[int, BeforeValidator(count)]
"""A whole number from 0 to 2^31-1; anything else reads as 0."""
Time = Annotated[datetime | None, BeforeValidator(_time)]
"""An ISO 8601 time in UTC, or None; one without an offset is taken as UTC."""
Flag = Annotated[bool, BeforeValidator(lambda value: value is True)]
"""True only where the platform says ``true``."""


class Shape(BaseModel):
    """The part of a platform's JSON object that we read; everything else in it is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def read(model: type[M], value: object) -> M:
    """The value as ``model``. Raises PayloadError ``wrong_shape``, naming the first wrong field,
    never its value."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        raise PayloadError(
            "wrong_shape", f"{_line(_where(value, first['loc']))} {complaint(first['msg'])}."
        ) from None


def _where(value: object, path: Sequence[int | str]) -> str:
    """The path to a field as it was sent: ``data[2].thread.id``, without a place in a list that
    nobody sent."""
    found = ""
    for part in path:
        if isinstance(part, str):
            found += f".{part}" if found else part
            value = value.get(part) if isinstance(value, dict) else None
        elif isinstance(value, list):
            found += f"[{part}]"
            value = value[part] if part < len(value) else None
    return found or "The body"


def complaint(message: str) -> str:
    """What pydantic says of a value, as the rest of a sentence that begins with the field's
    name."""
    known = {
        "Field required": "is missing",
        "Extra inputs are not permitted": "is not a known field",
    }
    if message in known:
        return known[message]
    message = message.removeprefix("Value error, ").split(", unable to parse")[0].rstrip(".")
    should = re.sub(
        r"^(?:Input|String|List|Value|Number|Set|Dictionary|UUID|URL) should ", "should ", message
    )
    spoken = should.startswith(("should ", "is ", "are ", "must ", "has "))
    return should if spoken else f"cannot be used ({should[:1].lower() + should[1:]})"


def name(value: object) -> str:
    """An event's name as sent, or blank for anything that is not a text."""
    return sanitize(value, _NAME_LIMIT) if isinstance(value, str) else ""


def cut(text: str) -> tuple[str, dict[str, JsonValue]]:
    """The cleaned text at its limit, and the extras that say so where something was left out."""
    return sanitize(text), {"truncated": True} if len(text) > TEXT_LIMIT else {}


def version(time: datetime | None, *more: str) -> str:
    """A version that sorts as text: the time in UTC with microseconds, then ``more`` in order.

    >>> version(datetime(2026, 11, 2, 9, 15, tzinfo=UTC), "1")
    '2026-11-02T09:15:00.000000Z.1'
    """
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S.%fZ").zfill(27) if time else ""
    return ".".join([stamp, *more])


def joined(*parts: str) -> str:
    """The parts as one id, with ``:`` between them, of at most 300 characters."""
    return _bounded(":".join(parts), ID_LIMIT)


def delivery_key(*parts: str) -> str | None:
    """The parts as one delivery id of at most 200 characters; None where a part is blank."""
    cleaned = [sanitize(part, len(part)) for part in parts]
    return _bounded(":".join(cleaned), _DELIVERY_ID_LIMIT) if all(cleaned) else None


def _setting_address(value: object) -> str:
    address = _text(value).strip().rstrip("/")
    if not address:
        return ""
    address = address if "://" in address else f"https://{address}"
    if not web_address(address):
        raise ValueError("should be an address such as https://forum.example.com")
    return address


SettingAddress = Annotated[str, BeforeValidator(_setting_address)]
"""A web address that a person types into a form: ``https://`` may be left out, anything else is
refused; or blank."""


def listed(value: str) -> Sequence[str]:
    """The entries of a setting that holds a list: separated by commas or blanks."""
    return value.replace(",", " ").split()

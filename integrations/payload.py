"""What a source needs to read untrusted JSON: field types that clean and bound, and stable ids.

A source declares the part of a platform's JSON that it uses as models of ``Shape``, and reads a
body with ``read``. Whatever a sender puts there, it gets values that a database and a page can
hold, or PayloadError, which names the first wrong field:

    class Note(payload.Shape):
        id: payload.Identifier
        body: payload.Text = ""
        created_at: payload.Time = None

    note = payload.read(Note, inbound.json())
    payload.joined("note", note.id)            # 'note:7', an external_id
    payload.version(note.created_at, "0")      # '2026-11-02T09:15:00.000000Z.0'
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, JsonValue, ValidationError

from integrations.complaints import complaint
from integrations.contract import PayloadError
from integrations.text.plain import TEXT_MAX_CHARACTERS, sanitize, without_surrogates

ID_MAX_CHARACTERS = 300
"""Characters kept of an id, a handle, a title or a name; a longer id ends in its hash."""

_URL_MAX_CHARACTERS = 2_000
_EVENT_NAME_MAX_CHARACTERS = 100
_DELIVERY_ID_MAX_CHARACTERS = 200
_COUNT_MAX = 2**31 - 1  # PostgreSQL's integer
_NUMBER_LIMIT = 10**ID_MAX_CHARACTERS
_HASH_CHARACTERS = 65  # ":" and a SHA-256 in hex

M = TypeVar("M", bound=BaseModel)


# --- Field types


def _bounded(key: str, limit: int) -> str:
    """The key; a longer one is its start and the hash of it all, so that two never become one."""
    if len(key) <= limit:
        return key
    return f"{key[: limit - _HASH_CHARACTERS]}:{hashlib.sha256(key.encode()).hexdigest()}"


def _identifier(value: object) -> str:
    # Python refuses to write numbers of more than 4,300 digits.
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _NUMBER_LIMIT:
        return str(value)
    if not isinstance(value, str):
        raise ValueError("should be a text or a whole number")
    if not (cleaned := sanitize(value, len(value))):
        raise ValueError("is blank")
    return _bounded(cleaned, ID_MAX_CHARACTERS)


def _optional_id(value: object) -> str:
    return "" if value in (None, "") else _identifier(value)


def _line(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError("should be a text")
    return " ".join(sanitize(value, ID_MAX_CHARACTERS).split())


def _text(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError("should be a text")
    return without_surrogates(value)


def web_address(value: object) -> str:
    """The value if it is a web address, else blank: links end up in pages, where ``javascript:``
    would act."""
    address = _text(value).strip()[:_URL_MAX_CHARACTERS]
    if not address.lower().startswith(("https://", "http://")):
        return ""
    if any(character.isspace() or character in "<>\"'`" for character in address):
        return ""
    return sanitize(address, _URL_MAX_CHARACTERS)


def count(value: object) -> int:
    """A whole number from 0 to 2^31-1; anything else counts as 0."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return 0
    return int(max(0, min(value, _COUNT_MAX)))


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


def _moment(value: object, per_second: int) -> datetime | None:
    if value in (None, "", 0, "0"):
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("should be a Unix time")
    try:
        return datetime.fromtimestamp(value / per_second, UTC)
    except (ValueError, OverflowError, OSError):
        raise ValueError("should be a Unix time") from None


def _setting_address(value: object) -> str:
    address = _text(value).strip().rstrip("/")
    if not address:
        return ""
    address = address if "://" in address else f"https://{address}"
    if not web_address(address):
        raise ValueError("should be an address such as https://forum.example.com")
    if "@" in address.partition("://")[2].partition("/")[0]:
        raise ValueError("must not hold a user or a password: leave them out")
    return address


Identifier = Annotated[str, BeforeValidator(_identifier)]
"""A text or whole number that names something: never blank, at most 300 characters."""
OptionalId = Annotated[str, BeforeValidator(_optional_id)]
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
UnixTime = Annotated[datetime | None, BeforeValidator(lambda value: _moment(value, 1))]
"""A time in UTC that is written as Unix seconds, a number or its digits, or None."""
UnixMilliseconds = Annotated[datetime | None, BeforeValidator(lambda value: _moment(value, 1000))]
"""A time in UTC that is written as Unix milliseconds, or None."""
Flag = Annotated[bool, BeforeValidator(lambda value: value is True)]
"""True only where the platform says ``true``."""
SettingAddress = Annotated[str, BeforeValidator(_setting_address)]
"""A web address that a person types into a form: ``https://`` may be left out, anything else is
refused; or blank."""


# --- Reading


class Shape(BaseModel):
    """The part of a platform's JSON object that we read; everything else in it is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def read(model: type[M], value: object) -> M:
    """The value as ``model``. Raises PayloadError ``wrong_shape``, naming the first wrong field,
    never its value."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = _line(_field_path(value, first["loc"]))
        raise PayloadError("wrong_shape", f"{field} {complaint(first)}.") from None


def fits(model: type[BaseModel], body: bytes) -> bool:
    """Whether a body is JSON that ``read`` takes as ``model``, told in one pass over its bytes.

    False says no more than that this pass cannot tell: Python's reader takes what is nested more
    deeply, half of a surrogate pair, and a byte order mark.
    """
    try:
        model.model_validate_json(body)
    except ValidationError:
        return False
    return True


def _field_path(value: object, location: Sequence[int | str]) -> str:
    """The path to a field as it was sent: ``data[2].thread.id``, without a place in a list that
    nobody sent."""
    path = ""
    for part in location:
        if isinstance(part, str):
            path += f".{part}" if path else part
            value = value.get(part) if isinstance(value, dict) else None
        elif isinstance(value, list):
            path += f"[{part}]"
            value = value[part] if part < len(value) else None
    return path or "The body"


def name(value: object) -> str:
    """An event's name as sent, or blank for anything that is not a text."""
    return sanitize(value, _EVENT_NAME_MAX_CHARACTERS) if isinstance(value, str) else ""


def cut(text: str) -> tuple[str, dict[str, JsonValue]]:
    """The cleaned text at its limit, and the extras that say so where something was left out."""
    return sanitize(text), {"truncated": True} if len(text) > TEXT_MAX_CHARACTERS else {}


def listed(value: str) -> Sequence[str]:
    """The entries of a setting that holds a list: separated by commas or blanks."""
    return value.replace(",", " ").split()


# --- Ids and versions


def version(time: datetime | None, *more: str) -> str:
    """A version that sorts as text: the time in UTC with microseconds, then ``more`` in order.

    >>> version(datetime(2026, 11, 2, 9, 15, tzinfo=UTC), "1")
    '2026-11-02T09:15:00.000000Z.1'
    """
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S.%fZ").zfill(27) if time else ""
    return ".".join([stamp, *more])


def joined(*parts: str) -> str:
    """The parts as one id, with ``:`` between them, of at most 300 characters."""
    return _bounded(":".join(parts), ID_MAX_CHARACTERS)


def fingerprinted(*parts: str) -> str:
    """The parts as one key in which the last, a secret, is its SHA-256."""
    *open_parts, secret = parts
    return joined(*open_parts, hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest())


def account_identity(platform: str, site: str, external_id: str) -> tuple[str, ...]:
    """The identity of an account on a site that several sources may be of; none where either is not
    known."""
    if not (site and external_id):
        return ()
    return (joined(platform, site.rstrip("/").lower(), external_id),)


def mail_identity(address: str) -> tuple[str, ...]:
    """The identity of whoever has an address that the platform verified. The address itself is not
    kept: only its hash is."""
    plain = address.strip().lower()
    return (fingerprinted("mail", plain),) if "@" in plain else ()


def delivery_key(*parts: str) -> str | None:
    """The parts as one delivery id of at most 200 characters; None where a part is blank."""
    cleaned = [sanitize(part, len(part)) for part in parts]
    return _bounded(":".join(cleaned), _DELIVERY_ID_MAX_CHARACTERS) if all(cleaned) else None

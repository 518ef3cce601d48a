"""What the next page says about the last action: a short-lived cookie, as a redirect follows."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

FLASH_COOKIE = "relay_flash"
FLASH_SECONDS = 60
FLASH_MAX_CHARACTERS = 500
_MAX_UNDO = 200
"""A browser keeps no cookie of more than 4 kB."""


@dataclass(frozen=True, slots=True)
class Flash:
    """One sentence for the person who acted; ``undo`` are activities that a click takes back."""

    text: str
    tone: Literal["done", "failed"] = "done"
    undo: tuple[int, ...] = ()


def leave(response: Response, flash: Flash, *, secure: bool) -> None:
    """Put ``flash`` on ``response`` for the next page."""
    short = Flash(flash.text[:FLASH_MAX_CHARACTERS], flash.tone, flash.undo[:_MAX_UNDO])
    value = base64.urlsafe_b64encode(json.dumps(asdict(short)).encode()).decode()
    response.set_cookie(
        FLASH_COOKIE, value, max_age=FLASH_SECONDS, httponly=True, samesite="lax", secure=secure
    )


def pick_up(request: Request) -> Flash | None:
    """What the last action left, if anything readable."""
    try:
        value = json.loads(base64.urlsafe_b64decode(request.cookies.get(FLASH_COOKIE, "")))
        tone: Literal["done", "failed"] = "failed" if value["tone"] == "failed" else "done"
        return Flash(str(value["text"]), tone, tuple(int(activity) for activity in value["undo"]))
    except (ValueError, KeyError, TypeError):
        return None


def forget(response: Response) -> None:
    """Take the message away once it was shown."""
    response.delete_cookie(FLASH_COOKIE, httponly=True, samesite="lax")

"""Browsers in which somebody signed in before: strangers who guess their password do not lock them
out.

OWASP, "Device Cookies": after a login the browser gets a sealed cookie that names the account.
Wrong passwords are counted for each such browser, and for all others together, so that five
guesses of a stranger lock the strangers and not the person.
"""

from __future__ import annotations

import json
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.setup.accounts import User
from app.setup.digests import digest
from app.storage.vault import SecretUnreadable, Vault

BROWSER_KNOWN_DURATION = timedelta(days=180)
BROWSER_COOKIE_MAX_CHARACTERS = 1_000
_PURPOSE = "known browser"
"""Keeps whatever else the vault seals from being taken for such a cookie."""


@dataclass(frozen=True, slots=True)
class KnownBrowser:
    """What a cookie of ours says. ``mark`` belongs to the password that was in force: a new one
    makes every browser a stranger again."""

    user_id: uuid.UUID
    number: str
    mark: str

    def belongs_to(self, user: User | None) -> bool:
        """Whether this person signed in here, with the password that they still have."""
        return user is not None and (self.user_id, self.mark) == (user.id, _mark(user))


def sealed(vault: Vault, user: User, now: datetime) -> str:
    """The cookie of a browser in which ``user`` has just signed in."""
    fields = {
        "purpose": _PURPOSE,
        "user": str(user.id),
        "number": secrets.token_hex(16),
        "mark": _mark(user),
        "until": (now + BROWSER_KNOWN_DURATION).timestamp(),
    }
    return vault.encrypt(json.dumps(fields)).decode()


def opened(vault: Vault, cookie: str, now: datetime) -> KnownBrowser | None:
    """What the cookie says; None for one that is not ours or too old."""
    if not cookie or not cookie.isascii() or len(cookie) > BROWSER_COOKIE_MAX_CHARACTERS:
        return None
    try:
        fields = vault.decrypt_fields(cookie.encode())
    except (SecretUnreadable, ValueError):
        return None
    if not isinstance(fields, dict) or fields.get("purpose") != _PURPOSE:
        return None
    if float(str(fields["until"])) < now.timestamp():
        return None
    return KnownBrowser(uuid.UUID(str(fields["user"])), str(fields["number"]), str(fields["mark"]))


def _mark(user: User) -> str:
    return digest(user.password_hash)[:16]

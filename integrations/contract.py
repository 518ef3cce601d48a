"""What the service and its vendors share: a request as it arrived, and why it cannot be used.

`source_contract` says what a source is, `tracker_contract` what a tracker is: the only things the
service knows about a vendor. Neither sees the database.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Visibility(StrEnum):
    """Who may read words where they stand, from everybody to the fewest."""

    public = "public"
    unknown = "unknown"
    """The platform does not say; taken as ``public``, since nobody said that it is not."""
    members = "members"
    """Whoever belongs to the workspace, the forum or the organisation."""
    private = "private"
    """Those who were let in one by one: a private channel, message or repository."""

    def fits(self, audience: Visibility) -> bool:
        """Whether words of this visibility may be shown to an audience that is as public as
        ``audience``."""
        return _CLOSENESS[self] <= _CLOSENESS[audience]


_CLOSENESS = {
    Visibility.public: 0,
    Visibility.unknown: 0,
    Visibility.members: 1,
    Visibility.private: 2,
}


def most_private(visibilities: Iterable[Visibility]) -> Visibility:
    """The most private of these; unknown where there are none."""
    order = list(Visibility)
    return max(visibilities, key=order.index, default=Visibility.unknown)


class IntegrationError(Exception):
    """Something a vendor sent or answered that cannot be used. ``reason`` is a snake_case word,
    ``detail`` a sentence."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class PayloadError(IntegrationError):
    """A delivery whose body does not have the shape its platform documents."""


class SignatureRefused(IntegrationError):
    """A delivery that nobody who holds the secret has signed, or that is too old."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a check: what was looked at, whether it is right, and what to do if it is not.
    ``subject`` is a few words, ``detail`` and ``remedy`` are sentences without a secret."""

    subject: str
    ok: bool
    detail: str
    remedy: str = ""
    to_do: bool = False
    """Nothing is wrong, and yet something is still to be done: ``remedy`` says what."""


@dataclass(frozen=True, slots=True)
class Inbound:
    """One HTTP request as it arrived. Header names are lower case; ``body`` holds the raw bytes;
    times are UTC."""

    method: str
    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str]
    received_at: datetime

    def json(self) -> dict[str, Any]:
        """The body as a JSON object. Raises PayloadError: ``invalid_encoding``, ``invalid_json`` or
        ``wrong_shape``."""
        try:
            # RFC 8259, 8.1: a parser may ignore a byte order mark.
            text = self.body.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise PayloadError(
                "invalid_encoding", f"The body is not UTF-8 (byte {error.start})."
            ) from None
        try:
            value = json.loads(text)
        except ValueError:
            raise PayloadError("invalid_json", "The body is not JSON.") from None
        except RecursionError:
            raise PayloadError(
                "invalid_json", "The body is JSON that is nested too deeply to be read."
            ) from None
        if not isinstance(value, dict):
            raise PayloadError("wrong_shape", "The body is JSON, but not an object.")
        return value

"""Access tokens that live for minutes or hours: remembered in this process alone, by what they
were asked for with."""

from __future__ import annotations

import time
from typing import Any

TOKEN_SPARE_SECONDS = 120.0
_TOKENS_REMEMBERED = 100


class AccessTokens:
    """The tokens of one platform by a name that holds no secret (``payload.fingerprinted``)."""

    def __init__(self) -> None:
        self._tokens: dict[str, tuple[str, float]] = {}

    def of(self, name: str) -> str:
        """The token while it lasts, or blank."""
        token, ends_at = self._tokens.get(name, ("", 0.0))
        return token if time.monotonic() < ends_at else ""

    def keep(self, name: str, token: str, seconds: float) -> str:
        """Remember a token that lasts so long, and return it."""
        if len(self._tokens) >= _TOKENS_REMEMBERED:
            self._tokens.clear()
        self._tokens[name] = (token, time.monotonic() + seconds - TOKEN_SPARE_SECONDS)
        return token

    def keep_answer(self, name: str, answer: Any) -> str:
        """The token of an OAuth answer, remembered; blank where there is none."""
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not token:
            return ""
        lasts = answer.get("expires_in")
        seconds = float(lasts) if isinstance(lasts, int) and not isinstance(lasts, bool) else 0.0
        return self.keep(name, token, seconds)

    def forget(self, name: str) -> None:
        """Ask for another token next time: this one was refused."""
        self._tokens.pop(name, None)

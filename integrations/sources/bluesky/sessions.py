"""Sessions of Bluesky: an access token for two hours, and one by which it is renewed.

A server opens few sessions a day for an account, so a session is renewed as long as that works.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field

from integrations import payload
from integrations.access_tokens import AccessTokens
from integrations.contract import IntegrationError
from integrations.entered_tokens import SECRETIVE, Token
from integrations.sources.bluesky.settings import Settings

_ACCESS_SECONDS = 90 * 60.0
_RENEWAL_SECONDS = 30 * 86_400.0
_access = AccessTokens()
_renewals = AccessTokens()
EXPIRED_ERRORS = frozenset({"ExpiredToken", "InvalidToken"})

Post = Callable[[str, Mapping[str, str], Mapping[str, Any]], Awaitable[Any]]
"""Posts JSON to an address with headers, and returns the JSON that is answered."""


class BlueskyCredentials(BaseModel):
    """What lets us in as an account."""

    model_config = SECRETIVE

    handle: str = Field(min_length=3, max_length=253, description="The account's handle.")
    app_password: Token = Field(description="An app password of the account.")


@dataclass(frozen=True, slots=True)
class Session:
    """``did`` is the account's name that never changes."""

    token: str
    did: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def _name(settings: Settings, credentials: Mapping[str, Any]) -> str:
    secret = f"{credentials.get('handle')}\n{credentials.get('app_password')}"
    return payload.fingerprinted("bluesky", settings.service_url, secret)


async def session_of(
    settings: Settings, credentials: Mapping[str, Any], post: Post
) -> Session | None:
    """The session of these credentials: the one that is remembered, renewed, or a new one; None
    for an answer that is none. Raises what ``post`` raises."""
    name = _name(settings, credentials)
    if token := _access.of(name):
        return _session(token)
    if renewal := _renewals.of(name):
        headers = {"Authorization": f"Bearer {renewal}"}
        try:
            answer = await post(settings.xrpc("com.atproto.server.refreshSession"), headers, {})
        except IntegrationError:
            _renewals.forget(name)
        else:
            return _remembered(name, answer)
    body = {
        "identifier": str(credentials.get("handle") or "").removeprefix("@"),
        "password": str(credentials.get("app_password") or ""),
    }
    return _remembered(
        name, await post(settings.xrpc("com.atproto.server.createSession"), {}, body)
    )


def forget_access(settings: Settings, credentials: Mapping[str, Any]) -> None:
    """The access token was refused: renew it next time."""
    _access.forget(_name(settings, credentials))


def _remembered(name: str, answer: Any) -> Session | None:
    answered = answer if isinstance(answer, dict) else {}
    access, renewal, did = (answered.get(key) for key in ("accessJwt", "refreshJwt", "did"))
    if not isinstance(access, str) or not isinstance(did, str) or not access:
        return None
    if isinstance(renewal, str) and renewal:
        _renewals.keep(name, renewal, _RENEWAL_SECONDS)
    return _session(_access.keep(name, f"{did} {access}", _ACCESS_SECONDS))


def _session(remembered: str) -> Session:
    did, _, token = remembered.partition(" ")
    return Session(token, did)

"""Access tokens of Reddit, which live for an hour or a day. The keys of an app bring them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from integrations import payload
from integrations.access_tokens import AccessTokens
from integrations.sources.reddit.settings import REDDIT_SITE, Settings

REDDIT_AGENT = "server:feedback-relay:v1 (self-hosted)"
"""Reddit refuses the names of libraries."""
_tokens = AccessTokens()


def token_request(
    settings: Settings, credentials: Mapping[str, Any]
) -> tuple[str, dict[str, str], dict[str, str]]:
    """Where a token is asked for, the headers and the form: in the name of the account that gave a
    refresh token, else of the app, which reads what is public."""
    pair = f"{credentials.get('client_id', '')}:{credentials.get('client_secret', '')}"
    headers = {
        "Authorization": "Basic " + base64.b64encode(pair.encode()).decode(),
        "User-Agent": REDDIT_AGENT,
    }
    form = {"grant_type": "client_credentials"}
    if refresh_token := str(credentials.get("refresh_token") or ""):
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return f"{settings.site_url or REDDIT_SITE}/api/v1/access_token", headers, form


def bearer(token: str) -> dict[str, str]:
    """The headers of a call with a token."""
    return {"Authorization": f"Bearer {token}", "User-Agent": REDDIT_AGENT}


def _name(settings: Settings, credentials: Mapping[str, Any]) -> str:
    names = ("client_id", "client_secret", "refresh_token")
    entered = "\n".join(str(credentials.get(name, "")) for name in names)
    return payload.fingerprinted("reddit", settings.site_url, entered)


def remembered(settings: Settings, credentials: Mapping[str, Any]) -> str:
    """The token of these credentials while it lasts, or blank."""
    return _tokens.of(_name(settings, credentials))


def remember(settings: Settings, credentials: Mapping[str, Any], answer: Any) -> str:
    """The token of an answer, kept in this process alone; blank where there is none."""
    return _tokens.keep_answer(_name(settings, credentials), answer)


def forget(settings: Settings, credentials: Mapping[str, Any]) -> None:
    """Ask for another token next time: this one was refused."""
    _tokens.forget(_name(settings, credentials))

"""The key of a service account, and the access tokens that it brings for an hour."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, SecretStr

from integrations import payload
from integrations.access_tokens import AccessTokens
from integrations.entered_tokens import SECRETIVE
from integrations.sources.googleplay.settings import PLAY_TOKENS, Settings

_SCOPE = "https://www.googleapis.com/auth/androidpublisher"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_ASSERTION_SECONDS = 3_000
play_tokens = AccessTokens()


def _key_file(entered: SecretStr) -> SecretStr:
    if not _fields(entered.get_secret_value()):
        raise ValueError(
            "Enter the whole content of the key file, which begins with { and names a client_email."
        )
    return entered


def _fields(text: str) -> dict[str, str]:
    """The account and its key; nothing where the text is no key file."""
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    named = value if isinstance(value, dict) else {}
    fields = {name: str(named.get(name) or "") for name in ("client_email", "private_key")}
    return fields if all(fields.values()) else {}


class GooglePlayCredentials(BaseModel):
    """What lets us in as a service account."""

    model_config = SECRETIVE

    key_file: Annotated[SecretStr, AfterValidator(_key_file)] = Field(
        description="The content of the service account's key file (JSON)."
    )


def token_name(settings: Settings, credentials: Mapping[str, Any]) -> str:
    """By what a token is remembered."""
    key_file = str(credentials.get("key_file") or "")
    return payload.fingerprinted("googleplay", settings.token_url, key_file)


def token_form(
    settings: Settings, credentials: Mapping[str, Any]
) -> tuple[str, dict[str, str]] | None:
    """Where a token is asked for, and the form with the signed request; None for a key that cannot
    sign."""
    import jwt

    url = settings.token_url or PLAY_TOKENS
    fields = _fields(str(credentials.get("key_file") or ""))
    now = int(time.time())
    claims = {
        "iss": fields.get("client_email", ""),
        "scope": _SCOPE,
        "aud": url,
        "iat": now,
        "exp": now + _ASSERTION_SECONDS,
    }
    try:
        assertion = jwt.encode(claims, fields.get("private_key", ""), algorithm="RS256")
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    return url, {"grant_type": _GRANT, "assertion": assertion}

"""The key of App Store Connect, and the tokens that are signed with it: Apple takes them for 20
minutes, by its own clock."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, SecretStr

from integrations import payload
from integrations.access_tokens import TOKEN_SPARE_SECONDS, AccessTokens
from integrations.entered_tokens import SECRETIVE
from integrations.sources.appstore.settings import Settings

_TOKEN_SECONDS = 15 * 60
_PRIVATE_KEY = re.compile(r"-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\s\\n]+)-----END PRIVATE KEY")
_LINE_CHARACTERS = 64
_tokens = AccessTokens()


def _key_text(entered: SecretStr) -> SecretStr:
    """The key with its lines, which get lost in a form of one line."""
    match = _PRIVATE_KEY.search(entered.get_secret_value())
    if match is None:
        raise ValueError(
            "Enter the whole content of the .p8 file, from -----BEGIN PRIVATE KEY----- on."
        )
    digits = re.sub(r"\s|\\n", "", match[1])
    lines = [digits[at : at + _LINE_CHARACTERS] for at in range(0, len(digits), _LINE_CHARACTERS)]
    return SecretStr(
        "\n".join(["-----BEGIN PRIVATE KEY-----", *lines, "-----END PRIVATE KEY-----\n"])
    )


class AppStoreCredentials(BaseModel):
    """What lets us in."""

    model_config = SECRETIVE

    issuer_id: str = Field(min_length=1, max_length=60, description="The issuer ID above the keys.")
    key_id: str = Field(min_length=1, max_length=30, description="The key's ID.")
    private_key: Annotated[SecretStr, AfterValidator(_key_text)] = Field(
        description="The content of the key's .p8 file."
    )


def key_name(settings: Settings, credentials: Mapping[str, Any]) -> str:
    """By what a key is known here; Apple counts calls by keys."""
    parts = [str(credentials.get(name) or "") for name in ("issuer_id", "key_id", "private_key")]
    return payload.fingerprinted("appstore", settings.api_url, "\n".join(parts))


def bearer_of(settings: Settings, credentials: Mapping[str, Any]) -> dict[str, str] | None:
    """The header of a call; None for a key that cannot sign."""
    import jwt

    name = key_name(settings, credentials)
    token = _tokens.of(name)
    if not token:
        now = int(time.time())
        claims = {
            "iss": str(credentials.get("issuer_id")),
            "iat": now,
            "exp": now + _TOKEN_SECONDS,
            "aud": "appstoreconnect-v1",
        }
        headers = {"kid": str(credentials.get("key_id"))}
        try:
            key = str(credentials.get("private_key") or "")
            token = jwt.encode(claims, key, algorithm="ES256", headers=headers)
        except (jwt.PyJWTError, ValueError, TypeError):
            return None
        _tokens.keep(name, token, _TOKEN_SECONDS - TOKEN_SPARE_SECONDS)
    return {"Authorization": f"Bearer {token}"}

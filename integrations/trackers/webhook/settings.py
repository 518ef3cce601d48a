"""What people enter for a receiver of signed webhooks."""

from __future__ import annotations

import binascii
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, SecretStr

from integrations.tracker_contract import Audience
from integrations.trackers.credentials import SECRETIVE, Token
from integrations.trackers.entered import Address

SECRET_PREFIX = "whsec_"  # noqa: S105 - what every secret of Standard Webhooks begins with
_KEY_LEAST_BYTES, _KEY_MOST_BYTES = 24, 64  # of Standard Webhooks


class WebhookSettings(BaseModel):
    """Where the events about tickets go."""

    base_url: Address = Field(
        examples=["https://tickets.acme.example/relay"],
        description="The address that takes the events.",
    )
    audience: Audience = ""


def _signing_secret(secret: SecretStr) -> SecretStr:
    """A secret of Standard Webhooks, with its prefix. Raises ValueError."""
    encoded = secret.get_secret_value().strip().removeprefix(SECRET_PREFIX)
    try:
        key = binascii.a2b_base64(encoded, strict_mode=True)
    except ValueError:
        key = b""
    if not _KEY_LEAST_BYTES <= len(key) <= _KEY_MOST_BYTES:
        raise ValueError(
            "is whsec_ and base64 of 24 to 64 random bytes. Make one with: openssl rand -base64 32"
        )
    return SecretStr(SECRET_PREFIX + encoded)


def _optional_secret(secret: SecretStr) -> SecretStr:
    return _signing_secret(secret) if secret.get_secret_value().strip() else SecretStr("")


SigningSecret = Annotated[Token, AfterValidator(_signing_secret)]
FormerSecret = Annotated[SecretStr, AfterValidator(_optional_secret)]


class WebhookCredentials(BaseModel):
    """What signs the events; the receiver has the same secret."""

    model_config = SECRETIVE

    secret: SigningSecret = Field(description="whsec_ and base64 of 24 to 64 random bytes.")
    former_secret: FormerSecret = Field(
        default=SecretStr(""),
        description="The secret so far, while the receiver changes over: events are signed with "
        "both.",
    )

"""Sources and platforms as the API shows them, and what sets them up."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, SecretStr, field_validator

from app.api.schemas.base import (
    PRODUCT_EXAMPLE,
    CleanJson,
    Flag,
    In,
    Name,
    Out,
    Word,
    check_text,
    example,
)
from integrations import registry


class SourceIn(In):
    """A new source. `GET /platforms` names the settings of each platform."""

    product_id: UUID
    platform: Annotated[Word, Field(json_schema_extra={"enum": [*registry.sources()]})]
    name: Name
    settings: CleanJson = Field(default_factory=dict)
    secret: SecretStr | None = Field(
        default=None,
        min_length=8,
        max_length=500,
        description="One that the platform made; we make one without it.",
    )

    @field_validator("secret")
    @classmethod
    def _storable(cls, value: SecretStr | None) -> SecretStr | None:
        return _clean_secret(value)

    model_config = In.model_config | example(
        {"product_id": PRODUCT_EXAMPLE, "platform": "discourse", "name": "Forum"}
    )


class SourcePatch(In):
    """What to change; fields that are left out stay."""

    name: Name | None = None
    settings: CleanJson | None = None
    enabled: Flag | None = Field(
        default=None, description="A source that is switched off answers its platform 404."
    )

    model_config = In.model_config | example({"enabled": False})


class SourceOut(Out):
    """One connected channel of a platform."""

    id: UUID
    product_id: UUID
    platform: str
    name: str
    settings: dict[str, Any]
    enabled: bool
    created_at: datetime
    webhook_url: str = Field(
        description="Where the platform has to post to; blank for one that sends nothing."
    )

    model_config = Out.model_config | example(
        {
            "id": "9d7a2a8e-3f0c-4d53-9b1f-5a1a6f1ca001",
            "product_id": PRODUCT_EXAMPLE,
            "platform": "discourse",
            "name": "Forum",
            "settings": {"base_url": "https://forum.example.org"},
            "enabled": True,
            "created_at": "2026-11-20T12:00:00Z",
            "webhook_url": "https://relay.example.org/hooks/9d7a2a8e-3f0c-4d53-9b1f-5a1a6f1ca001",
        }
    )


class SecretIn(In):
    """A secret that the platform made; leave it out and we make one."""

    secret: SecretStr | None = Field(default=None, min_length=8, max_length=500)

    @field_validator("secret")
    @classmethod
    def _storable(cls, value: SecretStr | None) -> SecretStr | None:
        return _clean_secret(value)

    model_config = In.model_config | example({})


class SourceSecretOut(Out):
    """A source with its new signing secret, which is shown this once, and the steps to set the
    platform up."""

    source: SourceOut
    secret: str = Field(
        description="Keep it: it cannot be read again. Blank for a platform that sends nothing."
    )
    guide: str = Field(description="Markdown, with the address and the secret in it.")


class GuideOut(Out):
    """How to set a platform up."""

    webhook_url: str
    guide: str = Field(description="Markdown; a placeholder stands where the secret goes.")

    model_config = Out.model_config | example(
        {
            "webhook_url": "https://relay.example.org/hooks/9d7a2a8e-3f0c-4d53-9b1f-5a1a6f1ca001",
            "guide": "1. Open *Admin > API > Webhooks* ...",
        }
    )


class KindOfIntegrationOut(Out):
    """A platform or a tracker that is installed. ``settings`` is a JSON Schema."""

    name: str
    title: str
    settings: dict[str, Any]

    model_config = Out.model_config | example(
        {
            "name": "discourse",
            "title": "Discourse",
            "settings": {"type": "object", "properties": {}},
        }
    )


class PlatformOut(KindOfIntegrationOut):
    """A platform that can be connected. ``credentials`` is a JSON Schema of what lets us read it,
    null where it is not polled or needs none."""

    sends: bool = Field(description="It has webhooks.")
    polled: bool = Field(description="It can be asked for what it does not send.")
    credentials: dict[str, Any] | None

    model_config = Out.model_config | example(
        {
            "name": "discourse",
            "title": "Discourse",
            "settings": {"type": "object", "properties": {}},
            "sends": True,
            "polled": True,
            "credentials": {"type": "object", "properties": {}},
        }
    )


def _clean_secret(value: SecretStr | None) -> SecretStr | None:
    if value is not None:
        check_text(value.get_secret_value())
    return value

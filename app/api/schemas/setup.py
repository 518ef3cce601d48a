"""Products, sources and trackers as the API shows them, and what sets them up."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, SecretStr, field_validator

from app.api.schemas.base import CleanJson, In, Out, Word, check_text, example

_PRODUCT = "0d2cdb2e-54e6-4f2e-8a3c-0a3a52f0a001"
Policy = Literal["review", "auto", "hold"]
Name = Annotated[Word, Field(min_length=1, max_length=100)]
People = Annotated[int, Field(ge=1, le=10_000, description="`auto`: people that a theme needs.")]
Confidence = Annotated[
    float, Field(ge=0, le=1, description="`auto`: confidence that a theme needs.")
]
ThemeKinds = Annotated[list[Literal["bug", "feature"]], Field(min_length=1, max_length=2)]


class ProductIn(In):
    """A new product."""

    name: Name
    slug: Annotated[Word, Field(max_length=100)] | None = Field(
        default=None,
        description="Its name in labels and on the command line; made from the name without it.",
    )
    policy: Policy = "review"
    auto_min_people: People = 2
    auto_min_confidence: Confidence = 0.6
    count_staff: bool = False

    model_config = In.model_config | example({"name": "Desktop app", "policy": "review"})


class ProductPatch(In):
    """What to change; fields that are left out stay."""

    name: Name | None = None
    policy: Policy | None = None
    auto_min_people: People | None = None
    auto_min_confidence: Confidence | None = None
    count_staff: bool | None = None

    model_config = In.model_config | example({"policy": "auto", "auto_min_people": 3})


class ProductOut(Out):
    """What a team builds, and the policy by which its themes become tickets."""

    id: UUID
    slug: str
    name: str
    policy: Policy = Field(
        description="`review`: a person approves; `auto`: thresholds do; `hold`: nothing is pushed."
    )
    auto_min_people: int
    auto_min_confidence: float
    count_staff: bool = Field(description="Whether what staff says makes themes as well.")
    created_at: datetime

    model_config = Out.model_config | example(
        {
            "id": _PRODUCT, "slug": "desktop-app", "name": "Desktop app", "policy": "review", "auto_min_people": 2,
            "auto_min_confidence": 0.6, "count_staff": False, "created_at": "2026-11-20T12:00:00Z",
        }
    )  # fmt: skip


class SourceIn(In):
    """A new source. `GET /platforms` names the settings of each platform."""

    product_id: UUID
    platform: Word
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
        {"product_id": _PRODUCT, "platform": "discourse", "name": "Forum"}
    )


class SourcePatch(In):
    """What to change; fields that are left out stay."""

    name: Name | None = None
    settings: CleanJson | None = None
    enabled: bool | None = Field(
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
    webhook_url: str = Field(description="Where the platform has to post to.")

    model_config = Out.model_config | example(
        {
            "id": "9d7a2a8e-3f0c-4d53-9b1f-5a1a6f1ca001", "product_id": _PRODUCT, "platform": "discourse",
            "name": "Forum", "settings": {"base_url": "https://forum.example.org"}, "enabled": True,
            "created_at": "2026-11-20T12:00:00Z",
            "webhook_url": "https://relay.example.org/hooks/9d7a2a8e-3f0c-4d53-9b1f-5a1a6f1ca001",
        }
    )  # fmt: skip


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
    secret: str = Field(description="Keep it: it cannot be read again.")
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


class TrackerTypeOut(KindOfIntegrationOut):
    """A kind of tracker. ``credentials`` is a JSON Schema of what is kept encrypted."""

    credentials: dict[str, Any]

    model_config = Out.model_config | example(
        {
            "name": "github", "title": "GitHub Issues", "settings": {"type": "object", "properties": {}},
            "credentials": {"type": "object", "properties": {}},
        }
    )  # fmt: skip


class TrackerIn(In):
    """A new tracker. `GET /tracker-types` names the settings and credentials of each type."""

    product_id: UUID
    type: Word
    name: Name
    settings: CleanJson
    credentials: CleanJson = Field(description="Kept encrypted, never answered.")
    kinds: ThemeKinds = Field(default=["bug", "feature"])

    model_config = In.model_config | example(
        {
            "product_id": _PRODUCT, "type": "github", "name": "Desktop app",
            "settings": {"repository": "example/desktop"}, "credentials": {"token": "a token with issues: write"},
        }
    )  # fmt: skip


class TrackerPatch(In):
    """What to change; fields that are left out stay. A pause after an error ends."""

    name: Name | None = None
    settings: CleanJson | None = None
    credentials: CleanJson | None = None
    kinds: ThemeKinds | None = None
    enabled: bool | None = None

    model_config = In.model_config | example({"kinds": ["bug"]})


class TrackerOut(Out):
    """A Jira project or a GitHub repository. ``reason`` and ``detail`` say what is wrong with it,
    if anything."""

    id: UUID
    product_id: UUID
    type: str
    name: str
    settings: dict[str, Any]
    kinds: list[str]
    enabled: bool
    paused_until: datetime | None
    reason: str
    detail: str
    checked_at: datetime | None
    created_at: datetime

    @field_validator("kinds", mode="before")
    @classmethod
    def _words(cls, value: object) -> object:
        return value.split(",") if isinstance(value, str) else value

    model_config = Out.model_config | example(
        {
            "id": "c0a3d6f4-11b4-4e0e-9f0e-0b7b1c1aa001", "product_id": _PRODUCT, "type": "github",
            "name": "Desktop app", "settings": {"repository": "example/desktop"}, "kinds": ["bug", "feature"],
            "enabled": True, "paused_until": None, "reason": "", "detail": "", "checked_at": None,
            "created_at": "2026-11-20T12:00:00Z",
        }
    )  # fmt: skip


class FindingOut(Out):
    """One line of a check."""

    subject: str
    ok: bool
    detail: str
    remedy: str = Field(description="What to do where it is not right.")

    model_config = Out.model_config | example(
        {"subject": "permissions", "ok": True, "detail": "Issues can be written.", "remedy": ""}
    )


def _clean_secret(value: SecretStr | None) -> SecretStr | None:
    if value is not None:
        check_text(value.get_secret_value())
    return value

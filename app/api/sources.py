"""Sources: connected channels, their secrets and their set-up steps."""

from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query

from app.api.access import Admin, DatabaseOf, Reader, SettingsOf, VaultOf
from app.api.reasons import refusals
from app.api.routes import LimitedRoute
from app.api.schemas.source import (
    GuideOut,
    PlatformOut,
    SecretIn,
    SourceIn,
    SourceOut,
    SourcePatch,
    SourceSecretOut,
)
from app.config import Settings
from app.setup import sources
from app.setup.sources import Source
from integrations import registry
from integrations.source_contract import Source as Platform

router = APIRouter(route_class=LimitedRoute, tags=["sources"])
SourceId = Annotated[
    UUID, Path(description="The source's `id`.", examples=["9d7a2a8e-3f0c-4d53-9b1f-5a1a6f1ca001"])
]
SECRET_OF_OURS = SecretIn()
WEAK_SECRETS = ("secret_too_short", "secret_malformed", "secret_weak")
SECRET_STAND_IN_OF_GUIDE = "<the secret that was shown when the source was made>"  # noqa: S105 - a sentence


def _shown(source: Source, settings: Settings) -> SourceOut:
    return SourceOut.model_validate(
        {**asdict(source), "webhook_url": _webhook_url(source, settings)}
    )


def _webhook_url(source: Source, settings: Settings) -> str:
    """Blank for a platform that sends nothing."""
    sends = registry.source(source.platform).sends
    return sources.webhook_url(settings.base_url, source.id) if sends else ""


def _with_secret(source: Source, settings: Settings, secret: str) -> SourceSecretOut:
    guide = sources.guide(source, settings.base_url, secret)
    return SourceSecretOut(source=_shown(source, settings), secret=secret, guide=guide)


@router.get(
    "/platforms", operation_id="list_platforms", summary="List platforms", responses=refusals()
)
async def platforms(caller: Reader) -> list[PlatformOut]:
    """Every platform that can be connected, with the JSON Schemas of its settings and
    credentials."""
    return [_platform(platform) for platform in registry.sources().values()]


def _platform(platform: Platform[Any]) -> PlatformOut:
    polling = platform.polling
    asks_for = None if polling is None else polling.credentials
    return PlatformOut(
        name=platform.name,
        title=platform.title,
        settings=platform.settings.model_json_schema(),
        sends=platform.sends,
        polled=polling is not None,
        credentials=None if asks_for is None else asks_for.model_json_schema(),
    )


@router.get("/sources", operation_id="list_sources", summary="List sources", responses=refusals())
async def list_all(
    caller: Reader,
    database: DatabaseOf,
    settings: SettingsOf,
    product_id: Annotated[UUID | None, Query(description="Only this product.")] = None,
) -> list[SourceOut]:
    """Every source, by name, without secrets."""
    async with database.transaction() as connection:
        rows = await sources.list_sources(connection, product_id)
    return [_shown(source, settings) for source in rows]


@router.post(
    "/sources",
    operation_id="create_source",
    summary="Connect a source",
    status_code=201,
    responses=refusals(
        "product_not_found",
        "name_taken",
        "name_length",
        "unknown_platform",
        "settings_invalid",
        *WEAK_SECRETS,
        "secret_needed",
        body=True,
    ),
)
async def create(
    caller: Admin, database: DatabaseOf, vault: VaultOf, settings: SettingsOf, body: SourceIn
) -> SourceSecretOut:
    """Connect a source. The signing secret is in this answer only; it is stored encrypted."""
    secret_of_platform = body.secret.get_secret_value() if body.secret else None
    async with database.transaction() as connection:
        source, secret = await sources.create_source(
            connection,
            vault,
            body.product_id,
            body.platform,
            body.name,
            body.settings,
            secret_of_platform,
        )
        return _with_secret(source, settings, secret)


@router.get(
    "/sources/{source_id}",
    operation_id="read_source",
    summary="Read a source",
    responses=refusals("source_not_found"),
)
async def read(
    caller: Reader, database: DatabaseOf, settings: SettingsOf, source_id: SourceId
) -> SourceOut:
    """A source without its secrets."""
    async with database.transaction() as connection:
        return _shown(await sources.get_source(connection, source_id), settings)


@router.patch(
    "/sources/{source_id}",
    operation_id="update_source",
    summary="Change a source",
    responses=refusals(
        "source_not_found", "name_taken", "name_length", "settings_invalid", body=True
    ),
)
async def update(
    caller: Admin,
    database: DatabaseOf,
    settings: SettingsOf,
    source_id: SourceId,
    body: SourcePatch,
) -> SourceOut:
    """Change the fields that are given; `settings` is replaced as a whole."""
    async with database.transaction() as connection:
        source = await sources.update_source(connection, source_id, **body.model_dump())
        return _shown(source, settings)


@router.delete(
    "/sources/{source_id}",
    operation_id="delete_source",
    summary="Delete a source",
    status_code=204,
    responses=refusals("source_not_found", writes=True),
)
async def delete(caller: Admin, database: DatabaseOf, source_id: SourceId) -> None:
    """Delete a source with its deliveries and comments."""
    async with database.transaction() as connection:
        await sources.delete_source(connection, source_id)


@router.post(
    "/sources/{source_id}/secrets",
    operation_id="rotate_source_secret",
    summary="Rotate a source's secret",
    status_code=201,
    responses=refusals(
        "source_not_found", *WEAK_SECRETS, "secret_needed", "secret_unused", body=True
    ),
)
async def rotate(
    caller: Admin,
    database: DatabaseOf,
    vault: VaultOf,
    settings: SettingsOf,
    source_id: SourceId,
    body: SecretIn = SECRET_OF_OURS,
) -> SourceSecretOut:
    """Add a secret beside the one in use: both are accepted until the next rotation, so that no
    delivery is lost."""
    secret_of_platform = body.secret.get_secret_value() if body.secret else None
    async with database.transaction() as connection:
        secret = await sources.rotate_secret(connection, vault, source_id, secret_of_platform)
        return _with_secret(await sources.get_source(connection, source_id), settings, secret)


@router.get(
    "/sources/{source_id}/guide",
    operation_id="read_source_guide",
    summary="Read how to set the platform up",
    responses=refusals("source_not_found"),
)
async def guide(
    caller: Reader, database: DatabaseOf, settings: SettingsOf, source_id: SourceId
) -> GuideOut:
    """The platform's set-up steps with this source's real address."""
    async with database.transaction() as connection:
        source = await sources.get_source(connection, source_id)
    return GuideOut(
        webhook_url=_webhook_url(source, settings),
        guide=sources.guide(source, settings.base_url, SECRET_STAND_IN_OF_GUIDE),
    )

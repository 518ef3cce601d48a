"""How a product answers, and by whose account a source is answered."""

from dataclasses import asdict

from fastapi import APIRouter

from app.api.access import Admin, DatabaseOf, Reader, SettingsOf, VaultOf
from app.api.products import ProductId
from app.api.reasons import refusals
from app.api.routes import LimitedRoute
from app.api.schemas.reply import (
    ReplyAccountIn,
    ReplyAccountOut,
    ReplyRulesIn,
    ReplyRulesOut,
    ReplyTemplateIn,
    ReplyTemplateOut,
)
from app.api.schemas.tracker import FindingOut
from app.api.sources import SourceId
from app.setup import reply_accounts, reply_policies
from app.setup.sources import get_source

router = APIRouter(route_class=LimitedRoute, tags=["replies"])


@router.get(
    "/products/{product_id}/reply-rules",
    operation_id="read_reply_rules",
    summary="Read how a product answers",
    responses=refusals("product_not_found"),
)
async def rules(caller: Reader, database: DatabaseOf, product_id: ProductId) -> ReplyRulesOut:
    """What is drafted and when, what goes out by itself, and when it is quiet."""
    async with database.transaction() as connection:
        return ReplyRulesOut.model_validate(
            await reply_policies.reply_rules(connection, product_id)
        )


@router.patch(
    "/products/{product_id}/reply-rules",
    operation_id="update_reply_rules",
    summary="Change how a product answers",
    responses=refusals(
        "product_not_found",
        "threshold_invalid",
        "quiet_hours_invalid",
        "timezone_unknown",
        "meaning_invalid",
        "placeholder_unknown",
        "text_too_long",
        body=True,
    ),
)
async def change_rules(
    caller: Admin, database: DatabaseOf, product_id: ProductId, body: ReplyRulesIn
) -> ReplyRulesOut:
    """Change what is given."""
    async with database.transaction() as connection:
        before = await reply_policies.reply_rules(connection, product_id)
        changes = body.model_dump(exclude_none=True)
        changed = reply_policies.ReplyRules(**{**asdict(before), **changes})
        return ReplyRulesOut.model_validate(
            await reply_policies.set_reply_rules(connection, product_id, changed)
        )


@router.get(
    "/products/{product_id}/reply-templates",
    operation_id="list_reply_templates",
    summary="Read what a product says",
    responses=refusals("product_not_found"),
)
async def templates(
    caller: Reader, database: DatabaseOf, product_id: ProductId
) -> list[ReplyTemplateOut]:
    """The product's own templates. What it has none of is said in the default words."""
    async with database.transaction() as connection:
        await reply_policies.reply_rules(connection, product_id)
        rows = await reply_policies.reply_templates(connection, product_id)
    return [ReplyTemplateOut.model_validate(row) for row in rows]


@router.put(
    "/products/{product_id}/reply-templates",
    operation_id="set_reply_template",
    summary="Change what a product says",
    status_code=204,
    responses=refusals(
        "product_not_found",
        "unknown_platform",
        "meaning_invalid",
        "placeholder_unknown",
        "text_too_long",
        body=True,
    ),
)
async def set_template(
    caller: Admin, database: DatabaseOf, product_id: ProductId, body: ReplyTemplateIn
) -> None:
    """Say this in answers of a meaning; a blank text is the default again."""
    async with database.transaction() as connection:
        await reply_policies.set_reply_template(
            connection, product_id, body.platform, body.meaning, body.text
        )


@router.get(
    "/sources/{source_id}/replies",
    operation_id="read_reply_account",
    summary="Read by whose account a source is answered",
    responses=refusals("source_not_found", "no_reply_account"),
)
async def account(caller: Reader, database: DatabaseOf, source_id: SourceId) -> ReplyAccountOut:
    """How answering the source does. Credentials are never shown."""
    async with database.transaction() as connection:
        await get_source(connection, source_id)
        return ReplyAccountOut.model_validate(
            await reply_accounts.required_account(connection, source_id)
        )


@router.put(
    "/sources/{source_id}/replies",
    operation_id="set_reply_account",
    summary="Enter by whose account a source is answered",
    responses=refusals(
        "source_not_found",
        "platform_cannot",
        "settings_invalid",
        "automatic_not_allowed",
        "threshold_invalid",
        "no_reply_account",
        body=True,
    ),
)
async def set_account(
    caller: Admin, database: DatabaseOf, vault: VaultOf, source_id: SourceId, body: ReplyAccountIn
) -> ReplyAccountOut:
    """Enter credentials, or switch; what waits is tried again at once with new credentials."""
    async with database.transaction() as connection:
        if body.credentials is not None:
            await reply_accounts.set_reply_credentials(
                connection, vault, source_id, body.credentials
            )
        changed = await reply_accounts.update_reply_account(
            connection,
            source_id,
            enabled=body.enabled,
            automatic=body.automatic,
            per_hour=body.per_hour,
        )
    return ReplyAccountOut.model_validate(changed)


@router.delete(
    "/sources/{source_id}/replies",
    operation_id="delete_reply_account",
    summary="Answer a source no longer",
    status_code=204,
    responses=refusals("source_not_found", writes=True),
)
async def forget(caller: Admin, database: DatabaseOf, source_id: SourceId) -> None:
    """Forget the credentials. Drafts and what was posted stay."""
    async with database.transaction() as connection:
        await reply_accounts.forget_reply_account(connection, source_id)


@router.post(
    "/sources/{source_id}/replies/check",
    operation_id="check_reply_account",
    summary="Check the account that answers",
    responses=refusals(
        "source_not_found", "platform_cannot", "no_reply_account", "secret_unreadable", writes=True
    ),
)
async def check(
    caller: Admin, database: DatabaseOf, vault: VaultOf, settings: SettingsOf, source_id: SourceId
) -> list[FindingOut]:
    """Ask the platform by whose account we would answer. Posts nothing."""
    async with database.transaction() as connection:
        findings = await reply_accounts.check_replies(
            connection, vault, source_id, network=settings.network
        )
    return [FindingOut.model_validate(finding) for finding in findings]

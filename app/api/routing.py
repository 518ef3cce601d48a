"""Routing rules: which tracker takes a theme, and who accepts it."""

from collections.abc import Sequence

from fastapi import APIRouter

from app.api.access import Admin, DatabaseOf, Reader
from app.api.products import ProductId
from app.api.reasons import refusals
from app.api.routes import LimitedRoute
from app.api.schemas.routing import RuleIn, RuleOut, RulesIn, RulesSaveIn, TrialOut
from app.models.states import Policy
from app.setup.products import get_product
from app.setup.routing_filters import checked_filters
from app.setup.routing_rules import Rule, list_rules
from app.setup.ticket_contents import checked_contents
from app.triage.routing_trial import Trial, save_rules, try_rules

router = APIRouter(route_class=LimitedRoute, prefix="/products/{product_id}", tags=["products"])
RULE_REFUSALS = (
    "product_not_found",
    "rule_not_found",
    "rule_tracker_unknown",
    "filter_invalid",
    "template_invalid",
    "field_unknown",
    "too_many_rules",
    "name_taken",
    "name_length",
)


@router.get(
    "/routing-rules",
    operation_id="list_routing_rules",
    summary="List a product's routing rules",
    response_model=list[RuleOut],
    responses=refusals("product_not_found"),
)
async def list_all(caller: Reader, database: DatabaseOf, product_id: ProductId) -> list[Rule]:
    """The rules in their order. The first that matches a theme decides about it; where none does,
    the product's own `policy`."""
    async with database.transaction() as connection:
        await get_product(connection, product_id)
        return await list_rules(connection, product_id)


@router.put(
    "/routing-rules",
    operation_id="save_routing_rules",
    summary="Change a product's routing rules",
    response_model=list[RuleOut],
    responses=refusals(*RULE_REFUSALS, body=True),
)
async def save(
    caller: Admin, database: DatabaseOf, product_id: ProductId, body: RulesSaveIn
) -> list[Rule]:
    """Let these be all rules, in this order. They hold for what is said from now on; what was said
    before is accepted by them only with `apply_to_history`."""
    async with database.transaction() as connection:
        return await save_rules(
            connection, product_id, _rules(body.rules), apply_to_history=body.apply_to_history
        )


@router.post(
    "/routing-rules/try",
    operation_id="try_routing_rules",
    summary="Try routing rules",
    response_model=TrialOut,
    responses=refusals(*RULE_REFUSALS, body=True),
)
async def attempt(
    caller: Reader, database: DatabaseOf, product_id: ProductId, body: RulesIn
) -> Trial:
    """Which themes so far would match which of these rules, and which tickets would be made if they
    were applied to them. Nothing is written."""
    async with database.transaction() as connection:
        return await try_rules(connection, product_id, _rules(body.rules))


def _rules(entered: Sequence[RuleIn]) -> list[Rule]:
    """Raises Invalid (``filter_invalid``, ``template_invalid``)."""
    return [
        Rule(
            id=rule.id,
            name=rule.name,
            filters=checked_filters(rule.filters.model_dump()),
            tracker_id=rule.tracker_id,
            policy=Policy(rule.policy),
            auto_min_people=rule.auto_min_people,
            auto_min_confidence=rule.auto_min_confidence,
            contents=checked_contents(rule.contents.model_dump()),
        )
        for rule in entered
    ]

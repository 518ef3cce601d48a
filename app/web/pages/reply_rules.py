"""How a product answers, for administrators: what is drafted, what goes out by itself, quiet hours,
and the words."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.errors import Invalid
from app.models.states import ReplyMeaning
from app.setup import reply_policies
from app.setup.reply_policies import ReplyRules
from app.web import guard, rendering
from app.web.guard import Act, Admin, Administering
from app.web.routes import PageRoute
from integrations import registry

router = APIRouter(route_class=PageRoute)
TEMPLATED = [meaning for meaning in ReplyMeaning if meaning is not ReplyMeaning.free]


@router.get("/products/{product_id}/answers")
async def rules_page(request: Request, user: Admin, product_id: UUID) -> Response:
    """The rules and the templates, with the words that are said where there is none."""
    frame = await rendering.shell(request)
    async with guard.database(request).transaction() as connection:
        rules = await reply_policies.reply_rules(connection, product_id)
        templates = await reply_policies.reply_templates(connection, product_id)
    return await rendering.page(
        request,
        user,
        "reply_rules.html",
        frame=frame,
        product_id=product_id,
        rules=rules,
        templates=templates,
        meanings=TEMPLATED,
        of_statuses=reply_policies.OF_STATUSES,
        defaults=reply_policies.DEFAULT_TEMPLATES,
        disclosure=reply_policies.DEFAULT_DISCLOSURE,
        platforms=[
            (source.name, source.title)
            for source in registry.sources().values()
            if source.replying is not None
        ],
    )


@router.post("/products/{product_id}/answers")
async def save_rules(act: Administering, product_id: UUID) -> Response:
    """Answer like this from now on."""
    rules = ReplyRules(
        wait_minutes=_number(act, "wait_minutes"),
        drafted=",".join(act.texts("drafted")),
        automatic=",".join(act.texts("automatic")),
        quiet_from=_number(act, "quiet_from"),
        quiet_until=_number(act, "quiet_until"),
        time_zone=act.text("time_zone") or "UTC",
        disclosure=act.text("disclosure"),
    )
    async with act.database.transaction() as connection:
        await reply_policies.set_reply_rules(connection, product_id, rules)
    return act.done("Saved.")


@router.post("/products/{product_id}/answers/template")
async def save_template(act: Administering, product_id: UUID) -> Response:
    """Say this from now on, or, left blank, the default again."""
    async with act.database.transaction() as connection:
        await reply_policies.set_reply_template(
            connection, product_id, act.text("platform"), act.text("meaning"), act.text("text")
        )
    return act.done("Saved: it is said from now on, also in drafts that are still to come.")


def _number(act: Act, name: str) -> int:
    """Raises Invalid for anything that is no whole number."""
    text = act.text(name)
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise Invalid("Enter a whole number.", reason="threshold_invalid")
    return int(text)

"""Settings: products with their policy, who may sign in, and the tokens of the API."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.errors import Conflict, Invalid
from app.jobs.retention import terms_of
from app.models.states import Boldness, Policy, Role
from app.queries.boldness import boldness_history
from app.queries.model_in_force import shown_model
from app.setup import accounts, api_tokens, products
from app.setup.login_sessions import SessionUser
from app.web import guard, rendering
from app.web.guard import Administering, Viewer
from app.web.routes import PageRoute

router = APIRouter(route_class=PageRoute)
POLICY_CHOICES = (
    (
        Policy.review,
        "Review",
        "A person decides: every theme waits in triage until somebody accepts it.",
    ),
    (
        Policy.auto,
        "Auto",
        "Numbers decide: a theme that enough people speak of is accepted by itself; everything "
        "else waits.",
    ),
    (
        Policy.hold,
        "Hold",
        "People decide, and tickets wait: nothing is sent to a tracker until you change this.",
    ),
)
BOLDNESS_CHOICES = (
    (Boldness.careful, "Careful", "For products whose matters are close neighbours of each other."),
    (Boldness.balanced, "Balanced", "What most products want."),
    (Boldness.bold, "Bold", "Fewer themes, and now and then one to split."),
)
SCOPE_CHOICES = (
    ("read", "Read", "Themes, comments, tickets and numbers."),
    ("triage", "Triage", "Read, and decide about themes."),
    ("admin", "Administer", "Everything, sources and trackers too."),
)


@router.get("/settings")
async def settings_page(request: Request, user: Viewer) -> Response:
    """Everything that can be set; only administrators can change it."""
    return await _page(request, user)


async def _page(request: Request, user: SessionUser, token: str = "") -> Response:
    async with guard.database(request).transaction() as connection:
        every_product = await products.list_products(connection)
    async with guard.database(request).transaction() as connection:
        members = await accounts.list_users(connection)
        history = await boldness_history(connection, [product.id for product in every_product])
        model = await shown_model(connection, request.app.state.settings)
        tokens = []
        if user.role == Role.admin:
            tokens = await api_tokens.list_tokens(connection)
    return await rendering.page(
        request,
        user,
        "settings.html",
        products=every_product,
        boldnesses=BOLDNESS_CHOICES,
        history=history,
        policies=POLICY_CHOICES,
        members=members,
        tokens=[row for row in tokens if row.revoked_at is None],
        scopes=SCOPE_CHOICES,
        model=model,
        token=token,
        terms=terms_of(request.app.state.settings),
    )


@router.post("/settings/products")
async def add_product(act: Administering) -> Response:
    """A new product."""
    async with act.database.transaction() as connection:
        product = await products.create_product(connection, act.text("name"))
    return act.done(
        f"{product.name} is created. Connect a source to it next.",
        to=f"/sources/new?product={product.slug}",
    )


@router.post("/settings/products/{product_id}")
async def change_product(act: Administering, product_id: UUID) -> Response:
    """A product's name and policy."""
    async with act.database.transaction() as connection:
        await products.update_product(
            connection,
            product_id,
            name=act.text("name"),
            policy=act.text("policy"),
            auto_min_people=int(_number(act.text("auto_min_people"))),
            auto_min_confidence=_number(act.text("auto_min_confidence")) / 100,
            count_staff=act.text("count_staff") == "on",
            boldness=act.text("boldness") or None,
        )
    return act.done("Saved.")


def _number(value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not 0 <= number <= 1_000_000:
        raise Invalid(
            "A threshold is a number; a confidence is between 0 and 100.",
            reason="threshold_invalid",
        )
    return number


@router.post("/settings/members")
async def add_member(act: Administering) -> Response:
    """Somebody else who may sign in."""
    role = Role.admin if act.text("role") == Role.admin else Role.member
    async with act.database.transaction() as connection:
        member = await accounts.create_user(
            connection, act.text("email"), act.text("name"), str(act.form.get("password", "")), role
        )
    return act.done(f"{member.email} can sign in now.")


@router.post("/settings/members/{user_id}/remove")
async def remove_member(act: Administering, user_id: UUID) -> Response:
    """Take somebody's access away."""
    if user_id == act.user.user_id:
        raise Conflict(
            "You cannot remove yourself; ask another administrator.", reason="own_account"
        )
    async with act.database.transaction() as connection:
        await accounts.delete_user(connection, user_id)
    return act.done("Removed, and signed out everywhere.")


@router.post("/settings/tokens")
async def add_token(act: Administering) -> Response:
    """A new API token, shown this once."""
    async with act.database.transaction() as connection:
        _, clear = await api_tokens.create_token(connection, act.text("name"), [act.text("scope")])
    return await _page(act.request, act.user, token=clear)


@router.post("/settings/tokens/{token_id}/revoke")
async def revoke_token(act: Administering, token_id: UUID) -> Response:
    """End a token."""
    async with act.database.transaction() as connection:
        await api_tokens.revoke_token(connection, token_id)
    return act.done("Revoked: whatever uses this token is refused from now on.")

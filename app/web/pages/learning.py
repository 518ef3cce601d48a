"""What a product learned from its corrections, for a product manager: how good, since when, and the
way back."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.errors import Conflict
from app.judging.product_models import shipped_base
from app.learning import model_versions
from app.learning.training_queue import ask_for_training
from app.learning.unchanged import NOTHING_NEW, sentence, unchanged_since
from app.queries.learning import learning_states
from app.setup import products
from app.web import guard, rendering
from app.web.guard import Administering, Viewer
from app.web.routes import PageRoute

router = APIRouter(route_class=PageRoute)
WHATS = {
    "kind": (
        "Kinds",
        "Whether a comment is a bug, a request, a question, praise or something else.",
    ),
    "grouping": ("Grouping", "Whether a comment says the same as an earlier one."),
}
STATUSES = {
    "active": "In force",
    "candidate": "Waits for you",
    "retired": "Served before",
    "rejected": "Not better",
}


@router.get("/settings/learning/{product_id}")
async def learning_page(request: Request, user: Viewer, product_id: UUID) -> Response:
    """Labels so far, the version in force with its scores, and the history."""
    async with guard.database(request).session() as session:
        product = await products.get_product(session, product_id)
    async with guard.database(request).transaction() as connection:
        states = await learning_states(connection, product_id)
    return await rendering.page(
        request,
        user,
        "learning.html",
        of=product,
        states=states,
        whats=WHATS,
        statuses=STATUSES,
        why_not=model_versions.why_not,
    )


@router.post("/settings/learning/{product_id}/train")
async def train(act: Administering, product_id: UUID) -> Response:
    """Ask a worker to train now, unless it would only repeat the last version. Raises Conflict
    then."""
    learned = model_versions.checked_learned(act.text("what"))
    async with act.database.transaction() as connection:
        await learning_states(connection, product_id)
        known = await unchanged_since(
            connection, product_id, learned, shipped_base(learned, act.request.app.state.settings)
        )
        if known is not None:
            raise Conflict(sentence(known), reason=NOTHING_NEW)
        asked = await ask_for_training(connection, product_id, learned, act.actor)
    return act.done(
        "A worker trains now. Look again in a minute." if asked else "It is being trained already."
    )


@router.post("/settings/learning/{product_id}/rollback")
async def roll_back(act: Administering, product_id: UUID) -> Response:
    """Go back to the version before."""
    async with act.database.transaction() as connection:
        back = await model_versions.roll_back(connection, product_id, act.text("what"))
    now = f"Version {back.number}" if back else "The shipped model"
    return act.done(
        f"{now} is in force from the next comments on. The other one stays in the history."
    )


@router.post("/settings/learning/{product_id}/promote")
async def promote(act: Administering, product_id: UUID) -> Response:
    """Put a version of the history in force; one that was rejected only where the form says that it
    shall anyway."""
    number = act.text("number")
    async with act.database.transaction() as connection:
        found = await model_versions.promote(
            connection, product_id, act.text("what"), int(number) if number.isdecimal() and len(number) < 9 else 0,
            anyway=act.text("anyway") == "yes",
        )  # fmt: skip
    return act.done(f"Version {found.number} is in force from the next comments on.")

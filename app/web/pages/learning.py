"""What a product learned, for a product manager: how good, since when, and the way back."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.errors import Conflict
from app.judging.model_in_force import settings_in_force
from app.judging.product_models import shipped_base
from app.learning import model_versions
from app.learning.training_queue import ask_for_training
from app.learning.unchanged import NOTHING_NEW, sentence, unchanged_since
from app.models.states import Learned, ModelStatus
from app.queries.learning import learning_states
from app.setup import products
from app.web import guard, rendering
from app.web.guard import Administering, Viewer
from app.web.routes import PageRoute

router = APIRouter(route_class=PageRoute)
LEARNED_NAMES: dict[str, tuple[str, str]] = {
    Learned.kind: (
        "Kinds",
        "Whether a comment is a bug, a request, a question, praise or something else.",
    ),
    Learned.grouping: ("Grouping", "Whether a comment says the same as an earlier one."),
}
MODEL_STATUSES: dict[str, str] = {
    ModelStatus.active: "In force",
    ModelStatus.candidate: "Waits for you",
    ModelStatus.retired: "Served before",
    ModelStatus.rejected: "Not better",
}


@router.get("/settings/learning/{product_id}")
async def learning_page(request: Request, user: Viewer, product_id: UUID) -> Response:
    """Labels so far, the version in force with its scores, and the history."""
    async with guard.database(request).transaction() as connection:
        product = await products.get_product(connection, product_id)
    async with guard.database(request).transaction() as connection:
        states = await learning_states(connection, product_id)
    return await rendering.page(
        request,
        user,
        "learning.html",
        of=product,
        states=states,
        whats=LEARNED_NAMES,
        statuses=MODEL_STATUSES,
        why_not=model_versions.why_not,
    )


@router.post("/settings/learning/{product_id}/train")
async def train(act: Administering, product_id: UUID) -> Response:
    """Ask a worker to train now. Raises Conflict where it would only repeat the last version."""
    learned = model_versions.checked_learned(act.text("what"))
    async with act.database.transaction() as connection:
        chosen = await settings_in_force(connection, act.request.app.state.settings)
        base = shipped_base(learned, chosen)
        await learning_states(connection, product_id)
        same_version = await unchanged_since(connection, product_id, learned, base)
        if same_version is not None:
            raise Conflict(sentence(same_version), reason=NOTHING_NEW)
        deferred = await ask_for_training(connection, product_id, learned, act.actor)
    if deferred:
        return act.done("A worker trains now. Look again in a minute.")
    return act.done("It is being trained already.")


@router.post("/settings/learning/{product_id}/rollback")
async def roll_back(act: Administering, product_id: UUID) -> Response:
    """Go back to the version before."""
    async with act.database.transaction() as connection:
        version = await model_versions.roll_back(connection, product_id, act.text("what"))
    in_force = f"Version {version.number}" if version else "The shipped model"
    return act.done(
        f"{in_force} is in force from the next comments on. The other one stays in the history."
    )


@router.post("/settings/learning/{product_id}/promote")
async def promote(act: Administering, product_id: UUID) -> Response:
    """Put a version of the history in force; a rejected one only where the form says anyway."""
    async with act.database.transaction() as connection:
        version = await model_versions.promote(
            connection,
            product_id,
            act.text("what"),
            _version_number(act.text("number")),
            anyway=act.text("anyway") == "yes",
        )
    return act.done(f"Version {version.number} is in force from the next comments on.")


def _version_number(text: str) -> int:
    """What was typed; 0, which no version has, for what is no number that the column holds."""
    if text.isdecimal() and len(text) < 9:
        return int(text)
    return 0

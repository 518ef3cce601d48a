"""What a product learned from its corrections: versions with their scores, training, and the way
back."""

from uuid import UUID

from fastapi import APIRouter

from app.api.access import Admin, DatabaseOf, Reader, SettingsOf
from app.api.products import ProductId
from app.api.reasons import refusals
from app.api.routes import LimitedRoute
from app.api.schemas.learning import LearningOut, PromoteIn, RollbackIn, TrainIn, TrainOut
from app.errors import Conflict
from app.judging.product_models import shipped_base
from app.learning import model_versions
from app.learning.model_versions import VERSION_UNCONFIRMED
from app.learning.training_queue import ask_for_training
from app.learning.unchanged import NOTHING_NEW, sentence, unchanged_since
from app.models.states import Learned
from app.queries.learning import LearningState, learning_states
from app.storage.db import Connection

router = APIRouter(
    route_class=LimitedRoute, prefix="/products/{product_id}/models", tags=["models"]
)


@router.get(
    "",
    operation_id="list_models",
    summary="List what a product learned",
    response_model=list[LearningOut],
    responses=refusals("product_not_found"),
)
async def list_all(
    caller: Reader, database: DatabaseOf, product_id: ProductId
) -> list[LearningState]:
    """Kinds and grouping: labels so far, the version in force, and every version with its scores on
    labels kept out."""
    async with database.transaction() as c:
        return await learning_states(c, product_id)


@router.post(
    "/train",
    operation_id="train_models",
    summary="Train a product's models",
    status_code=202,
    response_model=TrainOut,
    responses=refusals("product_not_found", "nothing_new", body=True),
)
async def train(
    caller: Admin,
    database: DatabaseOf,
    settings: SettingsOf,
    product_id: ProductId,
    body: TrainIn,
) -> TrainOut:
    """Ask a worker to learn from the labels. What is better on labels kept out is put in force;
    `GET` tells.

    A worker is not asked where nothing changed since the last version: with the same labels and the
    same shipped model it would learn the same. Where that holds for all that was wanted, the answer
    is 409 `nothing_new`.
    """
    async with database.transaction() as c:
        await learning_states(c, product_id)
        wanted = [Learned(body.what)] if body.what else list(Learned)
        same = {
            what: await unchanged_since(c, product_id, what, shipped_base(what, settings))
            for what in wanted
        }
        known = [version for version in same.values() if version is not None]
        if len(known) == len(wanted):
            raise Conflict(" ".join(map(sentence, known)), reason=NOTHING_NEW)
        changed = [what for what in wanted if same[what] is None]
        asked = [
            what for what in changed if await ask_for_training(c, product_id, what, caller.actor)
        ]
        return TrainOut.model_validate(
            {"asked": asked, "unchanged": [version.what for version in known]}
        )


@router.post(
    "/rollback",
    operation_id="roll_back_model",
    summary="Go back to the version before",
    response_model=LearningOut,
    responses=refusals("product_not_found", "nothing_active", body=True),
)
async def roll_back(
    caller: Admin, database: DatabaseOf, product_id: ProductId, body: RollbackIn
) -> LearningState:
    """Put the version in force that served before the active one, or the shipped model. Comments
    keep their kinds."""
    async with database.transaction() as c:
        await learning_states(c, product_id)
        await model_versions.roll_back(c, product_id, body.what)
        return await _state(c, product_id, body.what)


@router.post(
    "/promote",
    operation_id="promote_model",
    summary="Put a version in force",
    response_model=LearningOut,
    responses=refusals(
        "product_not_found",
        "model_not_found",
        "already_active",
        "nothing_to_promote",
        VERSION_UNCONFIRMED,
        body=True,
    ),
)
async def promote(
    caller: Admin, database: DatabaseOf, product_id: ProductId, body: PromoteIn
) -> LearningState:
    """Put a version in force; the one before it is retired. One that was rejected only with
    `anyway`."""
    async with database.transaction() as c:
        await learning_states(c, product_id)
        await model_versions.promote(c, product_id, body.what, body.number, anyway=body.anyway)
        return await _state(c, product_id, body.what)


async def _state(connection: Connection, product_id: UUID, what: str) -> LearningState:
    return next(
        state for state in await learning_states(connection, product_id) if state.what == what
    )

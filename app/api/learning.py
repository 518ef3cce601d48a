"""What a product learned: versions with their scores, training, and the way back."""

from uuid import UUID

from fastapi import APIRouter

from app.api.access import Admin, DatabaseOf, Reader, SettingsOf
from app.api.products import ProductId
from app.api.reasons import refusals
from app.api.routes import LimitedRoute
from app.api.schemas.learning import LearningOut, PromoteIn, RollbackIn, TrainIn, TrainOut
from app.errors import Conflict
from app.judging.model_in_force import settings_in_force
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
    async with database.transaction() as connection:
        return await learning_states(connection, product_id)


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
    async with database.transaction() as connection:
        await learning_states(connection, product_id)
        model_settings = await settings_in_force(connection, settings)
        chosen = [Learned(body.what)] if body.what else list(Learned)
        same_versions = []
        deferred = []
        for learned in chosen:
            base = shipped_base(learned, model_settings)
            version = await unchanged_since(connection, product_id, learned, base)
            if version is not None:
                same_versions.append(version)
            elif await ask_for_training(connection, product_id, learned, caller.actor):
                deferred.append(learned)
        if len(same_versions) == len(chosen):
            raise Conflict(" ".join(map(sentence, same_versions)), reason=NOTHING_NEW)
        return TrainOut.model_validate(
            {"asked": deferred, "unchanged": [version.what for version in same_versions]}
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
    async with database.transaction() as connection:
        await learning_states(connection, product_id)
        await model_versions.roll_back(connection, product_id, body.what)
        return await _state(connection, product_id, body.what)


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
    async with database.transaction() as connection:
        await learning_states(connection, product_id)
        await model_versions.promote(
            connection, product_id, body.what, body.number, anyway=body.anyway
        )
        return await _state(connection, product_id, body.what)


async def _state(connection: Connection, product_id: UUID, learned: str) -> LearningState:
    return next(
        state for state in await learning_states(connection, product_id) if state.what == learned
    )

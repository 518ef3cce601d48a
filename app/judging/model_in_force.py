"""Which model is in force for the whole installation: all workers of a database read the same
row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.config import Settings
from app.models.states import ModelChoice, Rereading
from app.storage.db import Connection
from app.storage.rows import fetch_one

SELECT_MODEL = "select choice, rereading, chosen_by, chosen_at from model_in_force"
# A change while an earlier one is still read after begins at its first half again.
CHOOSE_MODEL = """
    update model_in_force
    set choice = %(choice)s, rereading = 'themes', chosen_by = %(actor)s, chosen_at = now()
    where choice <> %(choice)s
"""
SET_REREADING = "update model_in_force set rereading = %s where choice = %s and rereading <> %s"


@dataclass(frozen=True, slots=True)
class ModelInForce:
    """The choice, how far old comments have been read again by it, and who chose it when."""

    choice: ModelChoice
    rereading: Rereading
    chosen_by: str
    chosen_at: datetime


async def model_in_force(connection: Connection) -> ModelInForce:
    """The model that was chosen last; the default where none ever was."""
    row = await fetch_one(connection, SELECT_MODEL, of=ModelInForce)
    if row is None:
        raise LookupError("model_in_force has lost its row")
    return row


async def choose_model(connection: Connection, choice: ModelChoice, actor: str) -> None:
    """Put a model in force; nothing happens where it is already."""
    await connection.execute(CHOOSE_MODEL, {"choice": choice, "actor": actor})


async def set_rereading(connection: Connection, choice: ModelChoice, state: Rereading) -> None:
    """Say how far old comments have been read again; nothing where another model was chosen
    meanwhile."""
    await connection.execute(SET_REREADING, [state, choice, state])


def fixed(settings: Settings) -> bool:
    """Whether the settings name the model, so that nothing else can choose it."""
    return bool(settings.model or settings.encoder)


def with_model(settings: Settings, choice: ModelChoice) -> Settings:
    """The settings under this choice, unless they name a model themselves."""
    if fixed(settings):
        return settings
    return settings.model_copy(update={"model": choice.value})


async def settings_in_force(connection: Connection, settings: Settings) -> Settings:
    """The settings with the model that is in force."""
    if fixed(settings):
        return settings
    return with_model(settings, (await model_in_force(connection)).choice)

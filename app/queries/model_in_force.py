"""The model in force as people see it: what it reads, since when, and how far old comments are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.config import Settings
from app.judging.chosen_model import built_in_model, encoder_space
from app.judging.model_in_force import model_in_force, with_model
from app.learning.rereading import Progress, progress
from app.models.states import Rereading
from app.storage.db import Connection


@dataclass(frozen=True, slots=True)
class ShownModel:
    """``named_by`` is the setting that names it, blank where a command chose it. ``progress`` is
    None where nothing is to be read again."""

    name: str
    encoder: str
    about: str
    named_by: str
    chosen_by: str
    chosen_at: datetime
    progress: Progress | None


async def shown_model(connection: Connection, settings: Settings) -> ShownModel:
    """The model that reads comments."""
    chosen = await model_in_force(connection)
    resolved = with_model(settings, chosen.choice)
    space = encoder_space(resolved)
    name, about, named_by = space, "", "RELAY_ENCODER"
    if not settings.encoder:
        model = built_in_model(resolved)
        name, about = model.choice, model.about
        named_by = "RELAY_MODEL" if settings.model else ""
    rereading = None
    if chosen.rereading is not Rereading.done:
        rereading = await progress(connection, space)
    return ShownModel(name, space, about, named_by, chosen.chosen_by, chosen.chosen_at, rereading)

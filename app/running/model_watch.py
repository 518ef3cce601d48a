"""What a worker knows of the model in force, which somebody may change while it works."""

from __future__ import annotations

import asyncio

import structlog

from app.config import Settings
from app.judging.model_in_force import choose_model, model_in_force, with_model
from app.models.states import ModelChoice, Rereading
from app.storage.db import Database, DatabaseAway

log = structlog.get_logger(__name__)

MODEL_POLL_SECONDS = 3.0
CHOSEN_BY_SETTING = "setting"
"""Who chose a model that RELAY_MODEL names."""


class ModelWatch:
    """Looks every few seconds which model is in force, and whether old comments are being read
    again."""

    def __init__(
        self, settings: Settings, database: Database, *, poll_seconds: float = MODEL_POLL_SECONDS
    ) -> None:
        self._settings, self._database, self._poll_seconds = settings, database, poll_seconds
        self._latest = ModelChoice.default
        self._taken = ModelChoice.default
        self._rereading = Rereading.done

    async def begin(self) -> None:
        """Look for the first time. A model that RELAY_MODEL names is put in force, so that old
        comments are read again by it as well. Raises DatabaseAway."""
        if self._settings.model and not self._settings.encoder:
            async with self._database.transaction() as connection:
                await choose_model(connection, ModelChoice(self._settings.model), CHOSEN_BY_SETTING)
        await self._look()

    def take(self) -> Settings:
        """The settings with the model in force, which the worker takes up now."""
        self._taken = self._latest
        return with_model(self._settings, self._taken)

    @property
    def choice(self) -> ModelChoice | None:
        """The model that the worker took up; None for one of RELAY_ENCODER."""
        return None if self._settings.encoder else self._taken

    def changed(self) -> bool:
        """Whether another model is in force than the worker took up."""
        return self._settings_follow() and self._latest is not self._taken

    def held(self) -> bool:
        """Whether new comments wait for their theme, because comments in themes are being read
        again, or will be."""
        if self._settings.encoder:
            return False
        return self._rereading is Rereading.themes or self.changed()

    async def until_changed(self) -> None:
        """Look again and again until another model is in force."""
        while not self.changed():
            await asyncio.sleep(self._poll_seconds)
            try:
                await self._look()
            except DatabaseAway:
                continue  # the stages say so, and wait for it

    def _settings_follow(self) -> bool:
        """Whether the settings leave the model to whoever chooses one."""
        return not self._settings.model and not self._settings.encoder

    async def _look(self) -> None:
        async with self._database.transaction() as connection:
            chosen = await model_in_force(connection)
        self._rereading = chosen.rereading
        if self._settings_follow():
            self._latest = chosen.choice
        elif self._settings.model:
            self._latest = ModelChoice(self._settings.model)

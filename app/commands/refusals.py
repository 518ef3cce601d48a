"""Turns what commands raise into a sentence and an exit code; a traceback only on request."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from app.commands.options import options
from app.commands.output import complain


class Commands(TyperGroup):
    """The root of all commands.

    The errors that are meant for people (RelayError, ModelError, IntegrationError) carry a sentence
    in ``detail`` and a ``reason``; they are told apart by these, because importing their classes
    would import half the service.
    """

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            detail, reason = getattr(error, "detail", None), getattr(error, "reason", None)
            if options.debug or not isinstance(detail, str) or not isinstance(reason, str):
                raise
            complain(detail, reason)
            raise typer.Exit(1) from None

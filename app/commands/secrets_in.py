"""How secrets come in: typed unseen, piped in, or from a variable, never as an argument, which
others can list."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from pydantic import BaseModel


def ask_secret(label: str, *, confirm: bool = False) -> str:
    """A secret typed unseen, or the next line of standard input. Raises Invalid
    (``secret_missing``)."""
    from app.errors import Invalid

    if sys.stdin.isatty():
        return str(typer.prompt(label, hide_input=True, confirmation_prompt=confirm, err=True))
    secret = sys.stdin.readline().strip()
    if not secret:
        raise Invalid(
            f"{label} is missing: run this in a terminal to type it, or pipe it into standard "
            "input.",
            reason="secret_missing",
        )
    return secret


def credentials(
    model: type[BaseModel], plain: Mapping[str, Any], variables: Mapping[str, str]
) -> dict[str, Any]:
    """The fields of ``model``: plain ones as given, secret ones from the named variables, else
    asked for.

    Raises Invalid for a secret given as an argument, or a variable that is not set.
    """
    from pydantic import SecretStr

    from app.errors import Invalid

    values = dict(plain)
    for name, variable in variables.items():
        if not os.environ.get(variable):
            raise Invalid(f"The variable {variable} is not set.", reason="secret_missing")
        values[name] = os.environ[variable]
    for name, field in model.model_fields.items():
        if field.annotation is not SecretStr:
            continue
        if name in plain:
            raise Invalid(
                f"Everybody on this machine can read arguments: leave {name} out to be asked for "
                f"it, pipe it in, or name a variable with --credential-env {name}=VARIABLE.",
                reason="secret_in_arguments",
            )
        if name not in values:
            values[name] = ask_secret(name.replace("_", " ").capitalize())
    return values

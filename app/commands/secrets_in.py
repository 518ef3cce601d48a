"""How secrets come in: typed unseen, piped in, or from a variable, never as an argument, which
others can list."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

PEM_MOST_LINES = 200


def ask_secret(label: str, *, confirm: bool = False) -> str:
    """A secret typed unseen, or the next line of standard input; of a PEM file all its lines.
    Raises Invalid (``secret_missing``)."""
    from app.errors import Invalid

    if sys.stdin.isatty():
        first = str(typer.prompt(label, hide_input=True, confirmation_prompt=confirm, err=True))
        return _whole_pem(
            first, lambda: str(typer.prompt("", hide_input=True, err=True, default=""))
        )
    secret = _whole_pem(sys.stdin.readline().strip(), sys.stdin.readline)
    if not secret:
        raise Invalid(
            f"{label} is missing: run this in a terminal to type it, or pipe it into standard "
            "input.",
            reason="secret_missing",
        )
    return secret


def _whole_pem(first: str, next_line: Callable[[], str]) -> str:
    """A secret whose first line was read, with the lines that follow where it begins a PEM file."""
    lines = [first]
    if first.startswith("-----BEGIN "):
        while "-----END " not in lines[-1] and len(lines) < PEM_MOST_LINES:
            lines.append(next_line().strip())
    return "\n".join(lines)


def _is_asked_for(field: FieldInfo, values: Mapping[str, Any]) -> bool:
    """Whether a secret that was not given has to be typed: an optional one says beside which other
    field."""
    beside = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    if "asked_with" in beside:
        return bool(values.get(str(beside["asked_with"])))
    if "asked_without" in beside:
        return not values.get(str(beside["asked_without"]))
    return field.is_required()


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
        if name not in values and _is_asked_for(field, values):
            values[name] = ask_secret(name.replace("_", " ").capitalize())
    return values

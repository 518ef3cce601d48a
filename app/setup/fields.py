"""Checks of what people type in, and the refusals that sources and trackers have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from app.errors import Conflict, Invalid
from integrations.complaints import complaint, unknown_names

SET_UP_NAME_MAX_CHARACTERS = 100


def checked_name(name: str) -> str:
    """A name of 1 to 100 characters, without surrounding space. Raises Invalid."""
    cleaned = " ".join(name.split())
    if not cleaned or len(cleaned) > SET_UP_NAME_MAX_CHARACTERS:
        raise Invalid(
            f"A name has 1 to {SET_UP_NAME_MAX_CHARACTERS} characters.", reason="name_length"
        )
    return cleaned


def checked_fields(model: type[BaseModel], fields: Mapping[str, Any], title: str) -> dict[str, Any]:
    """``fields`` as ``model`` takes them, ready to be stored as JSON. Raises Invalid
    (``settings_invalid``) naming what is wrong, never a value."""
    noun = {"settings": "setting", "credentials": "credential"}.get(title, title)
    problems = [unknown_names(list(fields), list(model.model_fields), noun)]
    try:
        checked = model.model_validate(dict(fields))
    except ValidationError as error:
        problems += [_said(model, problem, title) for problem in error.errors(include_url=False)]
    problems = [problem for problem in problems if problem]
    if problems:
        raise Invalid(
            f"The {title} cannot be used: {'; '.join(problems)}.", reason="settings_invalid"
        )
    plain: dict[str, Any] = checked.model_dump(mode="json")
    for name in plain:
        value = getattr(checked, name)
        if isinstance(value, SecretStr):
            plain[name] = value.get_secret_value()
    return plain


def _said(model: type[BaseModel], problem: ErrorDetails, title: str) -> str:
    """The field and what is wrong with it, with the example that its declaration has."""
    place = problem["loc"]
    field = model.model_fields.get(str(place[0])) if len(place) == 1 else None
    example = field.examples[0] if field and field.examples else None
    name = ".".join(map(str, place)) or f"what was given as {title}"
    return f"{name} {complaint(problem, example)}"


def still_declared(model: type[BaseModel], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Stored settings that are declared now; one that an older version took must not be in the way
    of a change."""
    return {name: value for name, value in settings.items() if name in model.model_fields}


def name_taken(name: str) -> Conflict:
    """Names of sources and of trackers are unique within a product."""
    return Conflict(
        f"The product has one named {name} already; choose another name.", reason="name_taken"
    )

"""Form fields from the settings that a platform or tracker declares, and back again."""

from __future__ import annotations

import enum
import json
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from starlette.datastructures import FormData

from app.errors import Invalid

Control = Literal["text", "secret", "number", "check", "select", "document"]
_ACRONYMS = {"url": "URL", "api": "API", "id": "ID", "ids": "IDs"}


@dataclass(frozen=True, slots=True)
class FormField:
    """One field as a form shows it. ``value`` is text, as a browser would send it back."""

    name: str
    label: str
    control: Control
    value: str
    hint: str
    required: bool
    options: tuple[str, ...] = ()
    placeholder: str = ""


def fields(
    model: type[BaseModel], prefix: str, values: Mapping[str, Any] | None = None
) -> list[FormField]:
    """The fields of ``model``; names start with ``prefix``. A secret's value is never put into a
    form."""
    known = values or {}
    return [_field(name, info, prefix, known) for name, info in model.model_fields.items()]


def _field(name: str, info: FieldInfo, prefix: str, known: Mapping[str, Any]) -> FormField:
    control, options = _control(info.annotation)
    default = None if info.is_required() else info.get_default(call_default_factory=True)
    value = "" if control == "secret" else _text(known.get(name, default))
    return FormField(
        name=prefix + name,
        label=label(name),
        control=control,
        value=value,
        hint=info.description or ("A JSON object." if control == "document" else ""),
        required=info.is_required(),
        options=options,
        placeholder=str(info.examples[0]) if info.examples else "",
    )


def label(name: str) -> str:
    """``base_url`` as people read it: ``Base URL``."""
    words = [_ACRONYMS.get(word, word) for word in name.split("_")]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])


def _control(annotation: Any) -> tuple[Control, tuple[str, ...]]:
    kinds = set(_plain(annotation))
    if SecretStr in kinds:
        return "secret", ()
    if bool in kinds:
        return "check", ()
    if kinds & {int, float}:
        return "number", ()
    literals = [one for one in _parts(annotation) if get_origin(one) is Literal]
    if literals:
        return "select", tuple(str(value) for value in get_args(literals[0]))
    enums = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, enum.Enum)]
    if enums:
        return "select", tuple(str(member.value) for member in enums[0])
    return ("document", ()) if kinds & {dict, list} else ("text", ())


def _parts(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) in (Union, types.UnionType):
        for part in get_args(annotation):
            yield from _parts(part)
    else:
        yield annotation


def _plain(annotation: Any) -> Iterator[Any]:
    for part in _parts(annotation):
        yield get_origin(part) or part


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, enum.Enum):
        return str(value.value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False) if value else ""
    if isinstance(value, bool):
        return "on" if value else ""
    return str(value)


def typed(form: FormData, wanted: Sequence[FormField], prefix: str) -> dict[str, Any]:
    """What was typed, as the model reads it; a field left blank is left out. Raises Invalid for
    JSON that isn't."""
    values: dict[str, Any] = {}
    for field in wanted:
        raw = form.get(field.name, "")
        text = raw.strip() if isinstance(raw, str) else ""
        if field.control == "check":
            values[field.name.removeprefix(prefix)] = bool(text)
        elif text:
            values[field.name.removeprefix(prefix)] = (
                _document(field, text) if field.control == "document" else text
            )
    return values


def _document(field: FormField, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Invalid(
            f"{field.label} must be JSON, such as {{}}.", reason="settings_invalid"
        ) from None


def refilled(wanted: Sequence[FormField], form: FormData) -> list[FormField]:
    """The fields with what was typed, for a form that has to be shown again; secrets are typed
    anew."""
    typed_in = [(field, form.get(field.name, "")) for field in wanted]
    return [
        replace(field, value=raw if isinstance(raw, str) and field.control != "secret" else "")
        for field, raw in typed_in
    ]

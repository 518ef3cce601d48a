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

Control = Literal["text", "secret", "pem", "number", "check", "select", "document"]
SECRET_CONTROLS = ("secret", "pem")
"""What is typed into these is never put into a page."""
_LABEL_ACRONYMS = {"url": "URL", "api": "API", "id": "ID", "ids": "IDs"}


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
    """The fields of ``model``; names start with ``prefix``. No secret is put into a form."""
    stored = values or {}
    return [_field(name, info, prefix, stored) for name, info in model.model_fields.items()]


def _field(name: str, info: FieldInfo, prefix: str, stored: Mapping[str, Any]) -> FormField:
    control, options = _control(info.annotation)
    value, hint = "", info.description or ""
    if control == "secret" and _is_multiline(info):
        control = "pem"
    if control not in SECRET_CONTROLS:
        default = None if info.is_required() else info.get_default(call_default_factory=True)
        value = _text(stored.get(name, default))
    if control == "document" and not hint:
        hint = "A JSON object."
    return FormField(
        name=prefix + name,
        label=label(name),
        control=control,
        value=value,
        hint=hint,
        required=info.is_required(),
        options=options,
        placeholder=str(info.examples[0]) if info.examples else "",
    )


def label(name: str) -> str:
    """``base_url`` as people read it: ``Base URL``."""
    words = [_LABEL_ACRONYMS.get(word, word) for word in name.split("_")]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])


def _control(annotation: Any) -> tuple[Control, tuple[str, ...]]:
    types_in_it = set(_plain(annotation))
    if SecretStr in types_in_it:
        return "secret", ()
    if bool in types_in_it:
        return "check", ()
    if types_in_it & {int, float}:
        return "number", ()
    literals = [part for part in _parts(annotation) if get_origin(part) is Literal]
    if literals:
        return "select", tuple(str(value) for value in get_args(literals[0]))
    enums = [part for part in types_in_it if isinstance(part, type) and issubclass(part, enum.Enum)]
    if enums:
        return "select", tuple(str(member.value) for member in enums[0])
    if types_in_it & {dict, list}:
        return "document", ()
    return "text", ()


def _parts(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) in (Union, types.UnionType):
        for part in get_args(annotation):
            yield from _parts(part)
    else:
        yield annotation


def _plain(annotation: Any) -> Iterator[Any]:
    for part in _parts(annotation):
        yield get_origin(part) or part


def _is_multiline(info: FieldInfo) -> bool:
    extra = info.json_schema_extra
    return isinstance(extra, dict) and bool(extra.get("multiline"))


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


def typed(form: FormData, form_fields: Sequence[FormField], prefix: str) -> dict[str, Any]:
    """What was typed, as the model reads it; a field left blank is left out. Raises Invalid for
    JSON that isn't."""
    values: dict[str, Any] = {}
    for field in form_fields:
        name, text = field.name.removeprefix(prefix), _raw_text(form, field).strip()
        if field.control == "check":
            values[name] = bool(text)
        elif text and field.control == "document":
            values[name] = _document(field, text)
        elif text:
            values[name] = text
    return values


def _raw_text(form: FormData, field: FormField) -> str:
    raw = form.get(field.name, "")
    return raw if isinstance(raw, str) else ""


def _document(field: FormField, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Invalid(
            f"{field.label} must be JSON, such as {{}}.", reason="settings_invalid"
        ) from None


def refilled(form_fields: Sequence[FormField], form: FormData | None) -> list[FormField]:
    """The fields with what was typed, for a form that is shown again; secrets are typed anew.
    Without a form the fields as they are."""
    if form is None:
        return list(form_fields)
    return [
        replace(field, value="" if field.control in SECRET_CONTROLS else _raw_text(form, field))
        for field in form_fields
    ]

"""The fields of new Jira issues: what create metadata tells of them, and values in Jira's shape."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from integrations.ticket_fields import FieldShape, FieldValue, TicketField
from integrations.trackers.field_errors import field_invalid, number_of

_NEVER_FILLED = frozenset({"reporter", "assignee", "attachment", "issuelinks", "parent"})
"""Fields that no template fills in: people, and what leads to other issues."""


def offered_fields(
    types: Mapping[str, str],
    fields_by_type: Mapping[str, Sequence[Mapping[str, Any]]],
    filled: Collection[str],
) -> list[TicketField]:
    """The fields of the issue types of each kind of theme (``types``), without those that we fill
    in."""
    fields: dict[str, TicketField] = {}
    for kind, type_name in types.items():
        for meta in fields_by_type.get(type_name, []):
            name = str(meta.get("fieldId") or meta.get("key") or "")
            if not name or name in filled or name in _NEVER_FILLED:
                continue
            before = fields.get(name)
            is_required = bool(meta.get("required") and not meta.get("hasDefaultValue"))
            fields[name] = TicketField(
                name,
                str(meta.get("name") or name),
                _shape(meta),
                kinds=(*(before.kinds if before else ()), kind),
                required_for=(*(before.required_for if before else ()), *[kind] * is_required),
                options={**(before.options if before else {}), **_options(meta)},
            )
    return sorted(fields.values(), key=lambda one: (not one.required_for, one.name.casefold()))


def _shape(meta: Mapping[str, Any]) -> FieldShape:
    schema = meta.get("schema") or {}
    kind, items = schema.get("type"), schema.get("items")
    if kind in ("option", "priority", "version", "component"):
        return FieldShape.choice
    if kind == "array":
        is_chosen = items in ("option", "version", "component")
        return FieldShape.choices if is_chosen else _words(items)
    shapes = {"string": FieldShape.text, "number": FieldShape.number, "date": FieldShape.day}
    return shapes.get(str(kind), FieldShape.other)


def _words(items: Any) -> FieldShape:
    return FieldShape.words if items == "string" else FieldShape.other


def _options(meta: Mapping[str, Any]) -> dict[str, str]:
    options = {}
    for option in meta.get("allowedValues") or []:
        if isinstance(option, dict) and option.get("id"):
            options[str(option["id"])] = str(option.get("value") or option.get("name") or "")
    return options


def jira_values(values: Sequence[FieldValue]) -> dict[str, Any]:
    """Values by the ids of fields, as Jira takes them; blank ones are left out. Raises
    ``field_invalid``."""
    return {value.field.id: _jira_value(value) for value in values if value.text}


def _jira_value(value: FieldValue) -> Any:
    match value.field.shape:
        case FieldShape.choice:
            return _option(value, value.text)
        case FieldShape.choices:
            return [_option(value, part) for part in value.parts]
        case FieldShape.words:
            return value.parts
        case FieldShape.number:
            return number_of(value)
        case _:
            return value.text


def _option(value: FieldValue, name: str) -> dict[str, str]:
    option = value.option_id(name)
    if option is None:
        raise field_invalid(value, name)
    return {"id": option}

"""Options of the form ``name=value``: the settings and credentials of a source or tracker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def pairs(options: Sequence[str], option: str) -> dict[str, Any]:
    """``name=value`` options by name; a value that starts like JSON is JSON. Raises Invalid."""
    import json

    from app.errors import Invalid

    values: dict[str, Any] = {}
    for text in options:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals or not name:
            raise Invalid(f"Write {option} as name=value.", reason="option_invalid")
        values[name] = value
        if value.startswith(("{", "[")):
            try:
                values[name] = json.loads(value)
            except ValueError:
                raise Invalid(
                    f"The value of {name} starts like JSON but is none.", reason="option_invalid"
                ) from None
    return values

"""Options of the form ``name=value``: settings and credentials, whose names a source or tracker
chooses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def pairs(given: Sequence[str], option: str) -> dict[str, Any]:
    """``name=value`` options as a dictionary; a value that starts like JSON is read as JSON. Raises
    Invalid."""
    import json

    from app.errors import Invalid

    found: dict[str, Any] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name.strip():
            raise Invalid(f"Write {option} as name=value.", reason="option_invalid")
        try:
            found[name.strip()] = json.loads(value) if value[:1] in ("{", "[") else value
        except ValueError:
            raise Invalid(
                f"The value of {name.strip()} starts like JSON but is none.",
                reason="option_invalid",
            ) from None
    return found

"""What a value of a tracker's own field can be refused for, before anything is sent."""

from __future__ import annotations

from integrations.ticket_fields import FieldValue
from integrations.tracker_contract import TrackerError

OPTIONS_NAMED_MOST = 20


def field_invalid(value: FieldValue, text: str) -> TrackerError:
    """A value that the field does not have among its options, or that is no number."""
    names = ", ".join([*value.field.options.values()][:OPTIONS_NAMED_MOST])
    remedy = f"It takes: {names}." if names else "It takes a number."
    return TrackerError(
        "field_invalid",
        f"The rule puts {text[:80]!r} into the field {value.field.name}. {remedy}",
        permanent=True,
    )


def number_of(value: FieldValue) -> float:
    """Raises ``field_invalid``."""
    try:
        return float(value.text)
    except ValueError:
        raise field_invalid(value, value.text) from None

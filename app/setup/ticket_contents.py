"""What a rule says of the tickets that it sends: templates of the title, of a text above our block,
of labels, and of the tracker's own fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from app.errors import Invalid
from app.setup.ticket_templates import checked_template

TEMPLATE_LABELS_MOST = 20
TEMPLATE_FIELDS_MOST = 50
FIELD_ID_MOST_CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class TicketContents:
    """Templates; what is blank stays as it is without a rule. ``intro`` is written above our block
    when the ticket is made, and is people's own from then on. ``values`` are by the ids of the
    tracker's fields (``priority``, ``components``, ``customfield_10021``, ``milestone``)."""

    title: str = ""
    intro: str = ""
    labels: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)

    def stored(self) -> dict[str, Any]:
        """What is set, ready to be stored as JSON."""
        plain = {**asdict(self), "labels": list(self.labels), "values": dict(self.values)}
        return {name: value for name, value in plain.items() if value}


CONTENT_NAMES = tuple(one.name for one in fields(TicketContents))


def checked_contents(entered: Mapping[str, Any]) -> TicketContents:
    """Contents as they were entered, cleaned. Raises Invalid (``template_invalid``)."""
    unknown = sorted(set(entered) - set(CONTENT_NAMES))
    if unknown:
        raise _wrong(f"A ticket has no {unknown[0][:40]!r}: use {', '.join(CONTENT_NAMES)}.")
    labels, values = entered.get("labels") or (), entered.get("values") or {}
    if len(labels) > TEMPLATE_LABELS_MOST or len(values) > TEMPLATE_FIELDS_MOST:
        raise _wrong(
            f"At most {TEMPLATE_LABELS_MOST} labels and {TEMPLATE_FIELDS_MOST} fields can be set."
        )
    checked_labels = [checked_template(label, "a label") for label in labels]
    checked_values = {
        _field_id(name): checked_template(template, f"the field {name[:40]}")
        for name, template in values.items()
    }
    return TicketContents(
        title=checked_template(entered.get("title") or "", "the title"),
        intro=checked_template(entered.get("intro") or "", "the text"),
        labels=tuple(dict.fromkeys(filter(None, checked_labels))),
        values={name: template for name, template in checked_values.items() if template},
    )


def _field_id(name: str) -> str:
    cleaned = name.strip()
    if not cleaned or len(cleaned) > FIELD_ID_MOST_CHARACTERS:
        raise _wrong(f"A field's id has 1 to {FIELD_ID_MOST_CHARACTERS} characters.")
    return cleaned


def _wrong(sentence: str) -> Invalid:
    return Invalid(sentence, reason="template_invalid")

"""Fills a new ticket in as its rule says: title, a text above our block, labels, and the tracker's
own fields. An update changes none of it: what is made is people's own."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.errors import Invalid
from app.setup.ticket_contents import TicketContents, checked_contents
from app.setup.ticket_fields import known_fields
from app.setup.ticket_templates import filled
from app.storage.db import Connection
from app.storage.rows import fetch_value
from app.tickets.drafts import plain_label
from app.tickets.routing import sounds
from app.tickets.routing_facts import ThemeFacts, read_facts
from integrations.ticket_fields import FieldValue, TicketField
from integrations.tracker_contract import Draft, TrackerError

SELECT_CONTENTS_OF_TICKET = """
    select r.contents from ticket k join routing_rule r on r.id = k.rule_id where k.id = %s
"""


async def fill_ticket(
    connection: Connection, draft: Draft, ticket_id: uuid.UUID, tracker_id: uuid.UUID
) -> Draft:
    """The draft of a new ticket with what the rule that sent it says. Raises TrackerError
    ``template_invalid`` and ``field_missing``, both permanent."""
    stored = await fetch_value(connection, SELECT_CONTENTS_OF_TICKET, [ticket_id])
    theme_id = await fetch_value(
        connection, "select theme_id from ticket where id = %s", [ticket_id]
    )
    contents = checked_contents(stored or {})
    return await fill_draft(connection, draft, contents, theme_id, tracker_id)


async def fill_draft(
    connection: Connection,
    draft: Draft,
    contents: TicketContents,
    theme_id: uuid.UUID,
    tracker_id: uuid.UUID,
) -> Draft:
    """The draft with these contents. Raises as ``fill_ticket``."""
    if not contents.stored():
        return draft
    facts = (await read_facts(connection, [theme_id], texts=False))[theme_id]
    fields = await known_fields(connection, tracker_id) if contents.values else []
    values = template_values(draft, facts)
    try:
        title = " ".join(filled(contents.title, values, "the title").split())
        labels = [plain_label(filled(label, values, "a label")) for label in contents.labels]
        return replace(
            draft,
            title=title or draft.title,
            intro=filled(contents.intro, values, "the text"),
            labels=list(dict.fromkeys([*draft.labels, *filter(None, labels)])),
            fields=_field_values(contents.values, fields, values, draft.kind),
        )
    except Invalid as error:
        raise TrackerError("template_invalid", error.detail, permanent=True) from None


def template_values(draft: Draft, facts: ThemeFacts) -> Mapping[str, Any]:
    """What templates can name. Words are those of the draft, which is redacted, and holds nothing
    that the tracker's readers may not see."""
    tones = [tone for tone in ("friendly", "unfriendly") if sounds(facts, tone)]
    return {
        "title": draft.title,
        "kind": draft.kind,
        "product": draft.product,
        "people": draft.people,
        "mentions": draft.mentions,
        "tone": tones[0] if tones else "neutral",
        "hostile": facts.hostile,
        "platforms": list(dict.fromkeys(quote.platform for quote in draft.quotes)),
        "languages": sorted(facts.languages - {""}),
        "phrases": list(draft.phrases),
    }


def _field_values(
    templates: Mapping[str, str],
    fields: Sequence[TicketField],
    values: Mapping[str, Any],
    kind: str,
) -> list[FieldValue]:
    """Raises Invalid, and TrackerError where a field stays blank that the tracker requires."""
    of_kind = [one for one in fields if kind in one.kinds and one.id in templates]
    texts = {one.id: filled(templates[one.id], values, f"the field {one.name}") for one in of_kind}
    for one in of_kind:
        if kind in one.required_for and not texts[one.id]:
            raise TrackerError(
                "field_missing",
                f"The tracker requires the field {one.name}, and the rule's template leaves it "
                "blank for this theme.",
                permanent=True,
            )
    return [FieldValue(one, texts[one.id]) for one in of_kind if texts[one.id]]

"""What the team writes down about somebody; it belongs to the account it was written for, so that a
link that is taken back takes it along."""

from __future__ import annotations

from app.errors import Invalid, NotFound
from app.people.accounts import person_not_found
from app.storage.db import Connection
from app.storage.rows import fetch_value

NOTE_MAX_CHARACTERS = 4_000

INSERT_NOTE = """
    insert into person_note (author_id, text, written_by)
    select a.id, %(text)s, %(actor)s from author a where a.id = %(author)s
    returning id
"""
DELETE_NOTE = "delete from person_note where id = %s returning id"


async def add_note(connection: Connection, account_id: int, text: str, *, actor: str) -> int:
    """Write something down about whoever has an account; returns the note's number. Raises NotFound
    (``person_not_found``), Invalid (``note_empty``, ``text_too_long``)."""
    words = text.strip()
    if not words:
        raise Invalid("The note says nothing.", reason="note_empty")
    if len(words) > NOTE_MAX_CHARACTERS:
        raise Invalid(
            f"A note has {NOTE_MAX_CHARACTERS:,} characters at most, and this one {len(words):,}.",
            reason="text_too_long",
        )
    values = {"author": account_id, "text": words, "actor": actor}
    note_id = await fetch_value(connection, INSERT_NOTE, values)
    if note_id is None:
        raise person_not_found()
    return int(note_id)


async def remove_note(connection: Connection, note_id: int) -> None:
    """Take a note away. Raises NotFound."""
    if await fetch_value(connection, DELETE_NOTE, [note_id]) is None:
        raise NotFound("There is no note of this number.", reason="note_not_found")

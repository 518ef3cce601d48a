"""What an answer says: its text with the placeholders filled in, as the readers of one thread may
see it.

An answer is kept with its placeholders, and they are filled in when somebody looks and again when
it is sent: words that were taken back meanwhile, or became private, do not go out.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.models.states import ReplyMeaning, Visibility
from app.replies.targets import Target
from app.setup.reply_policies import DEFAULT_DISCLOSURE, PLACEHOLDERS
from app.storage.db import Connection
from app.storage.rows import fetch_one
from classifiers.texts.personal import redact
from integrations.neutralize import break_references, link, one_line
from integrations.reply_contract import Replying

ANSWER_TITLE_MAX_CHARACTERS = 200
NAMELESS_MATTER = "what you wrote here"
"""Stands for a title that the readers of a thread may not see."""

_PLACEHOLDER = re.compile(rf"\{{({'|'.join(PLACEHOLDERS)})\}}")

# Where a theme has several tickets, the newest is the one that is spoken of.
SELECT_WORDS = """
    select p.name as product, coalesce(d.disclosure, '') as disclosure,
           coalesce(t.title, '') as title, coalesce(t.visibility, 'unknown') as visibility,
           coalesce(k.url, '') as ticket_url,
           coalesce(nullif(r.settings ->> 'audience', ''), r.seen_audience, 'unknown') as audience
    from product p
    left join reply_policy d on d.product_id = p.id
    left join theme t on t.id = %(theme)s
    left join lateral (
        select k.url, k.tracker_id from ticket k
        where k.theme_id = t.id and k.superseded_at is null and k.state = 'created'
        order by k.created_at desc, k.id limit 1
    ) k on true
    left join tracker r on r.id = k.tracker_id
    where p.id = %(product)s
"""


@dataclass(frozen=True, slots=True)
class Words:
    """What placeholders stand for. ``visibility`` is that of the most private comment of the theme,
    ``audience`` who can read the ticket."""

    product: str
    disclosure: str
    title: str
    visibility: Visibility
    ticket_url: str
    audience: Visibility


@dataclass(frozen=True, slots=True)
class Worded:
    """An answer as its readers see it, and as it is sent; ``notes`` are sentences about what was
    left out for them."""

    plain: str
    outgoing: str
    notes: Sequence[str] = ()
    length: int = 0
    limit: int = 0

    @property
    def too_long(self) -> bool:
        """Whether the platform would not take it."""
        return self.length > self.limit


async def words_for(
    connection: Connection, product_id: uuid.UUID, theme_id: uuid.UUID | None
) -> Words:
    """What the placeholders of a theme stand for; a blank title where there is no theme."""
    values = {"product": product_id, "theme": theme_id}
    words = await fetch_one(connection, SELECT_WORDS, values, of=Words)
    assert words is not None  # whoever asks has just read something of the product
    return words


def worded(
    text: str,
    meaning: ReplyMeaning,
    words: Words,
    target: Target,
    replying: Replying[Any] | None,
) -> Worded:
    """The answer for the readers of the target's thread."""
    notes: list[str] = []
    product = one_line(words.product, ANSWER_TITLE_MAX_CHARACTERS)
    title = _title(words, target, text, notes)
    ticket = _ticket(words, target, text, notes)
    body = _filled(text, title=title, ticket=ticket, product=product)
    if meaning is not ReplyMeaning.free:
        # A person's own words are no automatic note.
        line = words.disclosure or DEFAULT_DISCLOSURE
        body += "\n\n" + _filled(line, title=title, ticket=ticket, product=product)
    if replying is None:
        return Worded(body, body, notes)
    sent = replying.outgoing(body)
    return Worded(body, sent, notes, replying.measure(sent), replying.limit)


def _title(words: Words, target: Target, text: str, notes: list[str]) -> str:
    if not words.title:
        return NAMELESS_MATTER
    if not words.visibility.fits(target.visibility):
        if "{title}" in text:
            notes.append(
                "The title is left out: some of what people say in this theme was written where "
                "fewer people can read than in this thread."
            )
        return NAMELESS_MATTER
    title = one_line(redact(words.title), ANSWER_TITLE_MAX_CHARACTERS)
    return f"“{break_references(title)}”"


def _ticket(words: Words, target: Target, text: str, notes: list[str]) -> str:
    """The ticket's address, where everybody who reads the thread can read the tracker too."""
    address = link(words.ticket_url) or ""
    is_open = words.audience is not Visibility.unknown and words.audience.fits(target.visibility)
    if address and not is_open:
        if "{ticket}" in text:
            notes.append(
                "The link to the ticket is left out: fewer people can read the tracker than this "
                "thread, or it is not known who can."
            )
        return ""
    return address


def _filled(text: str, **values: str) -> str:
    """The text with its placeholders filled in, in one pass: what stands for one is not looked at
    for others. A line is left out whose ticket is."""
    lines = [line for line in text.split("\n") if values["ticket"] or "{ticket}" not in line]
    return _PLACEHOLDER.sub(lambda match: values[match[1]], "\n".join(lines)).strip()

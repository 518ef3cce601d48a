"""How a product answers: what is drafted, what goes out by itself, when it is quiet, and in which
words."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo, available_timezones

from app.errors import Invalid
from app.models.states import ReplyMeaning
from app.setup.platforms import platform
from app.setup.products import get_product
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_one

TEMPLATE_MAX_CHARACTERS = 4_000
DISCLOSURE_MAX_CHARACTERS = 300
WAIT_MOST_MINUTES = 7 * 24 * 60
PLACEHOLDERS = ("title", "ticket", "product")
_BRACES = re.compile(r"\{([^{}\n]*)\}")

OF_STATUSES = (
    ReplyMeaning.acknowledged,
    ReplyMeaning.planned,
    ReplyMeaning.shipped,
    ReplyMeaning.declined,
)
"""Meanings that follow from a ticket's status; the others are for people to choose."""

DEFAULT_TEMPLATES: Mapping[ReplyMeaning, str] = {
    ReplyMeaning.acknowledged: (
        "Thank you for telling us. This is on the list of the {product} team now: {title}\n{ticket}"
    ),
    ReplyMeaning.planned: "The {product} team has started to work on this: {title}\n{ticket}",
    ReplyMeaning.shipped: (
        "This is done: {title}\nPlease tell us here if it does not work for you.\n{ticket}"
    ),
    ReplyMeaning.declined: (
        "We looked at this and decided not to do it: {title}\nThank you for writing to us all the "
        "same.\n{ticket}"
    ),
    ReplyMeaning.need_detail: (
        "We are looking at this: {title}\nCould you tell us a little more: what you did, what "
        "happened then, and in which version?"
    ),
    ReplyMeaning.free: "",
}
DEFAULT_DISCLOSURE = (
    "Automatic note from the {product} team. Answer STOP if you want no more of these."
)

SELECT_REPLY_POLICY = """
    select coalesce(r.wait_minutes, 30) as wait_minutes,
           coalesce(r.drafted, 'planned,shipped,declined') as drafted,
           coalesce(r.automatic, '') as automatic, coalesce(r.quiet_from, 0) as quiet_from,
           coalesce(r.quiet_until, 0) as quiet_until, coalesce(r.time_zone, 'UTC') as time_zone,
           coalesce(r.disclosure, '') as disclosure
    from product p left join reply_policy r on r.product_id = p.id where p.id = %s
"""
UPSERT_REPLY_POLICY = """
    insert into reply_policy
        (product_id, wait_minutes, drafted, automatic, quiet_from, quiet_until, time_zone,
         disclosure)
    values (%(product)s, %(wait_minutes)s, %(drafted)s, %(automatic)s, %(quiet_from)s,
            %(quiet_until)s, %(time_zone)s, %(disclosure)s)
    on conflict (product_id) do update
    set wait_minutes = excluded.wait_minutes, drafted = excluded.drafted,
        automatic = excluded.automatic, quiet_from = excluded.quiet_from,
        quiet_until = excluded.quiet_until, time_zone = excluded.time_zone,
        disclosure = excluded.disclosure
"""
SELECT_REPLY_TEMPLATES = """
    select platform, meaning, text from reply_template where product_id = %s
    order by platform, meaning
"""
UPSERT_REPLY_TEMPLATE = """
    insert into reply_template (product_id, platform, meaning, text) values (%s, %s, %s, %s)
    on conflict (product_id, platform, meaning) do update set text = excluded.text
"""
DELETE_REPLY_TEMPLATE = """
    delete from reply_template where product_id = %s and platform = %s and meaning = %s
"""


@dataclass(frozen=True, slots=True)
class ReplyRules:
    """How a product answers. ``drafted`` and ``automatic`` are meanings, separated by commas; a
    blank ``disclosure`` is the default line. Quiet hours are full hours of the day, 0 to 23, in
    ``time_zone``; none where both are the same."""

    wait_minutes: int
    drafted: str
    automatic: str
    quiet_from: int
    quiet_until: int
    time_zone: str
    disclosure: str

    @property
    def drafted_meanings(self) -> list[str]:
        """What is drafted when a ticket's status says it."""
        return [name for name in self.drafted.split(",") if name]

    @property
    def automatic_meanings(self) -> list[str]:
        """What goes out without being looked at, where the source allows it as well."""
        return [name for name in self.automatic.split(",") if name]

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the quiet hours."""
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True, slots=True)
class Template:
    """What is said in answers of a meaning on a platform; a blank platform is all others."""

    platform: str
    meaning: ReplyMeaning
    text: str


async def reply_rules(connection: Connection, product_id: uuid.UUID) -> ReplyRules:
    """How the product answers. Raises NotFound."""
    await get_product(connection, product_id)
    rules = await fetch_one(connection, SELECT_REPLY_POLICY, [product_id], of=ReplyRules)
    assert rules is not None  # the product was just read
    return rules


async def set_reply_rules(
    connection: Connection, product_id: uuid.UUID, rules: ReplyRules
) -> ReplyRules:
    """Answer like this from now on. Raises Invalid, NotFound."""
    await get_product(connection, product_id)
    if not 0 <= rules.wait_minutes <= WAIT_MOST_MINUTES:
        raise Invalid(
            f"Minutes to wait: 0 to {WAIT_MOST_MINUTES:,} (a week).", reason="threshold_invalid"
        )
    if not (0 <= rules.quiet_from <= 23 and 0 <= rules.quiet_until <= 23):
        raise Invalid("Quiet hours are full hours, 0 to 23.", reason="quiet_hours_invalid")
    if rules.time_zone not in available_timezones():
        raise Invalid(
            "There is no such time zone: write it like Europe/Berlin, or UTC.",
            reason="timezone_unknown",
        )
    values = {
        "product": product_id,
        "wait_minutes": rules.wait_minutes,
        "drafted": _meanings(rules.drafted_meanings),
        "automatic": _meanings(rules.automatic_meanings),
        "quiet_from": rules.quiet_from,
        "quiet_until": rules.quiet_until,
        "time_zone": rules.time_zone,
        "disclosure": checked_text(rules.disclosure, DISCLOSURE_MAX_CHARACTERS),
    }
    await connection.execute(UPSERT_REPLY_POLICY, values)
    return await reply_rules(connection, product_id)


async def reply_templates(connection: Connection, product_id: uuid.UUID) -> list[Template]:
    """The product's own templates; what it has none of is said in the default words."""
    return await fetch_all(connection, SELECT_REPLY_TEMPLATES, [product_id], of=Template)


async def set_reply_template(
    connection: Connection, product_id: uuid.UUID, platform_name: str, meaning: str, text: str
) -> None:
    """Say this from now on; a blank text is the default again. Raises Invalid, NotFound."""
    await get_product(connection, product_id)
    if platform_name:
        platform(platform_name)
    if meaning not in set(ReplyMeaning) - {ReplyMeaning.free}:
        names = ", ".join(name for name in ReplyMeaning if name is not ReplyMeaning.free)
        raise Invalid(f"A template's meaning is one of {names}.", reason="meaning_invalid")
    checked = checked_text(text, TEMPLATE_MAX_CHARACTERS)
    place = [product_id, platform_name, meaning]
    if checked:
        await connection.execute(UPSERT_REPLY_TEMPLATE, [*place, checked])
    else:
        await connection.execute(DELETE_REPLY_TEMPLATE, place)


def template_for(templates: Iterable[Template], platform_name: str, meaning: ReplyMeaning) -> str:
    """What is said: the platform's own words, else the product's, else the default."""
    texts = {(one.platform, one.meaning): one.text for one in templates}
    own_words = texts.get((platform_name, meaning)) or texts.get(("", meaning))
    return own_words or DEFAULT_TEMPLATES[meaning]


def checked_text(text: str, limit: int) -> str:
    """A text without surrounding space whose placeholders are known. Raises Invalid."""
    cleaned = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if len(cleaned) > limit:
        raise Invalid(f"The text is longer than {limit:,} characters.", reason="text_too_long")
    unknown = sorted(set(_BRACES.findall(cleaned)) - set(PLACEHOLDERS))
    if unknown:
        raise Invalid(
            f"{{{unknown[0][:40]}}} is no placeholder: use "
            + ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
            + ".",
            reason="placeholder_unknown",
        )
    return cleaned


def _meanings(names: Iterable[str]) -> str:
    """Raises Invalid for a meaning that no status says."""
    chosen = [name.strip() for name in names]
    unknown = [name for name in chosen if name not in set(OF_STATUSES)]
    if unknown:
        raise Invalid(
            f"Meanings are {', '.join(OF_STATUSES)}, separated by commas.", reason="meaning_invalid"
        )
    return ",".join(name for name in OF_STATUSES if name in chosen)

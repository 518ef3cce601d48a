"""The ordered list of rules by which a product's themes find their tracker and their policy. What
no rule matches is left to the policy of the product itself."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from dataclasses import fields as dataclass_fields
from typing import Any

from psycopg.types.json import Jsonb

from app.errors import Conflict, Invalid, NotFound
from app.models.states import Policy
from app.setup.fields import checked_name, name_taken
from app.setup.products import check_policy, get_product
from app.setup.routing_filters import RuleFilters, checked_filters, filter_invalid
from app.setup.sources import list_sources
from app.setup.ticket_contents import TicketContents, checked_contents
from app.setup.ticket_fields import known_fields
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_value

RULES_MOST = 100
HELD_BY_RULE = "held_by_rule"

LOCK_PRODUCT = "select id from product where id = %s for no key update"
SELECT_RULES = """
    select id, name, filters, tracker_id, policy, auto_min_people, auto_min_confidence, contents
    from routing_rule where product_id = %s order by position, id
"""
SELECT_TRACKER_IDS = "select id from tracker where product_id = %s"
SELECT_RULE_OF_TRACKER = """
    select name from routing_rule where tracker_id = %s order by position limit 1
"""
DELETE_OTHER_RULES = "delete from routing_rule where product_id = %s and id <> all(%s::uuid[])"
# Names may change places, and the constraint looks at every row.
FREE_RULE_NAMES = "update routing_rule set name = id::text where product_id = %s"
UPSERT_RULE = """
    insert into routing_rule
        (id, product_id, position, name, filters, tracker_id, policy, auto_min_people,
         auto_min_confidence, contents)
    values (%(id)s, %(product)s, %(position)s, %(name)s, %(filters)s, %(tracker_id)s, %(policy)s,
            %(auto_min_people)s, %(auto_min_confidence)s, %(contents)s)
    on conflict (id) do update
    set position = excluded.position, name = excluded.name, filters = excluded.filters,
        tracker_id = excluded.tracker_id, policy = excluded.policy,
        auto_min_people = excluded.auto_min_people,
        auto_min_confidence = excluded.auto_min_confidence, contents = excluded.contents
"""
# The ledger is the tickets' room: this goes along, as with the policy of a product, so that a rule
# and what follows from it are one transaction.
HOLD_TICKETS_OF_RULE = """
    update ticket set due_at = null, reason = %(reason)s, detail = %(detail)s
    where rule_id = %(rule)s and state = 'pending'
"""
RELEASE_TICKETS_OF_RULE = """
    update ticket set due_at = now(), reason = '', detail = ''
    where rule_id = %(rule)s and state = 'pending' and reason = %(reason)s
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it is stored, or, without an id, as somebody would like it to be.

    ``tracker_id``: where its tickets go; None for every tracker that takes the theme's kind.
    ``policy``: ``auto`` (a theme of ``auto_min_people`` people and ``auto_min_confidence`` is
    accepted by itself), ``review`` (a person accepts) or ``hold`` (nothing is pushed by itself).
    """

    name: str
    filters: RuleFilters
    tracker_id: uuid.UUID | None = None
    policy: Policy = Policy.review
    auto_min_people: int = 2
    auto_min_confidence: float = 0.6
    id: uuid.UUID | None = None
    contents: TicketContents = field(default_factory=TicketContents)


RULE_COLUMNS = tuple(one.name for one in dataclass_fields(Rule))


@dataclass(frozen=True, slots=True)
class _RuleRow:
    id: uuid.UUID
    name: str
    filters: Mapping[str, Any]
    tracker_id: uuid.UUID | None
    policy: Policy
    auto_min_people: int
    auto_min_confidence: float
    contents: Mapping[str, Any]


async def list_rules(connection: Connection, product_id: uuid.UUID) -> list[Rule]:
    """The product's rules, the first one first."""
    rows = await fetch_all(connection, SELECT_RULES, [product_id], of=_RuleRow)
    return [_rule(row) for row in rows]


def _rule(row: _RuleRow) -> Rule:
    stored = {name: getattr(row, name) for name in RULE_COLUMNS}
    filters, contents = checked_filters(row.filters), checked_contents(row.contents)
    return Rule(**{**stored, "filters": filters, "contents": contents})


async def checked_rules(
    connection: Connection, product_id: uuid.UUID, entered_rules: Sequence[Rule]
) -> list[Rule]:
    """Rules as they can be stored, each with an id; nothing is written. Raises Invalid, NotFound,
    Conflict (``name_taken``)."""
    await get_product(connection, product_id)
    if len(entered_rules) > RULES_MOST:
        raise Invalid(f"A product has {RULES_MOST} rules at most.", reason="too_many_rules")
    standing = {rule.id for rule in await list_rules(connection, product_id)}
    trackers = {row["id"] for row in await fetch_all(connection, SELECT_TRACKER_IDS, [product_id])}
    sources = {str(source.id) for source in await list_sources(connection, product_id)}
    checked: list[Rule] = []
    for rule in entered_rules:
        name = checked_name(rule.name)
        if name in {one.name for one in checked}:
            raise name_taken(name)
        if rule.id is not None and (
            rule.id not in standing or rule.id in {one.id for one in checked}
        ):
            raise NotFound(f"There is no rule of the id of {name!r}.", reason="rule_not_found")
        if rule.tracker_id is not None and rule.tracker_id not in trackers:
            raise Invalid(
                f"The rule {name!r} names a tracker that this product does not have.",
                reason="rule_tracker_unknown",
            )
        filters = checked_filters(rule.filters.stored())
        contents = checked_contents(rule.contents.stored())
        await _require_fields(connection, rule, contents)
        if set(filters.sources) - sources:
            raise filter_invalid(
                f"The rule {name!r} names a source that this product does not have."
            )
        check_policy(rule.policy, rule.auto_min_people, rule.auto_min_confidence)
        checked.append(
            replace(
                rule,
                id=rule.id or uuid.uuid4(),
                name=name,
                filters=filters,
                contents=contents,
                policy=Policy(rule.policy),
            )
        )
    return checked


async def replace_rules(
    connection: Connection, product_id: uuid.UUID, entered_rules: Sequence[Rule]
) -> list[Rule]:
    """Let these be the product's rules, in this order: those with an id stay what they are, others
    are new, and those that are missing are gone. Nothing is accepted by it; what a rule held back
    is released where it holds no more. Raises as ``checked_rules``."""
    if await fetch_value(connection, LOCK_PRODUCT, [product_id]) is None:
        await get_product(connection, product_id)
    before = {rule.id: rule for rule in await list_rules(connection, product_id)}
    rules = await checked_rules(connection, product_id, entered_rules)
    await connection.execute(DELETE_OTHER_RULES, [product_id, [rule.id for rule in rules]])
    await connection.execute(FREE_RULE_NAMES, [product_id])
    for position, rule in enumerate(rules, start=1):
        values = {
            **{name: getattr(rule, name) for name in RULE_COLUMNS},
            "filters": Jsonb(rule.filters.stored()),
            "contents": Jsonb(rule.contents.stored()),
            "product": product_id,
            "position": position,
        }
        await connection.execute(UPSERT_RULE, values)
        await _hold_or_release(connection, rule, before.get(rule.id))
    return rules


async def require_unused(connection: Connection, tracker_id: uuid.UUID) -> None:
    """Raises Conflict (``tracker_in_rules``) where a rule sends tickets to the tracker: without it
    they would go elsewhere."""
    name = await fetch_value(connection, SELECT_RULE_OF_TRACKER, [tracker_id])
    if name is not None:
        raise Conflict(
            f"The rule {name!r} sends tickets to this tracker: change or remove it first.",
            reason="tracker_in_rules",
        )


async def _require_fields(connection: Connection, rule: Rule, contents: TicketContents) -> None:
    """Raises Invalid (``field_unknown``) for a value of a field that the rule's tracker has not."""
    if not contents.values:
        return
    if rule.tracker_id is None:
        raise Invalid(
            f"The rule {rule.name!r} fills in fields of a tracker: choose the tracker.",
            reason="field_unknown",
        )
    field_ids = [one.id for one in await known_fields(connection, rule.tracker_id)]
    unknown = [name for name in contents.values if name not in field_ids]
    if unknown:
        raise Invalid(
            f"The tracker has no field {unknown[0][:40]!r}. It has: "
            f"{', '.join(field_ids) or 'none'}; read its fields again if that is out of date.",
            reason="field_unknown",
        )


def held_sentence(name: str) -> str:
    """Why a ticket is not made."""
    return (
        f"The rule “{name}” holds it back. It is made when you press Retry, or when that rule "
        "holds no more."
    )


async def _hold_or_release(connection: Connection, rule: Rule, before: Rule | None) -> None:
    """Tickets that wait follow a policy that became ``hold``, or was."""
    holds = rule.policy is Policy.hold
    if before is None or holds is (before.policy is Policy.hold):
        return
    values = {"rule": rule.id, "reason": HELD_BY_RULE, "detail": held_sentence(rule.name)}
    await connection.execute(HOLD_TICKETS_OF_RULE if holds else RELEASE_TICKETS_OF_RULE, values)

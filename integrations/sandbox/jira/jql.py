"""The part of JQL that the sandbox understands: comparisons joined by AND, then ORDER BY."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from integrations.sandbox.state import STATUSES, Ticket

_CLAUSE = re.compile(
    r'\s*("[^"]+"|\w+)\s*(!=|=|~|>=|<=|>|<|\bnot\s+in\b|\bin\b)\s*(\([^)]*\)|"(?:[^"\\]|\\.)*"|\'[^\']*\'|[^\s()]+)\s*',
    re.IGNORECASE,
)
_ORDER = re.compile(r"\border\s+by\s+(\w+)(?:\s+(asc|desc))?\s*(?:,.*)?$", re.IGNORECASE)
_VALUES: dict[str, Callable[[Ticket], list[str]]] = {
    "project": lambda t: [t.container],
    "labels": lambda t: t.labels,
    "key": lambda t: [t.key],
    "issuekey": lambda t: [t.key],
    "id": lambda t: [str(t.id)],
    "issuetype": lambda t: [t.kind],
    "type": lambda t: [t.kind],
    "status": lambda t: [t.status],
    "statuscategory": lambda t: [STATUSES[t.status][2], STATUSES[t.status][1]],
    "summary": lambda t: [t.title],
}
_DATES: dict[str, Callable[[Ticket], datetime]] = {
    "created": lambda t: t.created_at,
    "updated": lambda t: t.updated_at,
}


class BadQuery(ValueError):
    """A query that Jira, or the sandbox, does not understand."""


def select(tickets: list[Ticket], jql: str, *, bounded: bool) -> list[Ticket]:
    """The tickets a query means, in its order. ``bounded``: refuse a query without a restriction.
    Raises BadQuery."""
    order = _ORDER.search(jql)
    where = jql[: order.start()] if order else jql
    tests = _tests(where.strip())
    if bounded and not tests:
        raise BadQuery(
            "Unbounded JQL queries are not allowed here. Add a search restriction to the query."
        )
    found = [ticket for ticket in tickets if all(test(ticket) for test in tests)]
    if order:
        date = _DATES.get(order[1].lower(), _DATES["created"])
        found.sort(
            key=lambda ticket: (date(ticket), ticket.id),
            reverse=(order[2] or "asc").lower() == "desc",
        )
    return found


def _tests(where: str) -> list[Callable[[Ticket], bool]]:
    tests: list[Callable[[Ticket], bool]] = []
    at = 0
    while at < len(where):
        if tests:
            joint = re.compile(r"and\b", re.IGNORECASE).match(where, at)
            if joint is None:
                raise BadQuery(
                    "The sandbox understands AND between clauses only; it stopped at character "
                    f"{at + 1}."
                )
            at = joint.end()
        clause = _CLAUSE.match(where, at)
        if clause is None:
            raise BadQuery(
                f"Error in the JQL Query: the clause at character {at + 1} is not understood."
            )
        tests.append(
            _test(clause[1].strip('"').lower(), " ".join(clause[2].lower().split()), clause[3])
        )
        at = clause.end()
    return tests


def _test(field: str, operator: str, raw: str) -> Callable[[Ticket], bool]:
    if field in _DATES and operator in (">", ">=", "<", "<="):
        return _date_test(_DATES[field], operator, _unquote(raw))
    values = _VALUES.get(field)
    if values is None or operator not in ("=", "!=", "in", "not in", "~"):
        raise BadQuery(
            f"Field '{field}' does not exist or the operator '{operator}' does not fit it."
        )
    items = raw[1:-1].split(",") if raw.startswith("(") else [raw]
    wanted = {_unquote(item.strip()).lower() for item in items}
    if operator == "~":
        return lambda t: any(word in value.lower() for value in values(t) for word in wanted)
    negated = operator in ("!=", "not in")
    return lambda t: bool(wanted & {value.lower() for value in values(t)}) != negated


def _date_test(
    date: Callable[[Ticket], datetime], operator: str, text: str
) -> Callable[[Ticket], bool]:
    try:
        moment = datetime.fromisoformat(text.replace("/", "-"))
    except ValueError:
        raise BadQuery(f"The date '{text}' is not understood.") from None

    def test(ticket: Ticket) -> bool:
        own = date(ticket)
        limit = moment if moment.tzinfo else moment.replace(tzinfo=own.tzinfo)
        return {">": own > limit, ">=": own >= limit, "<": own < limit, "<=": own <= limit}[
            operator
        ]

    return test


def _unquote(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text

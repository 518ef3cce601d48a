"""The part of JQL that the sandbox understands: comparisons joined by AND, some of
them alternatives in brackets, then ORDER BY."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from integrations.sandbox.state import JIRA_STATUSES, Ticket

_JQL_CLAUSE = re.compile(
    r'\s*("[^"]+"|\w+)\s*(!=|=|~|>=|<=|>|<|\bnot\s+in\b|\bin\b)\s*(\([^)]*\)|"(?:[^"\\]|\\.)*"|\'[^\']*\'|[^\s()]+)\s*',
    re.IGNORECASE,
)
_JQL_ALTERNATIVES = re.compile(
    r'\s*\(((?:\s*\w+\s*~\s*"[^"]*"\s*(?:\bor\b)?)+)\)\s*', re.IGNORECASE
)
_JQL_ORDER = re.compile(r"\border\s+by\s+(\w+)(?:\s+(asc|desc))?\s*(?:,.*)?$", re.IGNORECASE)
_FIELD_VALUES: dict[str, Callable[[Ticket], list[str]]] = {
    "project": lambda t: [t.container],
    "labels": lambda t: t.labels,
    "key": lambda t: [t.key],
    "issuekey": lambda t: [t.key],
    "id": lambda t: [str(t.id)],
    "issuetype": lambda t: [t.kind],
    "type": lambda t: [t.kind],
    "status": lambda t: [t.status],
    "statuscategory": lambda t: [JIRA_STATUSES[t.status][2], JIRA_STATUSES[t.status][1]],
    "summary": lambda t: [t.title],
}
_DATE_FIELDS: dict[str, Callable[[Ticket], datetime]] = {
    "created": lambda t: t.created_at,
    "updated": lambda t: t.updated_at,
}


class BadQuery(ValueError):
    """A query that Jira, or the sandbox, does not understand."""


def select(tickets: list[Ticket], jql: str, *, bounded: bool) -> list[Ticket]:
    """The tickets a query means, in its order. ``bounded``: refuse a query without a restriction.
    Raises BadQuery."""
    order = _JQL_ORDER.search(jql)
    conditions = jql[: order.start()] if order else jql
    tests = _tests(conditions.strip())
    if bounded and not tests:
        raise BadQuery(
            "Unbounded JQL queries are not allowed here. Add a search restriction to the query."
        )
    matches = [ticket for ticket in tickets if all(test(ticket) for test in tests)]
    if order:
        date = _DATE_FIELDS.get(order[1].lower(), _DATE_FIELDS["created"])
        matches.sort(
            key=lambda ticket: (date(ticket), ticket.id),
            reverse=(order[2] or "asc").lower() == "desc",
        )
    return matches


def _tests(conditions: str) -> list[Callable[[Ticket], bool]]:
    tests: list[Callable[[Ticket], bool]] = []
    at = 0
    while at < len(conditions):
        if tests:
            joint = re.compile(r"and\b", re.IGNORECASE).match(conditions, at)
            if joint is None:
                raise BadQuery(
                    "The sandbox understands AND between clauses only; it stopped at character "
                    f"{at + 1}."
                )
            at = joint.end()
        if alternatives := _JQL_ALTERNATIVES.match(conditions, at):
            tests.append(_any_of(alternatives[1]))
            at = alternatives.end()
            continue
        clause = _JQL_CLAUSE.match(conditions, at)
        if clause is None:
            raise BadQuery(
                f"Error in the JQL Query: the clause at character {at + 1} is not understood."
            )
        tests.append(
            _test(clause[1].strip('"').lower(), " ".join(clause[2].lower().split()), clause[3])
        )
        at = clause.end()
    return tests


def _any_of(clauses: str) -> Callable[[Ticket], bool]:
    """The test of clauses that are joined by OR."""
    tests = [_test(one[1].lower(), one[2], one[3]) for one in _JQL_CLAUSE.finditer(clauses)]
    return lambda ticket: any(test(ticket) for test in tests)


def _test(field: str, operator: str, raw: str) -> Callable[[Ticket], bool]:
    if field in _DATE_FIELDS and operator in (">", ">=", "<", "<="):
        return _date_test(_DATE_FIELDS[field], operator, _unquote(raw))
    values = _FIELD_VALUES.get(field)
    if values is None or operator not in ("=", "!=", "in", "not in", "~"):
        raise BadQuery(
            f"Field '{field}' does not exist or the operator '{operator}' does not fit it."
        )
    items = raw[1:-1].split(",") if raw.startswith("(") else [raw]
    words = {_unquote(item.strip()).lower() for item in items}
    if operator == "~":
        return lambda t: any(word in value.lower() for value in values(t) for word in words)
    negated = operator in ("!=", "not in")
    return lambda t: bool(words & {value.lower() for value in values(t)}) != negated


def _date_test(
    date: Callable[[Ticket], datetime], operator: str, text: str
) -> Callable[[Ticket], bool]:
    if ago := re.fullmatch(r"-(\d+)m", text):
        moment = datetime.now(UTC) - timedelta(minutes=int(ago[1]))
        text = moment.isoformat()
    try:
        moment = datetime.fromisoformat(text.replace("/", "-") if not ago else text)
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

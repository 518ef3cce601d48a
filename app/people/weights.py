"""What the team's own books say of accounts: plan, customer, and a weight, line by line.

A line names an account by its handle, with the platform where several have it. Lines that cannot be
used are told by their number, and the others count.
"""

from __future__ import annotations

import csv
import io
import math
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.errors import Invalid
from app.storage.db import Connection
from app.storage.rows import fetch_all

WEIGHT_CELL_MAX_CHARACTERS = 100_000
WEIGHT_LINES_MAX = 50_000
WEIGHT_MAX = 1e9
WORD_MAX_CHARACTERS = 200
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""What a spreadsheet would compute; our own files put an apostrophe before it."""
WEIGHT_COLUMNS = ("handle", "platform", "plan", "customer", "weight")

SELECT_NAMED_ACCOUNTS = """
    select a.id, lower(a.handle) as handle, split_part(a.realm, ':', 1) as platform, a.person_id
    from author a
    where a.product_id = %(product)s and lower(a.handle) = any(%(handles)s::text[])
    order by a.id
"""
SET_WEIGHTS = """
    insert into account_weight (author_id, product_id, plan, customer, weight, set_by)
    select n.id, %(product)s, n.plan, n.customer, n.weight, %(actor)s
    from unnest(%(ids)s::bigint[], %(plans)s::text[], %(customers)s::text[], %(weights)s::float8[])
      as n(id, plan, customer, weight)
    join author a on a.id = n.id
    order by n.id
    on conflict (author_id) do update
    set plan = excluded.plan, customer = excluded.customer, weight = excluded.weight,
        set_by = excluded.set_by, set_at = now()
"""


@dataclass(frozen=True, slots=True)
class WeightLine:
    """A line as it was sent; ``weight`` as text, blank for 1."""

    handle: str
    platform: str = ""
    plan: str = ""
    customer: str = ""
    weight: str = ""


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line, counted from 1 (of a file, its head line), that was not used, and why."""

    line: int
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class WeightsSet:
    """How many accounts got a weight, and which lines were not used."""

    accounts: int
    refused: list[RefusedLine]


@dataclass(frozen=True, slots=True)
class _NamedAccount:
    id: int
    handle: str
    platform: str
    person_id: int | None


def read_weights(text: str) -> dict[int, WeightLine]:
    """The lines of a CSV file with a head line, by their numbers in it. Separators are commas,
    semicolons or tabs. Raises Invalid (``weights_unreadable``, ``too_many_lines``)."""
    plain = text.removeprefix("\ufeff")
    head = plain.partition("\n")[0]
    mark = max((",", ";", "\t"), key=head.count)
    rows = csv.reader(io.StringIO(plain, newline=""), delimiter=mark)
    lines: dict[int, WeightLine] = {}
    try:
        names = [name.strip().lower() for name in next(rows, [])]
        if "handle" not in names:
            raise Invalid(
                f"The first line names the columns: {', '.join(WEIGHT_COLUMNS)}; `handle` is "
                "needed.",
                reason="weights_unreadable",
            )
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if max(map(len, row)) > WEIGHT_CELL_MAX_CHARACTERS:
                raise csv.Error  # as a quotation mark makes it that is never closed
            cells = dict(zip(names, map(_cell, row), strict=False))
            lines[rows.line_num] = WeightLine(
                **{name: cells.get(name, "") for name in WEIGHT_COLUMNS}
            )
            _require_few(len(lines))
    except csv.Error:
        raise Invalid(f"Line {rows.line_num} is no CSV.", reason="weights_unreadable") from None
    return lines


async def set_weights(
    connection: Connection, product_id: uuid.UUID, lines: Mapping[int, WeightLine], *, actor: str
) -> WeightsSet:
    """Give the accounts that lines name what they say; the last line of an account counts. Raises
    Invalid (``too_many_lines``)."""
    _require_few(len(lines))
    handles = sorted({_plain(line.handle) for line in lines.values()})
    values = {"product": product_id, "handles": handles}
    named: dict[str, list[_NamedAccount]] = defaultdict(list)
    for account in await fetch_all(connection, SELECT_NAMED_ACCOUNTS, values, of=_NamedAccount):
        named[account.handle].append(account)
    usable: dict[int, tuple[WeightLine, float]] = {}
    refused: list[RefusedLine] = []
    for number, line in lines.items():
        try:
            account = _the_one(line, named[_plain(line.handle)])
            usable[account.id] = line, _weight(line)
        except Invalid as error:
            refused.append(RefusedLine(number, error.reason, error.detail))
    ids = sorted(usable)
    columns = {
        "ids": ids,
        "plans": [usable[one][0].plan for one in ids],
        "customers": [usable[one][0].customer for one in ids],
        "weights": [usable[one][1] for one in ids],
    }
    await connection.execute(SET_WEIGHTS, {**columns, "product": product_id, "actor": actor})
    return WeightsSet(len(ids), refused)


def _the_one(line: WeightLine, accounts: Sequence[_NamedAccount]) -> _NamedAccount:
    """The account that a line names. Raises Invalid (``handle_unknown``, ``handle_ambiguous``,
    ``text_too_long``)."""
    if max(len(line.plan), len(line.customer)) > WORD_MAX_CHARACTERS:
        raise Invalid(
            f"Plan and customer have {WORD_MAX_CHARACTERS} characters at most.",
            reason="text_too_long",
        )
    platform = line.platform.strip().lower()
    fitting = [one for one in accounts if platform in ("", one.platform)]
    shown = line.handle[:WORD_MAX_CHARACTERS]
    if not fitting:
        where = f" on {platform[:WORD_MAX_CHARACTERS]}" if platform else ""
        raise Invalid(f"Nobody has the handle {shown!r}{where}.", reason="handle_unknown")
    if len({one.person_id or f"account {one.id}" for one in fitting}) > 1:
        raise Invalid(
            f"{len(fitting)} accounts have the handle {shown!r}: name the platform, or link them.",
            reason="handle_ambiguous",
        )
    return fitting[0]


def _weight(line: WeightLine) -> float:
    """The number of a line. Raises Invalid (``weight_invalid``)."""
    text = line.weight.strip()
    try:
        weight = float(text) if text else 1.0
    except ValueError:
        weight = math.nan
    if not 0 <= weight <= WEIGHT_MAX:
        raise Invalid(
            f"A weight is a number from 0 to {WEIGHT_MAX:,.0f}, such as 2.5.",
            reason="weight_invalid",
        )
    return weight


def _plain(handle: str) -> str:
    return handle.strip().removeprefix("@").lower()


def _cell(text: str) -> str:
    """A cell as it was meant, without the apostrophe that keeps a spreadsheet from computing it,
    and without what no text column holds."""
    cell = text.replace("\0", "").strip()
    if cell.startswith("'") and cell[1:].lstrip(" ").startswith(FORMULA_SIGNS):
        return cell[1:]
    return cell


def _require_few(lines: int) -> None:
    if lines > WEIGHT_LINES_MAX:
        raise Invalid(
            f"At most {WEIGHT_LINES_MAX:,} lines are read at once: cut the file.",
            reason="too_many_lines",
        )

"""People of a community: everybody who spoke, and those who are easily overlooked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from psycopg import sql

from app.errors import Invalid
from app.people.helping import BAND_LEAST, SCORE_NOW, HelpBand, band_of, help_values
from app.queries.first_answers import FIRST_ANSWER
from app.queries.metric_people import REGULAR_COMMENTS, REGULAR_DAYS
from app.queries.paging import Filters, Order, Page, first_page, one_more_row
from app.storage.db import Connection
from app.storage.rows import fetch_all
from app.themes.voices import VOICE_OF_ACCOUNT

LATELY_DAYS = 30
"""How long somebody is a newcomer, and how long a regular is silent before they are lost."""


class PeopleList(StrEnum):
    """Which people are listed."""

    all = "all"
    newcomers = "newcomers"
    """First heard in the last 30 days, asked or reported something, and nobody else answered."""
    lost = "lost"
    """Four comments or more in the 90 days before the last 30, and none since."""
    helpers = "helpers"
    """Answered the questions of others."""


# Everybody is put together once, by numbers alone; names and accounts are read of those shown.
PEOPLE = sql.SQL(
    """
    with spoke as materialized (
      select cm.author_id, count(*) as comments, min(cm.created_at) as first_at,
             max(cm.created_at) as last_at,
             count(*) filter (where cm.created_at >= %(lately)s) as lately,
             count(*) filter (where cm.created_at >= %(regular_since)s
                                and cm.created_at < %(lately)s) as regular
      from product chosen join comment cm on cm.product_id = chosen.id
      where (%(product)s::uuid is null or chosen.id = %(product)s)
        and cm.author_id is not null and cm.deleted_at is null
      group by 1
    ),
    people as (
      select {voice} as voice, min(a.id) as id, min(a.person_id) as person_id,
             bool_or(a.is_staff) as is_staff, bool_or(a.is_bot) as is_bot,
             sum(comments)::bigint as comments, min(first_at) as first_at,
             max(last_at) as last_at, sum(lately)::bigint as lately,
             sum(regular)::bigint as regular
      from author a join spoke on spoke.author_id = a.id
      group by 1
    )
    """
).format(voice=VOICE_OF_ACCOUNT)
ACCOUNTS_OF_ROW = sql.SQL(
    "any(array(select t.id union all select o.id from author o where o.person_id = t.person_id))"
)
"""The accounts of a person ``t``, as an array, so that indexes are asked for each of them."""
OF_LIST = {
    PeopleList.newcomers: sql.SQL(
        """
        not t.is_staff and not t.is_bot and t.first_at >= %(lately)s
        and exists (select from comment cm where cm.author_id = {accounts}
                    and cm.deleted_at is null and cm.kind in ('question', 'bug', 'feature'))
        and not exists (
          select from comment cm left join author a on a.id = cm.author_id {first}
          where cm.author_id = {accounts} and cm.deleted_at is null and first.at is not null)
        """
    ).format(first=FIRST_ANSWER, accounts=ACCOUNTS_OF_ROW),
    PeopleList.lost: sql.SQL(
        "not t.is_staff and not t.is_bot and t.regular >= %(regular_least)s and t.lately = 0"
    ),
    PeopleList.helpers: sql.SQL("t.score >= {least}").format(
        least=sql.Literal(BAND_LEAST[HelpBand.some])
    ),
}
WITH_MORE = sql.SQL(
    """
    (select people.*, coalesce(helps.score, 0) as score, weighs.weight
     from people
     left join (
       select {voice} as voice, max({score}) as score
       from help_score h join author a on a.id = h.author_id group by 1
     ) helps on helps.voice = people.voice
     left join (
       select {voice} as voice, max(w.weight) as weight
       from account_weight w join author a on a.id = w.author_id group by 1
     ) weighs on weighs.voice = people.voice)
    """
).format(voice=VOICE_OF_ACCOUNT, score=SCORE_NOW)
SELECT_PAGE_OF_PEOPLE = sql.SQL(
    """
    {people}, shown as (
      select t.*, {cursor_keys} from {source} t where {conditions} order by {order} limit {rows}
    )
    select t.id, named.product_id, coalesce(named.name, '') as name, named.accounts, t.comments,
           t.first_at, t.last_at, t.is_staff, t.is_bot, named.no_replies,
           coalesce(named.plan, '') as plan, coalesce(named.customer, '') as customer, t.weight,
           t.score, t.cursor_keys
    from shown t
    cross join lateral (
      select (array_agg(a.product_id))[1] as product_id,
             (array_agg(coalesce(nullif(a.name, ''), a.handle)
                        order by spoke.comments desc nulls last, a.id))[1] as name,
             array_agg(split_part(a.realm, ':', 1) || ': ' || a.handle order by a.id) as accounts,
             bool_or(a.no_replies_at is not null) as no_replies,
             (array_agg(w.plan order by w.weight desc, a.id) filter (where w.plan <> ''))[1]
               as plan,
             (array_agg(w.customer order by w.weight desc, a.id)
                filter (where w.customer <> ''))[1] as customer
      from author a left join spoke on spoke.author_id = a.id
      left join account_weight w on w.author_id = a.id
      where a.id = {accounts}
    ) named
    order by {order}
    """
)
PEOPLE_ORDERS = {
    "recent": Order("people.recent", ("t.last_at", "t.id"), (datetime, int)),
    "weight": Order(
        "people.weight", ("coalesce(t.weight, -1)", "t.last_at", "t.id"), (float, datetime, int)
    ),
}


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Somebody as lists show them. ``id`` is the lowest number of their accounts; ``accounts`` say
    platform and handle. ``band`` is of the last count, ten minutes old at most."""

    id: int
    product_id: UUID
    name: str
    accounts: list[str]
    comments: int
    first_at: datetime
    last_at: datetime
    is_staff: bool
    is_bot: bool
    no_replies: bool
    plan: str
    customer: str
    weight: float | None
    band: HelpBand


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """Which people to list; ``q`` is a part of a handle or a name."""

    product_id: UUID | None = None
    which: PeopleList = PeopleList.all
    q: str = ""

    def conditions(self) -> Filters:
        """This filter as conditions about a person ``t``."""
        filters = Filters()
        if self.which in OF_LIST:
            filters.add_composed(OF_LIST[self.which])
        words = self.q.strip().lower().removeprefix("@")
        if words:
            filters.add(
                "t.voice in (select case when o.person_id is not null then 4 * o.person_id"
                " else 4 * o.id + 1 end from author o"
                " where strpos(lower(o.handle || ' ' || o.name), %(q)s) > 0)",
                q=words,
            )
        return filters


async def list_people(
    connection: Connection,
    chosen: PeopleFilter,
    *,
    sort: str = "recent",
    cursor: str | None = None,
    limit: int = 50,
    now: datetime | None = None,
) -> Page[PersonRow]:
    """People by ``sort``: ``recent`` (last heard first) or ``weight``. Raises Invalid
    (``cursor_invalid``, ``limit_invalid``, ``sort_unknown``)."""
    if sort not in PEOPLE_ORDERS:
        raise Invalid(f"Sort by one of: {', '.join(PEOPLE_ORDERS)}.", reason="sort_unknown")
    order, rows_to_read = PEOPLE_ORDERS[sort], one_more_row(limit)
    filters = chosen.conditions()
    order.after(cursor, filters)
    query = SELECT_PAGE_OF_PEOPLE.format(
        people=PEOPLE,
        cursor_keys=order.keys,
        source=WITH_MORE,
        accounts=ACCOUNTS_OF_ROW,
        conditions=filters.clause,
        order=order.clause,
        rows=rows_to_read,
    )
    moment = now or datetime.now(UTC)
    values = {
        **help_values(chosen.product_id, moment),
        "lately": moment - timedelta(days=LATELY_DAYS),
        "regular_since": moment - timedelta(days=LATELY_DAYS + REGULAR_DAYS),
        "regular_least": REGULAR_COMMENTS,
        **filters.values,
    }
    rows = await fetch_all(connection, query, values)
    return first_page(rows, limit, order, _person)


def _person(row: dict[str, object]) -> PersonRow:
    fields = {name: value for name, value in row.items() if name not in ("cursor_keys", "score")}
    score = row["score"]
    assert isinstance(score, float)
    return PersonRow(**fields, band=band_of(score))  # type: ignore[arg-type]  # the query's names

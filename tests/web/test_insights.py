"""Insights: every number leads to a list of that count, and tables are files."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from app.storage.db import Database
from app.web.csv_files import harmless_cell
from tests.scenes.conversations import Conversations, add_conversations
from tests.scenes.reading import add_source
from tests.web.webbing import Person, sign_in

FORMULA = '=HYPERLINK("http://evil.example")'


def month_ago() -> datetime:
    """The first moment of thirty days that end today, in UTC."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=29)


async def filled(database: Database) -> Conversations:
    """A community that spoke until now."""
    async with database.transaction() as c:
        community = await add_conversations(c, 9, 150, days=50, now=datetime.now(UTC))
        await c.execute("update source set name = %s where name = 'Chat'", [FORMULA])
        await add_source(c, community.product, "Silent")
    return community


async def listed(person: Person, address: str) -> int:
    """How many rows a list has, page by page."""
    rows = 0
    while address:
        page = (await person.get(address)).text
        rows += len(re.findall(r"<li class=\"(?:stack|row spread)\"", page))
        following = re.search(r'href="([^"]+)" rel="next"', page)
        address = following[1].replace("&amp;", "&") if following else ""
    return rows


async def test_every_number_leads_to_a_list_of_that_count(
    client: httpx.AsyncClient, database: Database
) -> None:
    await filled(database)
    person = await sign_in(client, database)
    page = (await person.get(f"/insights?tz=Europe/Berlin&from={month_ago():%Y-%m-%d}")).text
    links = re.findall(r'<a href="(/(?:comments|insights/)[^"]*)">([\d,]+)[^<]*</a>', page)
    assert len(links) > 15
    for address, number in links:
        assert await listed(person, address.replace("&amp;", "&")) == int(number), address


async def test_a_table_is_a_file_that_computes_nothing(
    client: httpx.AsyncClient, database: Database
) -> None:
    community = await filled(database)
    person = await sign_in(client, database)
    answer = await person.get(f"/insights.csv?table=source&from={month_ago():%Y-%m-%d}")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(answer.text)))
    now = datetime.now(UTC)
    first = month_ago()
    stands = list(community.said(first, now))
    assert rows[0] == ["source", "comments", "comments_before"]
    assert sum(int(row[1]) for row in rows[1:]) == len(stands)
    assert f"'{FORMULA}" in {row[0] for row in rows[1:]}
    file = await person.get(f"/insights.csv?table=days&from={month_ago():%Y-%m-%d}")
    days = list(csv.reader(io.StringIO(file.text)))
    assert len(days) == 31
    assert sum(int(cell) for row in days[1:] for cell in row[1:]) == len(stands)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", " =1", "＝1"])
def test_a_cell_that_would_be_computed_is_only_read(text: str) -> None:
    assert harmless_cell(text) == f"'{text}"


def test_other_cells_stay() -> None:
    assert [harmless_cell(value) for value in ("a=1", 3, None, "")] == ["a=1", 3, "", ""]


@pytest.mark.parametrize(
    "query", ["from=2026-11-20&to=2026-11-01", "tz=Mars", "from=x", "compare=loud", "to=%00"]
)
async def test_what_is_no_period_is_a_sentence(
    client: httpx.AsyncClient, database: Database, query: str
) -> None:
    person = await sign_in(client, database)
    for path in ("/insights", "/insights.csv"):
        answer = await person.get(f"{path}?{query}")
        assert answer.status_code == 422, path
    if "compare" not in query:
        for path in ("/insights/people", "/insights/themes"):
            assert (await person.get(f"{path}?{query}")).status_code == 422


async def test_nothing_said_is_a_page_of_dashes(
    client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database)
    page = (await person.get("/insights")).text
    assert page.count("—") > 6
    assert "Nobody is on this list" in (await person.get("/insights/people?which=lost")).text
    assert (await person.get("/insights/people?which=rich")).status_code == 404
    assert (await person.get("/insights.csv?table=secrets")).status_code == 404

"""Whatever somebody writes, and calls themselves, every page shows it as text.

Each text comes in through the door of the service as the words, the thread's title, the author's
name and the link of a comment, and as a title that a person gives. The pages are read by the
parser of a browser's kind: they have the elements and attributes of a page about harmless words.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable

import httpx
from selectolax.lexbor import LexborHTMLParser

from app.storage.db import Database
from app.triage import decisions
from tests.scenes.forum import ME, Forum
from tests.scenes.hostile import HOSTILE_TEXTS
from tests.web.webbing import Person, sign_in

HARMLESS = "The export crashes on large files, every time since Monday"
LINK = "https://forum.example/t/1"
SAFE_ADDRESS = re.compile(r"(https?://|/|\?|#|$)")
ADDRESSES = ("href", "src", "action", "formaction", "srcset", "data", "poster", "xlink:href")
BATCH = 30
PAIR_ALL = """
    insert into theme_suggestion (product_id, theme_id, other_id, score, evidence)
    select product_id, id, lag(id) over (order by id), 0.5,
           '{"score": 0.5, "join_at": 0.8, "suggest_at": 0.3}'
    from theme where status = 'triage' order by id offset 1
    on conflict do nothing returning id
"""
"""Every theme may be the same as another one."""


async def _comments(forum: Forum, texts: Iterable[str], link: str | None = None) -> list[uuid.UUID]:
    """A comment about each text, which is its author's name, its thread's title and, without a
    ``link``, its address as well; returns the themes' ids."""
    for number, text in enumerate(texts):
        comment = forum.comment(f"bug {number}: {text}")
        comment["author"] = {"id": f"a{number}", "handle": text, "name": text}
        comment["thread"] = {"id": f"t{number}", "title": text, "url": link or text}
        comment["url"] = link or text
        await forum.deliver_comments(comment)
    await forum.work()
    await forum.rows(PAIR_ALL)
    rows = await forum.rows("select id from theme where status = 'triage' order by id")
    return [row["id"] for row in rows]


async def _pages(person: Person, forum: Forum, themes: Iterable[uuid.UUID]) -> dict[str, str]:
    """The pages that show what people wrote."""
    deliveries = await forum.rows("select id from delivery order by id limit 3")
    addresses = [
        "/",
        "/triage",
        "/pairs",
        "/comments",
        "/sources",
        f"/sources/{forum.source_id}",
        *(f"/sources/{forum.source_id}/deliveries/{row['id']}" for row in deliveries),
        *(f"/themes/{theme}" for theme in themes),
        *(f"/themes/{theme}/merge" for theme in list(themes)[:3]),
    ]
    pages = {}
    for address in addresses:
        answer = await person.get(address)
        assert answer.status_code == 200, (address, answer.text[:500])
        pages[address] = answer.text
    return pages


def _parts(page: str) -> set[tuple[str, str]]:
    """Every element with each of its attributes, as a browser reads the page."""
    parts = set()
    for node in LexborHTMLParser(page).css("*"):
        tag = str(node.tag)
        parts.add((tag, ""))
        for name, value in node.attributes.items():
            parts.add((tag, name))
            if name in ADDRESSES and tag != "link":
                assert SAFE_ADDRESS.match(value or ""), (tag, name, value)
    return parts


async def test_no_text_adds_an_element_or_an_attribute(
    client: httpx.AsyncClient, database: Database, forum: Forum
) -> None:
    person = await sign_in(client, database)
    harmless = [f"{HARMLESS} {number} https://forum.example/t/{number}" for number in range(BATCH)]
    themes = await _comments(forum, [*harmless, "w" * 20_000, "x\n" * 3_000], LINK)
    expected = set()
    for page in (await _pages(person, forum, themes)).values():
        expected |= _parts(page)
    themes = await _comments(forum, HOSTILE_TEXTS)
    assert len(HOSTILE_TEXTS) >= 120
    for address, page in (await _pages(person, forum, themes)).items():
        assert _parts(page) <= expected, address


async def test_a_title_that_a_person_gives_stands_on_the_page_as_it_was_typed(
    client: httpx.AsyncClient, database: Database, forum: Forum
) -> None:
    await forum.say("bug: the export crashes")
    await forum.work()
    theme = (await forum.themes())[0]["id"]
    person = await sign_in(client, database)
    titles = [text for text in HOSTILE_TEXTS if len(text) < 180 and text.isprintable()]
    assert len(titles) > 80
    for title in titles:
        async with database.transaction() as connection:
            await decisions.rename(connection, theme, title, actor=ME)
        page = LexborHTMLParser((await person.get(f"/themes/{theme}")).text)
        heading = page.css_first("h1")
        assert heading is not None
        assert " ".join(heading.text().split()) == " ".join(title.split())

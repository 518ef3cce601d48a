"""Feeds are followed: conditionally, along their older pages, never where they could do harm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from app.config import Settings
from app.intake.poll_visit import PollTools
from app.main import create_app
from app.setup.polling import latest_history
from app.storage.db import Database
from app.storage.vault import Vault
from tests.scenes.places import place_of
from tests.scenes.polled import Polled, unlimited
from tests.scenes.stand_ins import HTML, START, Asked, Reply, StandIn, standing

BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
    b"<rss><channel><title>&b;</title></channel></rss>"
)


@dataclass
class StandInFeed(StandIn):
    """An RSS feed of ``per_page`` entries, with older ones on pages of their own."""

    entries: list[tuple[str, datetime]] = field(default_factory=list)
    per_page: int = 10
    conditional: bool = True

    def __post_init__(self) -> None:
        self.answer = self._answer

    def write(self, text: str, *, at: datetime | None = None) -> None:
        self.entries.append((text, at or START + timedelta(minutes=len(self.entries))))

    def _answer(self, request: Asked) -> Reply | None:
        if request.path != "/posts.rss":
            return None
        newest_first = list(enumerate(self.entries))[::-1]
        page = int(request.query.get("page", 1))
        shown = newest_first[(page - 1) * self.per_page : page * self.per_page]
        has_older = len(newest_first) > page * self.per_page
        older = f'<atom:link rel="next" href="/posts.rss?page={page + 1}"/>' if has_older else ""
        items = "".join(
            f"<item><guid>e{number}</guid><title>{text}</title>"
            f"<link>https://forum.example/{number}</link><author>ada</author>"
            f"<description>&lt;p&gt;{text} &lt;b&gt;always&lt;/b&gt;&lt;/p&gt;</description>"
            f"<pubDate>{format_datetime(moment)}</pubDate></item>"
            for number, (text, moment) in shown
        )
        body = (
            '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>'
            f"<title>Forum</title>{older}{items}</channel></rss>"
        ).encode()
        etag = f'"{hash(body)}"'
        if self.conditional and request.headers.get("if-none-match") == etag:
            return Reply(b"", 304)
        return Reply(body, headers={"content-type": "application/rss+xml", "etag": etag})


@pytest.fixture
def feed() -> StandInFeed:
    return StandInFeed()


@pytest.fixture
def address(feed: StandInFeed) -> Iterator[str]:
    with standing(feed) as url:
        yield url


@pytest.fixture
async def source(address: str, database: Database, settings: Settings, vault: Vault) -> Polled:
    place = await place_of(database, settings, vault, "feed", url=f"{address}/posts.rss")
    return Polled(place, PollTools(database, vault, settings.network, budget=unlimited))


async def test_a_new_source_is_asked_without_credentials(source: Polled, feed: StandInFeed) -> None:
    feed.write("long ago")
    feed.write("yesterday", at=datetime.now(UTC) - timedelta(days=1))
    await source.poll()
    assert await source.texts() == ["yesterday always"]
    state = await source.state()
    assert (state.reason, state.missed) == ("", 0)


async def test_history_goes_along_the_older_pages(source: Polled, feed: StandInFeed) -> None:
    for number in range(45):
        feed.write(f"word {number}")
    await source.start_history(feed.entries[12][1])
    await source.poll()
    assert len(await source.texts()) == 33
    async with source.tools.database.transaction() as connection:
        history = await latest_history(connection, source.place.source_id)
    assert history is not None
    assert history.state == "done"


async def test_what_did_not_change_is_not_sent_again(source: Polled, feed: StandInFeed) -> None:
    feed.write("today", at=datetime.now(UTC))
    await source.poll()
    await source.make_due()
    await source.poll()
    assert [request.headers.get("if-none-match") is not None for request in feed.asked] == [
        False,
        True,
    ]
    assert await source.count("delivery") == 1


async def test_words_that_change_while_their_time_stays(source: Polled, feed: StandInFeed) -> None:
    moment = datetime.now(UTC)
    feed.write("first", at=moment)
    await source.poll()
    assert await source.texts() == ["first always"]
    feed.entries[0] = ("second", moment)
    await source.make_due()
    await source.poll()
    assert await source.texts() == ["second always"]
    assert await source.count("comment") == 1


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(BOMB), "feed_refused"),
        (Reply(BOMB.decode().encode("utf-16")), "feed_refused"),
        (Reply(b"x" * (50 * 1024 * 1024)), "response_too_large"),
        (HTML, "source_unreadable"),
        (Reply(b""), "source_unreadable"),
        (Reply(b"", 410), "source_not_there"),
        (Reply(b"", 429, {"retry-after": "60"}), "rate_limited"),
    ],
)
async def test_what_is_no_feed_is_refused_and_the_next_one_taken(
    source: Polled, feed: StandInFeed, reply: Reply, reason: str
) -> None:
    feed.write("today", at=datetime.now(UTC))
    feed.faults = [reply]
    await source.poll()
    state = await source.state()
    assert state.reason == reason
    assert state.detail.endswith(".")
    await source.make_due()
    await source.poll()
    assert await source.texts() == ["today always"]


async def test_a_feed_that_moved_is_followed(
    source: Polled, feed: StandInFeed, address: str
) -> None:
    feed.write("today", at=datetime.now(UTC))
    elsewhere = address.replace("127.0.0.1", "localhost")
    feed.faults = [Reply(b"", 301, {"location": f"{elsewhere}/posts.rss"})]
    await source.poll()
    assert await source.texts() == ["today always"]


async def test_nothing_can_be_sent_to_it(
    source: Polled, database: Database, settings: Settings, vault: Vault
) -> None:
    app = create_app(settings, database, vault)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            answer = await client.post(f"/hooks/{source.place.source_id}", content=b"{}")
    assert (answer.status_code, answer.json()["reason"]) == (404, "unknown_source")

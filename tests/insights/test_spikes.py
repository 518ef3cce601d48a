"""Spikes over a real database: found, kept once, told, acknowledged."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from app.digests.watching import watch
from app.errors import NotFound
from app.insights.day_counts import SpokenText
from app.insights.spikes import acknowledge_spike, distinct_matters, rising_phrases
from app.models.states import SpikeSort, SpikeState
from app.queries.spikes import SpikeRow, list_spikes
from app.storage.db import Connection, Database
from tests.scenes.reading import add_author, add_comment, add_product, add_source, add_theme

NOW = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)  # a Wednesday


@dataclass(frozen=True)
class Product:
    """A product with 60 days behind it in which two themes have two people a day each."""

    id: uuid.UUID
    source: uuid.UUID
    themes: dict[str, uuid.UUID]
    authors: list[int]

    async def speak(
        self, c: Connection, theme: str, authors: list[int], at: datetime, text: str = "Broken."
    ) -> None:
        for author in authors:
            await add_comment(
                c,
                self.id,
                self.source,
                text,
                theme_id=self.themes.get(theme),
                author_id=author,
                created_at=at,
            )


async def add_busy_product(c: Connection) -> Product:
    product = await add_product(c)
    source = await add_source(c, product)
    themes = {
        "export": await add_theme(c, product, "Export crashes"),
        "calendar": await add_theme(c, product, "Add a calendar"),
        "ignored": await add_theme(c, product, "Too dark", status="ignored"),
    }
    authors = [await add_author(c, product, f"author{number}") for number in range(20)]
    busy = Product(product, source, themes, authors)
    for day in range(1, 60):
        for theme in ("export", "calendar"):
            two = [authors[(day + number) % 20] for number in range(2)]
            await busy.speak(c, theme, two, NOW - timedelta(days=day))
    return busy


async def spikes(database: Database, product: Product) -> list[SpikeRow]:
    async with database.transaction() as c:
        return (await list_spikes(c, product.id)).items


async def test_many_people_are_a_spike_and_one_shouter_is_none(database: Database) -> None:
    async with database.transaction() as c:
        product = await add_busy_product(c)
        await product.speak(c, "calendar", [product.authors[0]] * 15, NOW)
        await product.speak(c, "ignored", product.authors[:7], NOW)
        await product.speak(c, "export", product.authors[:12], NOW)
    await watch(database, NOW)
    by_title = {spike.title: spike for spike in await spikes(database, product)}
    assert set(by_title) == {"Export crashes", "Too dark"}
    export = by_title["Export crashes"]
    assert (export.people, export.sort, export.state) == (12, SpikeSort.theme, SpikeState.open)
    assert export.expected == pytest.approx(2.0, abs=0.3)
    assert export.chance < 0.001
    assert (export.escalates, by_title["Too dark"].escalates) == (False, True)


async def test_the_same_is_told_once_a_day_and_not_again_within_twelve_hours(
    database: Database,
) -> None:
    async with database.transaction() as c:
        product = await add_busy_product(c)
        late = NOW.replace(hour=23)
        await product.speak(c, "export", product.authors[:10], late)
    for _ in range(2):
        await watch(database, late)
    async with database.transaction() as c:
        tomorrow = late + timedelta(hours=2)
        await product.speak(c, "export", product.authors[:12], tomorrow)
    await watch(database, tomorrow)
    assert [spike.people for spike in await spikes(database, product)] == [12]
    await watch(database, late + timedelta(hours=13))
    assert len(await spikes(database, product)) == 2


async def test_a_phrase_rises_without_a_theme_of_its_own(database: Database) -> None:
    async with database.transaction() as c:
        product = await add_busy_product(c)
        for number in range(9):
            text = f"Since noon I get a gateway timeout, attempt {number}."
            await product.speak(c, "", [product.authors[number]], NOW, text)
    await watch(database, NOW)
    (rising,) = await spikes(database, product)
    assert (rising.sort, rising.people) == (SpikeSort.phrase, 9)
    assert "gateway timeout" in rising.title


def test_phrases_of_a_theme_that_spikes_are_its_own() -> None:
    texts = [SpokenText(number, "The gateway timeout again", "t") for number in range(9)]
    assert "gateway timeout" in rising_phrases(texts, set())
    assert rising_phrases(texts, {"t"}) == {}
    assert rising_phrases(texts[:4], set()) == {}
    said = {"gateway timeout": frozenset({1, 2, 3}), "timeout again": frozenset({1, 2})}
    assert distinct_matters(said | {"dark mode": frozenset({7, 8})}) == [
        "gateway timeout",
        "dark mode",
    ]


async def test_a_source_that_falls_silent_is_told_until_it_speaks(database: Database) -> None:
    async with database.transaction() as c:
        product = await add_product(c)
        source = await add_source(c, product, "Forum")
        busy = Product(product, source, {}, [])
        for number in range(15):
            busy.authors.append(await add_author(c, product, f"author{number}"))
        for day in range(2, 50):
            await busy.speak(c, "", busy.authors, NOW - timedelta(days=day))
    await watch(database, NOW)
    await watch(database, NOW)
    (silence,) = await spikes(database, busy)
    assert (silence.sort, silence.title, silence.people) == (SpikeSort.silence, "Forum", 0)
    assert silence.ended_at is None
    async with database.transaction() as c:
        await busy.speak(c, "", busy.authors, NOW)
    await watch(database, NOW + timedelta(days=1))
    (over,) = await spikes(database, busy)
    assert over.ended_at == NOW + timedelta(days=1)


async def test_somebody_looks_at_a_spike_once(database: Database) -> None:
    async with database.transaction() as c:
        product = await add_busy_product(c)
        await product.speak(c, "export", product.authors[:12], NOW)
    await watch(database, NOW)
    (spike,) = await spikes(database, product)
    async with database.transaction() as c:
        assert await acknowledge_spike(c, spike.id, actor="user:kim")
        assert not await acknowledge_spike(c, spike.id, actor="user:lea")
        with pytest.raises(NotFound):
            await acknowledge_spike(c, 999_999, actor="user:kim")
    (seen,) = await spikes(database, product)
    assert (seen.state, seen.acknowledged_by) == (SpikeState.acknowledged, "user:kim")


async def test_a_young_product_has_no_usual_day_yet(database: Database) -> None:
    async with database.transaction() as c:
        product = await add_product(c)
        young = Product(product, await add_source(c, product), {}, [])
        young.themes["new"] = await add_theme(c, product)
        for number in range(9):
            young.authors.append(await add_author(c, product, f"author{number}"))
        await young.speak(c, "new", young.authors[:1], NOW - timedelta(days=5))
        await young.speak(c, "new", young.authors, NOW)
    await watch(database, NOW)
    assert await spikes(database, young) == []

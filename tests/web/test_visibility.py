"""Pages say who may read something where it was written, only where that is not everybody."""

from __future__ import annotations

import uuid

import httpx

from app.storage.db import Database
from tests.scenes.reading import (
    add_comment,
    add_product,
    add_source,
    add_theme,
    add_ticket,
    add_tracker,
)
from tests.web.webbing import sign_in


async def scene(database: Database, visibility: str) -> uuid.UUID:
    async with database.transaction() as connection:
        product = await add_product(connection)
        source = await add_source(connection, product)
        tracker = await add_tracker(connection, product)
        theme = await add_theme(connection, product, status="accepted", visibility=visibility)
        await add_comment(connection, product, source, theme_id=theme, visibility=visibility)
        await add_ticket(
            connection,
            product,
            theme,
            tracker,
            state="blocked",
            reason="more_private_than_tracker",
            detail="Only members could read it.",
        )
        await connection.execute(
            "insert into delivery (product_id, source_id, dedup_key, body, visibility)"
            " values (%s, %s, 'one', '{}', %s)",
            [product, source, visibility],
        )
    return theme


async def pages(client: httpx.AsyncClient, database: Database, theme: uuid.UUID) -> dict[str, str]:
    person = await sign_in(client, database)
    async with database.transaction() as connection:
        row = await (await connection.execute("select id, source_id from delivery")).fetchone()
    assert row is not None
    addresses = (
        f"/themes/{theme}",
        "/comments",
        f"/sources/{row['source_id']}",
        f"/sources/{row['source_id']}/deliveries/{row['id']}",
    )
    return {address: (await person.get(address)).text for address in addresses}


async def test_what_is_for_members_has_a_badge(
    client: httpx.AsyncClient, database: Database
) -> None:
    shown = await pages(client, database, await scene(database, "members"))
    assert {address for address, text in shown.items() if "Members only" not in text} == set()


async def test_what_is_public_has_none(client: httpx.AsyncClient, database: Database) -> None:
    shown = await pages(client, database, await scene(database, "public"))
    badged = {address for address, text in shown.items() if "Members only" in text}
    assert badged == set()


async def test_a_person_lets_it_be_pushed(client: httpx.AsyncClient, database: Database) -> None:
    theme = await scene(database, "members")
    person = await sign_in(client, database)
    page = await person.get(f"/themes/{theme}")
    assert "Only members could read it." in page.text
    assert f"/themes/{theme}/push-although" in page.text
    answer = await person.send(f"/themes/{theme}/push-although", next=f"/themes/{theme}")
    assert answer.status_code == 303
    page = await person.get(f"/themes/{theme}")
    assert "push-although" not in page.text
    assert "said that it is pushed although" in page.text

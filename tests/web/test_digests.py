"""The page of a digest."""

from __future__ import annotations

import re

import httpx

from app.digests.subscriptions import (
    NewSubscription,
    add_subscription,
    list_subscriptions,
    off_token,
)
from app.models.states import DispatchChannel
from app.storage.db import Database
from app.storage.vault import Vault
from tests.scenes.conversations import add_conversations
from tests.scenes.everything import add_everything
from tests.scenes.reading import NOW
from tests.web.webbing import sign_in


async def test_the_page_of_a_week_and_of_a_day(
    client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database)
    empty = (await person.get("/digests/2026-W46")).text
    assert "Nothing happened" in empty
    async with database.transaction() as c:
        await add_conversations(c, 4)
        await add_conversations(c, 5, 60, slug="other")
    week = (await person.get("/digests/2026-W46?product=atlas&tz=Europe/Berlin")).text
    assert "Atlas: week 46 of 2026" in week
    assert "9 Nov 2026 to 15 Nov 2026, in Europe/Berlin" in week
    assert "in the week before" in week
    assert "Nothing happened" not in week
    assert "/insights/people?product=atlas&amp;which=heard&amp;from=2026-11-09" in week
    assert 'href="/digests/2026-W45?product=atlas' in week
    assert "</svg> Week 45</a>" in week
    assert ">2026-W" not in week
    day = (await person.get("/digests/2026-11-12")).text
    assert "All products: Thursday, 12 Nov 2026" in day
    newest = await person.get("/digests?product=atlas")
    assert newest.status_code == 303
    assert newest.headers["location"].startswith("/digests/20")
    for odd in ("2026-W60", "%00", "soon"):
        refused = await person.get(f"/digests/{odd}")
        assert refused.status_code == 422, odd
    assert (await person.get("/digests/2026-W46?tz=Mars")).status_code == 422


async def test_members_subscribe_themselves_and_administrators_anybody(
    client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database, "max@example.org")
    assert "Nobody gets digests yet" in (await person.get("/digests/subscriptions")).text
    form = {"digests": "on", "alerts": "on", "frequency": "daily", "weekday": "0", "hour": "7"}
    await person.send("/digests/subscriptions", **form, time_zone="Europe/Berlin")
    other = await person.send("/digests/subscriptions", **form, to="kim@example.org")
    assert other.status_code == 303
    page = (await person.get("/digests/subscriptions")).text
    assert "an administrator subscribes chats and others" in page
    assert "every day at 7:00 in Europe/Berlin" in page
    assert "alerts at once" in page
    assert "RELAY_SMTP_HOST" in page
    (sent,) = re.findall(r'action="(/digests/subscriptions/[^"]+/now)"', page)
    await person.send(sent)
    page = (await person.get("/digests/subscriptions")).text
    assert "On its way" in page
    client.cookies.clear()
    admin = await sign_in(client, database)
    slack = {"channel": "slack", "to": "https://hooks.example.org/services/T0/SECRET"}
    await admin.send("/digests/subscriptions", **form, **slack)
    page = (await admin.get("/digests/subscriptions")).text
    assert "hooks.example.org" in page
    assert "SECRET" not in page
    assert "max@example.org" in page
    client.cookies.clear()
    kim = await sign_in(client, database, "kim@example.org")
    assert (await kim.send(sent)).status_code == 404
    assert "max@example.org" not in (await kim.get("/digests/subscriptions")).text


async def test_the_link_of_a_mail_ends_it_without_signing_in(
    client: httpx.AsyncClient, database: Database, vault: Vault
) -> None:
    new = NewSubscription(DispatchChannel.email, "kim@example.org")
    async with database.transaction() as c:
        token = off_token(vault, await add_subscription(c, vault, new, NOW))
    asked = await client.get(f"/digests/off/{token}", headers={"accept": "text/html"})
    assert "Send no more of these?" in asked.text
    for _ in range(2):
        ended = await client.post(f"/digests/off/{token}", data={"List-Unsubscribe": "One-Click"})
        assert (ended.status_code, "Nothing more is sent" in ended.text) == (200, True)
    async with database.transaction() as c:
        (row,) = await list_subscriptions(c)
    assert not row.enabled


async def test_a_spike_stands_on_the_overview_until_somebody_looked(
    client: httpx.AsyncClient, database: Database, vault: Vault
) -> None:
    everything = await add_everything(database, vault)
    person = await sign_in(client, database)
    theme, number = everything.ids["theme_id"], everything.ids["spike_id"]
    for address in ("/", f"/themes/{theme}", "/spikes"):
        page = (await person.get(address)).text
        assert "14 people on 12 Nov 2026, 2.1 are usual" in page, address
        assert f"/spikes/{number}/ack" in page, address
    for says in ("Seen.", "Somebody looked at it before you."):
        await person.send(f"/spikes/{number}/ack")
        assert says in (await person.get("/triage")).text
    assert "2.1 are usual" not in (await person.get("/")).text
    assert f"/spikes/{number}/ack" not in (await person.get(f"/themes/{theme}")).text

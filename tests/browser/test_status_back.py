"""A ticket is closed in the sandbox's own page, and its theme says shipped: the whole way of a
status, as a person walks it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from app.tickets.following import Follow
from app.tickets.push import Push
from integrations.network import Network
from integrations.sandbox.server import SandboxServer
from tests.browser.site import OpenPage, Site
from tests.scenes.waiting import wait_until

pytestmark = pytest.mark.browser

TITLE = "select id from theme order by people desc, id limit 1"


def test_a_ticket_closed_in_the_sandbox_is_shipped_here(fresh: Site, open_page: OpenPage) -> None:
    network = Network(allow_private=True)
    push = Push(fresh.database, fresh.vault, fresh.url, network, write_seconds=0.0)
    follow = Follow(fresh.database, fresh.vault, fresh.url, network, compare_seconds=0.0)
    with SandboxServer() as sandbox:

        async def point_at_the_sandbox() -> None:
            async with fresh.database.transaction() as connection:
                await connection.execute(
                    "update tracker set settings = settings || jsonb_build_object('base_url',"
                    " %s::text)",
                    [sandbox.url],
                )

        fresh.run(point_at_the_sandbox())
        (tracker,) = fresh.rows("select id from tracker")
        (theme,) = fresh.rows(TITLE)
        page = open_page(fresh)
        page.goto(f"{fresh.url}/trackers/{tracker['id']}")
        expect(page.get_by_text("The webhook has told nothing yet")).to_be_visible()
        page.get_by_role("button", name="Register the webhook").click()
        expect(page.locator("#toast")).to_contain_text("Registered")
        page.goto(f"{fresh.url}/themes/{theme['id']}")
        page.get_by_role("button", name="Accept").first.click()
        expect(page.locator("#toast")).to_contain_text("Accepted.")
        fresh.run(push.run(tracker["id"]))
        fresh.run(follow.run(tracker["id"]))
        ticket = sandbox.state.saved.tickets[0]

        page.goto(f"{sandbox.url}/tickets/{ticket.slug}")
        page.get_by_role("button", name="Close as done").click()
        page.get_by_role("button", name="Reopen").wait_for()
        wait_until(lambda: bool(fresh.rows("select id from ticket_delivery")))
        fresh.run(follow.run(tracker["id"]))

        page.goto(f"{fresh.url}/themes/{theme['id']}")
        expect(page.locator("header .chip", has_text="Shipped")).to_be_visible()
        expect(page.get_by_text("by a-person, told by the tracker")).to_be_visible()
        expect(page.locator(".timeline")).to_contain_text("saw the ticket change")
        page.goto(f"{fresh.url}/")
        page.get_by_role("link", name="1 shipped, people not told yet").click()
        expect(page.get_by_role("heading", name="Shipped, people not told yet")).to_be_visible()
        page.get_by_role("button", name="They were told").click()
        expect(page.get_by_text("Nobody waits for news")).to_be_visible()
        page.close()

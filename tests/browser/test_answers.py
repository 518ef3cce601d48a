"""A ticket is done, and the person who asked is told in the thread where they asked: the whole
circle, as a person walks it."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from app.replies.drafting import draft_replies
from app.replies.sending import SendReplies
from app.setup.reply_accounts import set_reply_credentials
from app.tickets.following import Follow
from app.tickets.push import Push
from integrations.network import Network
from integrations.sandbox.server import SandboxServer
from tests.browser.site import OpenPage, Site
from tests.scenes.waiting import wait_until

pytestmark = pytest.mark.browser

BIGGEST = "select id, title from theme order by people desc, id limit 1"
LIKE_A_FORUM = """
    update comment set thread_id = '7', position = 3, platform = 'discourse' where theme_id = %s
"""


def test_who_asked_is_told_where_they_asked(fresh: Site, open_page: OpenPage) -> None:
    network = Network(allow_private=True)
    push = Push(fresh.database, fresh.vault, fresh.url, network, write_seconds=0.0)
    follow = Follow(fresh.database, fresh.vault, fresh.url, network, compare_seconds=0.0)
    sender = SendReplies(fresh.database, fresh.vault, network)
    (theme,) = fresh.rows(BIGGEST)
    with SandboxServer() as sandbox:

        async def point_at_the_sandbox() -> None:
            """The tracker's tickets and the forum's answers go there."""
            async with fresh.database.transaction() as connection:
                await connection.execute(
                    "update tracker set settings = settings || jsonb_build_object('base_url',"
                    " %s::text)",
                    [sandbox.url],
                )
                await connection.execute(
                    "update source set platform = 'discourse', settings = %s",
                    [json.dumps({"base_url": f"{sandbox.url}/forum"})],
                )
                await connection.execute(LIKE_A_FORUM, [theme["id"]])
                await connection.execute(
                    "insert into reply_policy (product_id, wait_minutes) select id, 0 from product"
                )
                row = await (await connection.execute("select id from source")).fetchone()
                assert row is not None
                credentials = {"api_key": "a-key", "api_username": "acme-team"}
                await set_reply_credentials(connection, fresh.vault, row["id"], credentials)

        fresh.run(point_at_the_sandbox())
        (tracker,) = fresh.rows("select id from tracker")
        page = open_page(fresh)
        page.goto(f"{fresh.url}/trackers/{tracker['id']}")
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
        fresh.run(draft_replies(fresh.database))

        page.goto(f"{fresh.url}/shipped")
        expect(page.get_by_text("not told yet", exact=False).first).to_be_visible()
        page.get_by_role("link", name="Answers", exact=True).click()
        expect(page.get_by_text("What the thread reads")).to_be_visible()
        page.get_by_label("What it says").fill("It is in the new version: {title}")
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.locator("#toast")).to_contain_text("It goes out in 0 s")
        fresh.run(sender.run_all())

        page.goto(f"{fresh.url}/themes/{theme['id']}")
        expect(page.locator("#told .chip", has_text="Told").first).to_be_visible()
        address = page.locator("#told a", has_text="Read it there").get_attribute("href")
        assert address is not None
        page.goto(address)
        expect(page.locator("article").first).to_contain_text("It is in the new version")
        page.goto(f"{fresh.url}/shipped")
        expect(page.get_by_text("Nobody waits for news")).to_be_visible()
        page.close()

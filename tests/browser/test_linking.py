"""A theme says which ticket looks like it, and a person links that one instead of a new one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.tickets.push import Push
from integrations.network import Network
from integrations.sandbox.server import SandboxServer
from tests.browser.site import OpenPage, Site

pytestmark = pytest.mark.browser

LINK_SHOTS = os.environ.get("RELAY_TEST_SCREENSHOTS", "")


def shot(page: Page, name: str) -> None:
    """Keep pictures where somebody wants to look at them."""
    if not LINK_SHOTS:
        return
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=Path(LINK_SHOTS) / f"{name}-{scheme}.png")
    size = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 844})
    page.screenshot(path=Path(LINK_SHOTS) / f"{name}-narrow.png", full_page=True)
    page.emulate_media(color_scheme="light")
    if size:
        page.set_viewport_size(size)


def test_a_lookalike_is_linked_and_let_go_of(fresh: Site, open_page: OpenPage) -> None:
    network = Network(allow_private=True)
    push = Push(fresh.database, fresh.vault, fresh.url, network, write_seconds=0.0)
    with SandboxServer() as sandbox:

        async def point_at_the_sandbox() -> None:
            async with fresh.database.transaction() as connection:
                await connection.execute(
                    "update tracker set settings = settings || jsonb_build_object('base_url',"
                    " %s::text)",
                    [sandbox.url],
                )

        fresh.run(point_at_the_sandbox())
        (tracker,) = fresh.rows("select id, settings from tracker")
        (theme,) = fresh.rows(
            "select id, title from theme where status = 'triage' order by people desc, id limit 1"
        )
        ticket = sandbox.state.create(
            "github", tracker["settings"]["repository"], title=theme["title"], status="open"
        )
        page = open_page(fresh)
        page.goto(f"{fresh.url}/themes/{theme['id']}")
        expect(page.get_by_text("This looks like")).to_be_visible()
        shot(page, "lookalike")
        page.get_by_role("button", name="Accept and link it").click()
        expect(page.locator("#toast")).to_contain_text("Linked.")
        fresh.run(push.run(tracker["id"]))
        page.goto(f"{fresh.url}/themes/{theme['id']}")
        expect(page.get_by_text("we write one comment there")).to_be_visible()
        shot(page, "linked")
        assert len(ticket.comments) == 1
        page.get_by_role("button", name="Unlink", exact=True).click()
        expect(page.get_by_text("Somebody let go of it")).to_be_visible()
        page.get_by_role("link", name="Link another…").click()
        expect(page.get_by_role("heading", name="Link another ticket")).to_be_visible()
        shot(page, "choose")

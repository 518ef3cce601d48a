"""Merging two themes that both have a ticket: the page asks in plain words which one lives on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import AXE, EVERYTHING, violations
from tests.browser.site import OpenPage, Site

pytestmark = pytest.mark.browser
MERGE_SHOTS = os.environ.get("RELAY_TEST_SCREENSHOTS")
SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")


def with_tickets(site: Site) -> list[dict[str, Any]]:
    """Two accepted themes with a ticket each, the older one first."""
    themes = site.rows(
        "select id, product_id, title from theme where mentions > 1"
        " order by people desc, id limit 2"
    )
    for number, theme in enumerate(themes, start=1):
        site.rows(
            "insert into ticket (id, product_id, theme_id, tracker_id, marker, state, remote_id,"
            " remote_key, url, title, created_at)"
            " select gen_random_uuid(), %s, %s, id, %s, 'created', %s, %s, %s, %s,"
            " now() - make_interval(days => %s) from tracker returning id",
            theme["product_id"],
            theme["id"],
            f"relay-{theme['id'].hex}",
            str(1000 + number),
            str(40 + number),
            f"https://github.com/acme/atlas/issues/{40 + number}",
            theme["title"],
            40 - 10 * number,
        )
        site.rows("update theme set status = 'accepted' where id = %s returning id", theme["id"])
    return themes


def test_the_page_asks_which_ticket_lives_on(fresh: Site, open_page: OpenPage) -> None:
    older, newer = with_tickets(fresh)
    page = open_page(fresh, reduced_motion="reduce")
    page.goto(f"{fresh.url}/themes/{older['id']}/merge")
    choice = page.get_by_role("group", name="Which ticket lives on?")
    expect(choice).to_have_count(1)
    first, second = choice.get_by_role("radio", name="#41"), choice.get_by_role("radio", name="#42")
    expect(first).to_be_checked()
    expect(choice.get_by_text("older")).to_have_count(1)
    expect(choice.get_by_text("keeps what it says")).to_be_visible()
    row = page.locator("li").filter(has=choice)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        assert violations(page, *EVERYTHING) == []
        _shoot(row, f"merge-{scheme}.png")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
    _shoot(row, "merge-narrow.png")
    second.check()
    row.get_by_role("button", name="Merge").click()
    expect(page.get_by_text("Merged into this theme.").first).to_be_visible()
    fresh.expect_rows(
        [{"remote_key": "42", "theme_id": newer["id"]}],
        "select remote_key, theme_id from ticket where superseded_at is null",
    )
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{fresh.url}/themes/{older['id']}")
    tickets = page.get_by_role("region", name="Ticket")
    expect(tickets.get_by_text("Followed elsewhere")).to_be_visible()
    expect(tickets.get_by_role("link", name="#42")).to_have_attribute(
        "href", "https://github.com/acme/atlas/issues/42"
    )
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        page.evaluate(AXE.read_text(encoding="utf-8"))
        assert violations(page, *EVERYTHING) == []
        _shoot(page, f"followed-{scheme}.png")
    page.set_viewport_size({"width": 390, "height": 844})
    _shoot(page, "followed-narrow.png")


def _shoot(page: Page | Locator, name: str) -> None:
    if MERGE_SHOTS:
        page.screenshot(path=Path(MERGE_SHOTS) / name)

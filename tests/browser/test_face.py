"""What a theme shows of itself, as people see it: phrases, a summary named as the machine's, quotes
that differ."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.themes.faces import refresh_faces
from tests.browser.accessibility import AXE, EVERYTHING, violations
from tests.browser.site import OpenPage, Site

pytestmark = pytest.mark.browser
SUMMARY = "The export crashes on large files, since the update of last week for some."
SHOTS = os.environ.get("RELAY_TEST_SCREENSHOTS")


def test_the_face_of_a_theme(fresh: Site, open_page: OpenPage) -> None:
    big, small = (
        row["id"] for row in fresh.rows("select id from theme order by mentions desc, id limit 2")
    )
    fresh.rows("update comment set theme_id = %s where theme_id = %s returning id", big, small)
    fresh.rows(
        "update theme set mentions = 5, people = 5, changed_at = now() where id = %s returning id",
        big,
    )
    fresh.run(refresh_faces(fresh.database))
    fresh.rows(
        "update theme_face set summary = %s, summary_by = 'tiny-3b', phrases = '{large "
        "files,export crashes}'"
        " where theme_id = %s returning theme_id",
        SUMMARY,
        big,
    )
    page = open_page(fresh, reduced_motion="reduce")
    page.goto(f"{fresh.url}/themes/{big}")
    expect(page.get_by_text(SUMMARY)).to_be_visible()
    expect(page.get_by_text("Written by a machine")).to_be_visible()
    expect(page.get_by_text("large files", exact=True)).to_be_visible()
    quotes = page.get_by_role("region", name="In their words").get_by_role("listitem")
    texts = quotes.locator("blockquote").all_inner_texts()
    assert 2 <= len(texts) <= 4
    assert len(set(texts)) == len(texts)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page, *EVERYTHING) == []
        _shoot(page, f"theme-{scheme}.png")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
    _shoot(page, "theme-narrow.png")


def _shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / name)

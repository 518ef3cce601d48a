"""A proposal to merge two themes shows what it rests on: a quote of each, and the words they
share."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import AXE, EVERYTHING, violations
from tests.browser.site import OpenPage, Site

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("RELAY_TEST_SCREENSHOTS")


def test_a_proposal_shows_both_quotes(fresh: Site, open_page: OpenPage) -> None:
    one, other = fresh.rows(
        """
        select distinct on (theme_id) theme_id, product_id, id, text from comment
        where theme_id is not null and deleted_at is null order by theme_id, id limit 2
        """
    )
    near = {
        "of": one["id"],
        "comment": other["id"],
        "theme": str(other["theme_id"]),
        "cosine": 0.71,
        "lexical": 0.4,
    }
    evidence: dict[str, Any] = {
        "verdict": "merge",
        "score": 0.61,
        "join_at": 0.7,
        "suggest_at": 0.5,
    }
    evidence["nearest"] = [{**near, "words": ["export", "crashes"]}]
    fresh.rows("delete from theme_suggestion returning id")
    fresh.rows(
        "insert into theme_suggestion (product_id, theme_id, other_id, score, evidence)"
        " values (%s, %s, %s, 0.61, %s) returning id",
        one["product_id"],
        one["theme_id"],
        other["theme_id"],
        json.dumps(evidence),
    )
    page = open_page(fresh, reduced_motion="reduce")
    page.goto(f"{fresh.url}/themes/{other['theme_id']}")
    similar = page.get_by_role("region", name="Similar themes")
    for text in (one["text"], other["text"]):
        expect(similar.locator("blockquote").filter(has_text=text[:40])).to_be_visible()
    expect(similar.get_by_text("61 % likely; such texts join from 70 %")).to_be_visible()
    expect(similar.get_by_text("Words in common: export, crashes")).to_be_visible()
    page.evaluate(AXE.read_text(encoding="utf-8"))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page, *EVERYTHING) == []
        _shoot(page, f"proposal-{scheme}.png")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
    _shoot(page, "proposal-narrow.png")
    similar.get_by_role("button", name="Different").click()
    expect(page.get_by_text("Kept apart for good.").first).to_be_visible()


def _shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.get_by_role("region", name="Similar themes").screenshot(path=Path(SHOTS) / name)

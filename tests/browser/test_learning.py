"""The page of what a product learned: readable by everybody, narrow too, and its buttons work."""

from __future__ import annotations

import json
import re

from playwright.sync_api import Page, expect

from tests.browser.accessibility import AXE, EVERYTHING, violations
from tests.browser.site import OpenPage, Site

ADD = """
    insert into product_model (product_id, what, number, base, weights, settings, status, reason,
        detail, labels,
                               scores, trained_by, trained_at, activated_at)
    select id, %s, %s, 'model', '', %s, %s, %s, %s, %s, %s, %s, now() - %s * interval '1 day',
           case when %s in ('active', 'retired') then now() - %s * interval '1 day' end
    from product returning id
"""


def _score(f1: float, coverage: float) -> dict[str, object]:
    return {
        "macro_f1": f1,
        "f1": {},
        "log_loss": 1 - f1 / 2,
        "right": f1,
        "coverage": coverage,
        "precision": 0.9,
    }


def learned(site: Site) -> str:
    """The page of a product with three versions of kinds and one of grouping; returns its
    address."""
    kinds: dict[str, object] = {
        "before": _score(0.58, 0.05),
        "after": _score(0.71, 0.47),
        "gain": {"mean": 0.13, "low": 0.07},
    }
    worse: dict[str, object] = {
        "before": _score(0.71, 0.47),
        "after": _score(0.69, 0.41),
        "gain": {"mean": -0.02, "low": -0.05},
    }
    pairs: dict[str, object] = {
        "before": {"precision": 0.88, "recall": 0.41, "benefit": -2.0},
        "after": {"precision": 0.93, "recall": 0.62, "benefit": 11.0},
        "gain": {"mean": 13.0, "low": 4.0},
    }
    rows: list[tuple[str, int, str, str, int, dict[str, object], str, int]] = [
        ("kind", 1, "retired", "replaced", 64, kinds, "system", 9),
        ("kind", 2, "active", "better", 214, kinds, "user:ada@example.org", 3),
        ("kind", 3, "rejected", "not_better", 231, worse, "system", 1),
        ("grouping", 1, "candidate", "better", 48, pairs, "token:nightly", 2),
    ]
    for what, number, status, reason, labels, scores, by, days in rows:
        settings = json.dumps(
            {"unsure_below": 0.62, "empty": False, "shifts": {"join": {}, "suggest": {}}}
        )
        detail = "On labels that were kept out it is not clearly better than what is in force."
        told = json.dumps({**scores, "changed": 0.07})
        site.rows(
            ADD,
            what,
            number,
            settings,
            status,
            reason,
            detail,
            labels,
            told,
            by,
            days,
            status,
            days,
        )
    (product,) = site.rows("select id from product")
    return f"{site.url}/settings/learning/{product['id']}"


def _fits(page: Page) -> bool:
    fits: bool = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    return fits


def test_everybody_can_read_what_was_learned(fresh: Site, open_page: OpenPage) -> None:
    address = learned(fresh)
    page = open_page(fresh, color_scheme="light", reduced_motion="reduce")
    page.goto(address)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert violations(page, *EVERYTHING) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, "color-contrast") == []
    page.set_viewport_size({"width": 390, "height": 800})
    assert _fits(page)
    page.get_by_text("Put in force …").click()
    assert _fits(page)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert violations(page, *EVERYTHING) == []


def test_a_rejected_version_is_put_in_force_without_scripts(
    fresh: Site, open_page: OpenPage
) -> None:
    page = open_page(fresh, java_script_enabled=False, viewport={"width": 390, "height": 800})
    page.goto(learned(fresh))
    kinds = page.get_by_role("region", name="Kinds", exact=True)
    kinds.get_by_text("Put in force …").click()
    expect(kinds).to_contain_text(
        "its score was 69.0 of 100 against 71.0 in force then, 2.0 points worse."
    )
    assert _fits(page)
    kinds.get_by_role("button", name="Put version 3 in force").click()
    expect(kinds.locator("dl")).to_contain_text("Version 3")


def test_rolling_back_and_putting_in_force(fresh: Site, open_page: OpenPage) -> None:
    page = open_page(fresh)
    page.goto(learned(fresh))
    kinds = page.get_by_role("region", name="Kinds", exact=True)
    expect(kinds).to_contain_text("Version 2")
    kinds.get_by_text("Roll back").first.click()
    expect(kinds).to_contain_text("Go back to version 1?")
    kinds.get_by_role("button", name="Roll back").click()
    expect(page.locator("#toast")).to_contain_text(
        "Version 1 is in force from the next comments on."
    )
    expect(kinds.locator("dl")).to_contain_text("Version 1")
    kinds.get_by_role("button", name=re.compile("Put in force.*version 2")).click()
    expect(kinds.locator("dl")).to_contain_text("Version 2")
    in_order = [{"status": "retired"}, {"status": "active"}, {"status": "rejected"}]
    query = "select status from product_model where what = 'kind' order by number"
    fresh.expect_rows(in_order, query)

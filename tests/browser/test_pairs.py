"""The queue of pairs in a browser: eleven themes decided with two keys, without a script, on a
phone, in the dark."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import AXE, EVERYTHING, violations
from tests.browser.site import OpenPage, Site

pytestmark = pytest.mark.browser
PAIR_SHOTS = os.environ.get("RELAY_TEST_SCREENSHOTS")
COLOURS: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
ADD_THEMES = """
    with theme_made as (
        insert into theme (id, product_id, kind, title, people, mentions, last_seen)
        select gen_random_uuid(), p.id, 'bug', 'Offline notes are lost, case ' || n, 1, 1, now()
        from product p, generate_series(1, 11) n
        returning id, product_id, title, split_part(title, 'case ', 2)::int as number
    )
    insert into comment (product_id, source_id, external_id, platform, text, created_at,
        received_at, stage, kind, theme_id, permalink, author_id)
    select t.product_id, s.id, t.id::text, s.platform, t.title || ': I was on a train',
        now() - interval '1 day', now(), 'grouped', 'bug', t.id, 'https://forum.example.org/t/9',
        (select a.id from author a order by a.id offset t.number limit 1)
    from theme_made t, source s returning theme_id
"""
LINK_THEMES = """
    insert into theme_suggestion (product_id, theme_id, other_id, score, evidence)
    select product_id, id, first_value(id) over by_title, 0.7,
        '{"verdict": "merge", "score": 0.7, "join_at": 0.8, "suggest_at": 0.35,
          "nearest": [{"words": ["offline", "notes"]}]}'
    from theme where title like 'Offline notes%%' window by_title as (order by title)
    offset 1 returning id
"""
ADD_LIKELIER_PAIR = """
    insert into theme_suggestion (product_id, theme_id, other_id, score, evidence)
    select a.product_id, a.id, b.id, 0.75, '{"score": 0.75, "join_at": 0.8, "suggest_at": 0.35}'
    from theme a, theme b where a.title like 'Saving%%' and b.title like 'The printer%%'
    returning id
"""
STATES = "select status, count(*) as n from theme where title like 'Offline%%' group by 1"


def with_cluster(site: Site) -> None:
    """Eleven themes that hang together, behind a pair that is likelier."""
    site.rows("delete from theme_suggestion returning id")
    site.rows(ADD_THEMES)
    site.rows(LINK_THEMES)
    site.rows(ADD_LIKELIER_PAIR)


def test_eleven_are_decided_with_two_keys(fresh: Site, open_page: OpenPage) -> None:
    with_cluster(fresh)
    page = open_page(fresh)
    page.goto(f"{fresh.url}/pairs")
    expect(page.get_by_role("heading", name="Do these two say the same?")).to_be_visible()
    page.keyboard.press("j")
    expect(page.get_by_role("heading", name="Do these 11 say the same?")).to_be_visible()
    page.keyboard.press("s")
    expect(page.get_by_text("11 themes became one.").first).to_be_visible()
    merged: list[dict[str, Any]] = [{"status": "merged", "n": 10}, {"status": "triage", "n": 1}]
    fresh.expect_rows(merged, STATES + " order by 1")
    expect(page.get_by_role("heading", name="Do these two say the same?")).to_be_visible()
    page.keyboard.press("u")
    fresh.expect_rows([{"status": "triage", "n": 11}], STATES)


def test_a_pair_is_put_off_and_kept_apart_by_keys(fresh: Site, open_page: OpenPage) -> None:
    with_cluster(fresh)
    page = open_page(fresh)
    page.goto(f"{fresh.url}/pairs")
    page.keyboard.press("l")
    expect(page.get_by_text("it comes after all others for 7 days").first).to_be_visible()
    expect(page.get_by_role("heading", name="Do these 11 say the same?")).to_be_visible()
    page.keyboard.press("k")
    page.keyboard.press("j")
    expect(page.get_by_role("heading", name="Do these two say the same?")).to_be_visible()
    page.keyboard.press("d")
    expect(page.get_by_text("Kept apart for good.").first).to_be_visible()
    fresh.expect_rows(
        [{"n": 1}], "select count(*) as n from theme_suggestion where state = 'rejected'"
    )


def test_without_a_script_buttons_do_it(fresh: Site, open_page: OpenPage) -> None:
    with_cluster(fresh)
    page = open_page(fresh, java_script_enabled=False)
    page.goto(f"{fresh.url}/triage")
    page.get_by_role("link", name="Decide them together").click()
    page.get_by_role("checkbox", name="case 11").uncheck()
    page.get_by_role("radio", name="case 5").check()
    page.get_by_role("button", name="Same: merge").click()
    expect(page.get_by_text("10 themes became one.").first).to_be_visible()
    alive = "select title from theme where title like 'Offline%%' and status = 'triage' order by 1"
    fresh.expect_rows(
        [{"title": f"Offline notes are lost, case {number}"} for number in (11, 5)], alive
    )


def test_titles_of_matters_have_room_on_a_phone(fresh: Site, open_page: OpenPage) -> None:
    with_cluster(fresh)
    page = open_page(fresh, viewport={"width": 390, "height": 844})
    page.goto(fresh.url)
    matters = page.get_by_role("region", name="What most people spoke of").get_by_role("listitem")
    expect(matters.filter(has_text="11 themes that may be the same")).to_be_visible()
    shares = matters.evaluate_all(
        """rows => rows.map(row => row.querySelector('.title').getBoundingClientRect().width
                                   / row.getBoundingClientRect().width)"""
    )
    assert min(shares) >= 0.5
    page.goto(f"{fresh.url}/pairs")
    hidden = page.locator(".tabs").evaluate("tabs => tabs.scrollWidth - tabs.clientWidth")
    assert hidden == 0, "every tab is in sight"


def test_a_title_in_the_queue_reads_as_one_sentence(fresh: Site, open_page: OpenPage) -> None:
    with_cluster(fresh)
    page = open_page(fresh)
    page.goto(f"{fresh.url}/pairs")
    second = page.get_by_role("region", name="Pairs").get_by_text("and “")
    expect(second).to_be_visible()
    pieces = second.evaluate("one => getComputedStyle(one).display")
    assert "flex" not in pieces, "a row of boxes tears the words from their quotation marks"


def test_a_refusal_stays_where_it_was(fresh: Site, open_page: OpenPage) -> None:
    with_cluster(fresh)
    page = open_page(fresh)
    page.goto(f"{fresh.url}/pairs")
    page.keyboard.press("j")
    eleven = page.get_by_role("heading", name="Do these 11 say the same?")
    expect(eleven).to_be_visible()
    for box in page.get_by_role("checkbox").all():
        box.uncheck()
    page.get_by_role("button", name="Same: merge").click()
    expect(page.get_by_text("Tick at least two themes").first).to_be_visible()
    expect(eleven).to_be_visible()
    expect(page.get_by_text("Next:")).to_have_count(0)


def test_keys_are_in_the_help(fresh: Site, open_page: OpenPage) -> None:
    with_cluster(fresh)
    page = open_page(fresh)
    page.goto(f"{fresh.url}/pairs")
    page.keyboard.press("?")
    expect(page.get_by_text("Of what may be the same: same, different, later")).to_be_visible()


def test_it_is_for_everybody_on_every_screen(fresh: Site, open_page: OpenPage) -> None:
    with_cluster(fresh)
    page = open_page(fresh, reduced_motion="reduce", viewport={"width": 1280, "height": 900})
    cluster = fresh.rows("select id from theme where title = 'Offline notes are lost, case 5'")[0]
    addresses = {
        "pairs": "/pairs",
        "cluster": f"/pairs?theme={cluster['id']}",
        "matters": "/triage",
        "overview": "/",
    }
    for name, address in addresses.items():
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(fresh.url + address)
        page.evaluate(AXE.read_text(encoding="utf-8"))
        for scheme in COLOURS:
            page.emulate_media(color_scheme=scheme)
            assert violations(page, *EVERYTHING) == [], address
            _shoot(page, f"{name}-{scheme}.png")
        page.set_viewport_size({"width": 390, "height": 844})
        if name in ("pairs", "cluster"):
            page.locator("[data-rows] .title").first.click()
            expect(page.get_by_role("button", name="Same: merge")).to_be_visible()
        assert page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        ), address
        _shoot(page, f"{name}-narrow.png")


def _shoot(page: Page, name: str) -> None:
    if PAIR_SHOTS:
        page.screenshot(path=Path(PAIR_SHOTS) / name, full_page=True)

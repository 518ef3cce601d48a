"""No script, hostile words, an expired session, and somebody who may not."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.site import MEMBER, WORD, OpenPage, Site

pytestmark = pytest.mark.browser


def test_works_without_a_script(fresh: Site, open_page: OpenPage) -> None:
    page = open_page(fresh, java_script_enabled=False)
    page.goto(f"{fresh.url}/triage")
    page.fill("#q", "calendar")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("[data-rows] .title")).to_have_count(1)
    page.get_by_role("button", name="Accept", exact=True).or_(
        page.locator("[data-key='1']")
    ).first.click()
    expect(page.locator("#toast")).to_contain_text("Accepted.")
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    accepted = fresh.rows("select title from theme where status = 'accepted'")
    assert len(accepted) == 1
    assert "calendar" in accepted[0]["title"]
    page.locator("#toast").get_by_role("button", name="Undo").click()
    expect(page.locator("#toast")).to_contain_text("Undone.")
    page.locator("summary", has_text="Ignore…").click()
    page.get_by_role("button", name="Spam").click()
    ignored = "select status_reason from theme where status = 'ignored'"
    fresh.expect_rows([{"status_reason": "Spam"}], ignored)


def test_hostile_words_stay_words(seeded: Site, open_page: OpenPage) -> None:
    page = open_page(seeded, viewport={"width": 390, "height": 844})
    themes = seeded.rows(
        "select id, title from theme where title like '%%window.hacked%%' or title like 'Crash%%'"
    )
    delivery = seeded.rows("select source_id, id from delivery order by id limit 1")[0]
    visited = [
        "/",
        "/triage",
        "/comments",
        f"/sources/{delivery['source_id']}/deliveries/{delivery['id']}",
    ]
    for address in [*visited, *(f"/themes/{theme['id']}" for theme in themes)]:
        page.goto(seeded.url + address)
        assert page.evaluate("window.hacked") is None
        assert page.locator("img[src=x]").count() == 0
        assert page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )
    page.goto(f"{seeded.url}/comments")
    content = page.locator(".quote").all_inner_texts()
    assert any("<script>window.hacked = 1</script>" in text for text in content)
    assert any(text.startswith(WORD[:1000]) for text in content)
    backwards = page.locator("bdi", has_text="\u202eevil")
    assert backwards.first.evaluate("one => getComputedStyle(one).unicodeBidi") == "isolate"


def test_an_ended_session_leads_to_the_login(fresh: Site, open_page: OpenPage) -> None:
    page = open_page(fresh)
    page.goto(f"{fresh.url}/triage")
    page.context.clear_cookies(name="relay_session")
    page.get_by_role("link", name="Comments").click()
    page.wait_for_url(f"{fresh.url}/login?next=/comments")


def test_a_member_decides_but_does_not_administer(fresh: Site, open_page: OpenPage) -> None:
    page = open_page(fresh, MEMBER)
    page.goto(f"{fresh.url}/settings")
    expect(page.get_by_role("button", name="Save")).to_have_count(0)
    page.goto(f"{fresh.url}/triage")
    page.keyboard.press("1")
    expect(page.locator("#toast")).to_contain_text("Accepted.")


def test_somebody_was_faster(fresh: Site, open_page: OpenPage) -> None:
    one, other = open_page(fresh), open_page(fresh, MEMBER)
    one.goto(f"{fresh.url}/triage")
    other.goto(f"{fresh.url}/triage")
    title = one.locator("#evidence h2").inner_text()
    one.keyboard.press("1")
    expect(one.locator("#toast")).to_contain_text("Accepted.")
    other.keyboard.press("1")
    expect(other.get_by_role("alert")).to_contain_text("Somebody changed this theme meanwhile")
    decided = fresh.rows("select count(*) as n from activity where verb = 'accepted'")
    assert decided == [{"n": 1}]
    assert fresh.rows("select status from theme where title = %s", title) == [
        {"status": "accepted"}
    ]

"""The main way through the dashboard, as a person with a keyboard and a mouse walks it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.site import EMAIL, PASSWORD, OpenPage, Site

pytestmark = pytest.mark.browser


def titles(page: Page) -> list[str]:
    return page.locator("[data-rows] .title").all_inner_texts()


STATUS = "select status from theme where title = %s"


def statuses(site: Site) -> dict[str, str]:
    return {row["title"]: row["status"] for row in site.rows("select title, status from theme")}


def test_login_leads_to_overview_and_triage(seeded: Site, open_page: OpenPage) -> None:
    page = open_page(seeded)
    page.get_by_role("button", name="Sign out").click()
    page.fill("#email", EMAIL)
    page.fill("#password", "something else")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text(
        "The e-mail address or the password is wrong."
    )
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".callout .lead")).to_contain_text("wait for a decision")
    expect(page.get_by_role("img", name="Comments per day and source")).to_be_visible()
    page.get_by_role("link", name="7 days", exact=True).click()
    expect(page).to_have_url(f"{seeded.url}/?days=7")
    page.get_by_role("link", name="Decide now").click()
    expect(page.get_by_role("heading", name="Triage")).to_be_visible()
    expect(page).to_have_title("Triage · Feedback Relay")


def test_keys_decide_and_undo(fresh: Site, open_page: OpenPage) -> None:
    page = open_page(fresh)
    page.goto(f"{fresh.url}/triage")
    first, second, third = titles(page)[:3]
    page.keyboard.press("j")
    expect(page.locator("#evidence h2")).to_have_text(second)
    page.keyboard.press("1")
    expect(page.locator("#toast")).to_contain_text("Accepted.")
    expect(page.locator("#evidence h2")).to_have_text(third)
    expect(page.locator("#announce")).to_have_text(f"Accepted. Next: {third}")
    focused = page.evaluate("document.activeElement.textContent.trim()")
    assert focused == third, "the focus moves on to the next theme"
    expect(page.locator("#nav .badge")).to_have_text(f"{len(statuses(fresh)) - 1} waiting")
    assert statuses(fresh)[second] == "accepted"
    assert second not in titles(page)
    assert len(fresh.rows("select 1 from ticket where state = 'pending'")) == 1
    page.keyboard.press("u")
    expect(page.locator("#toast")).to_contain_text("Undone.")
    assert statuses(fresh)[second] == "triage"
    assert {first, second} <= set(titles(page))
    assert [row["state"] for row in fresh.rows("select state from ticket")] == ["cancelled"]
    verbs = [
        row["verb"]
        for row in fresh.rows("select verb from activity where actor <> 'system' order by id")
    ]
    assert verbs == ["accepted", "undone"]


def test_keys_are_silent_while_typing_and_can_be_switched_off(
    fresh: Site, open_page: OpenPage
) -> None:
    page = open_page(fresh)
    posted: list[str] = []
    page.on("request", lambda asked: posted.append(asked.url) if asked.method == "POST" else None)
    page.goto(f"{fresh.url}/triage")
    page.keyboard.press("/")
    page.keyboard.type("1")
    expect(page.locator("#q")).to_have_value("1")
    page.goto(f"{fresh.url}/triage")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_role("button", name="Switch single keys off").click()
    expect(page.locator("body")).to_have_attribute("data-keys", "off")
    page.wait_for_load_state()
    page.keyboard.press("1")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).not_to_be_visible()
    page.reload()
    assert posted == [f"{fresh.url}/preferences"], "no key decided anything"
    assert set(statuses(fresh).values()) == {"triage"}


def test_ignoring_needs_a_reason(fresh: Site, open_page: OpenPage) -> None:
    page = open_page(fresh)
    page.goto(f"{fresh.url}/triage")
    first, second = titles(page)[:2]
    page.keyboard.press("3")
    page.get_by_role("button", name="Ignore with this reason").click()
    page.get_by_role("button", name="Already solved").click()
    expect(page.locator("#toast")).to_contain_text("Ignored: Already solved.")
    ignored = "select status_reason from theme where status = 'ignored'"
    assert fresh.rows(ignored) == [{"status_reason": "Already solved"}]
    decided = fresh.rows("select verb from activity where actor <> 'system'")
    assert decided == [{"verb": "ignored"}], "the browser refused a blank reason"
    page.fill("#q", second.split()[0])
    expect(page).to_have_url(
        f"{fresh.url}/triage?status=triage&q={second.split()[0]}"
        "&kind=&platform=&same=&view=&rare=&sort=people"
    )
    page.get_by_role("link", name="Ignored", exact=True).click()
    expect(page).to_have_url(f"{fresh.url}/triage?status=ignored&q={second.split()[0]}&sort=people")
    page.get_by_role("link", name="Clear filters").first.click()
    expect(page.locator("[data-rows] .title")).to_have_text([first])


def test_several_at_once(fresh: Site, open_page: OpenPage) -> None:
    page = open_page(fresh)
    page.goto(f"{fresh.url}/triage")
    before = titles(page)
    expect(page.locator("#bulk")).not_to_be_visible()
    for row in (0, 1):
        page.locator("[data-rows] [name=theme]").nth(row).check()
    expect(page.locator("#bulk strong")).to_have_text("2 selected")
    page.locator("#bulk").get_by_role("button", name="Accept").click()
    expect(page.locator("#toast")).to_contain_text("2 themes accepted.")
    assert {title for title, status in statuses(fresh).items() if status == "accepted"} == set(
        before[:2]
    )
    page.locator("#toast").get_by_role("button", name="Undo").click()
    expect(page.locator("#toast")).to_contain_text("2 decisions undone.")
    assert set(statuses(fresh).values()) == {"triage"}


def test_several_are_ignored_with_a_reason_and_stay_ticked_without(
    fresh: Site, open_page: OpenPage
) -> None:
    page = open_page(fresh)
    page.goto(f"{fresh.url}/triage")
    boxes = page.locator("[data-rows] [name=theme]")
    for row in (0, 1):
        boxes.nth(row).check()
    bulk = page.locator("#bulk")
    bulk.get_by_role("button", name="Ignore").click()
    expect(page.locator("#bulk-reason")).to_be_focused()
    expect(bulk.locator("strong")).to_have_text("2 selected")
    page.locator("#bulk-reason").select_option(index=1)
    bulk.get_by_role("button", name="Ignore").click()
    expect(page.locator("#toast")).to_contain_text("2 themes ignored.")
    for row in (0, 1):
        boxes.nth(row).check()
    bulk.get_by_role("button", name="Ignore").click()
    bulk.get_by_role("button", name="Accept").click()
    expect(page.locator("#toast")).to_contain_text("2 themes accepted.")


def test_theme_split_rename_merge(fresh: Site, open_page: OpenPage) -> None:
    page = open_page(fresh)
    page.goto(f"{fresh.url}/triage")
    title = titles(page)[0]
    page.keyboard.press("o")
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.get_by_role("link", name="Open the thread: Export").first).to_have_attribute(
        "rel", "noopener noreferrer nofollow ugc"
    )
    for reason in page.get_by_text("Why it is here").all():
        reason.click()
    expect(page.get_by_text("% likely the same; such texts join from 60 %.").first).to_be_visible()
    expect(
        page.get_by_text("There was nothing to compare it with, so it opened a theme.")
    ).to_be_visible()
    page.get_by_label("Select the comment of").first.check()
    page.get_by_role("button", name="Split off").click()
    expect(page.locator("#toast")).to_contain_text("1 comment split off")
    theme = page.url.rpartition("/")[2]
    assert fresh.rows("select people from theme where id = %s", theme) == [{"people": 2}]
    page.get_by_label("Change the title").click()
    page.fill("#title", "Export of large files")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Export of large files")
    page.keyboard.press("2")
    expect(page.get_by_role("heading", name="Merge into…")).to_be_visible()
    page.fill("#q", "calendar")
    expect(page).to_have_url(re.compile("[?&]q=calendar"))
    page.get_by_role("button", name="Merge into Add a calendar").click()
    expect(page.locator("#toast")).to_contain_text("Merged into this theme.")
    expect(page.get_by_role("heading", level=1)).to_contain_text("calendar")
    expect(page.locator(".timeline")).to_contain_text(
        "merged themes into this one: Export of large files"
    )
    page.locator(".timeline").get_by_role("button", name="Undo").first.click()
    expect(page.locator("#toast")).to_contain_text("Undone.")
    fresh.expect_rows([{"status": "triage"}], STATUS, "Export of large files")


def test_a_decision_is_not_overtaken_by_a_search_that_waits(
    fresh: Site, open_page: OpenPage
) -> None:
    """A search is sent a moment after the last key: not any more where something was decided."""
    page = open_page(fresh)
    (theme,) = fresh.rows("select id from theme order by people desc, id limit 1")
    page.goto(f"{fresh.url}/themes/{theme['id']}/merge")
    searches: list[str] = []
    page.on("request", lambda asked: searches.append(asked.url) if "?q=" in asked.url else None)
    decisions: list[Route] = []
    page.route("**/merge", lambda route: decisions.append(route))
    page.fill("#q", "calendar")
    page.get_by_role("button", name="Merge into").first.click()
    page.wait_for_timeout(600)  # twice as long as a search waits
    decisions[0].continue_()
    expect(page.locator("#toast")).to_contain_text("Merged into this theme.")
    assert searches == []


def test_connecting_a_source(fresh: Site, open_page: OpenPage) -> None:
    page = open_page(fresh)
    page.goto(f"{fresh.url}/sources")
    expect(page.get_by_role("link", name="1 unknown")).to_be_visible()
    page.get_by_role("link", name="Connect a source").click()
    page.get_by_role("link", name="Discourse").click()
    page.fill("#name", "Support")
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_role("alert")).to_contain_text("named Support already")
    page.fill("#name", "Forum")
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Forum is ready to listen")
    secret = page.locator("#webhook-secret").inner_text()
    source = fresh.rows("select id from source where name = 'Forum'")[0]["id"]
    assert page.locator("#webhook-url").inner_text() == f"{fresh.url}/hooks/{source}"
    assert len(secret) > 30
    expect(page.locator(".prose li").first).to_be_visible()
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Forum")
    assert secret not in page.content(), "a secret is shown once"

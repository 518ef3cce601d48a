"""Every page, in light and dark, on a desk and on a phone: accessible, within its frame, and asking
nobody else."""

from __future__ import annotations

import gzip
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Response, expect

from tests.browser.accessibility import AXE, EVERYTHING, violations
from tests.browser.site import OpenPage, Site

pytestmark = pytest.mark.browser
BUDGET = 60 * 1024


def addresses(site: Site) -> list[str]:
    theme = site.rows("select id from theme order by people desc, id limit 1")[0]["id"]
    source = site.rows("select id from source")[0]["id"]
    tracker = site.rows("select id from tracker")[0]["id"]
    product = site.rows("select id from product")[0]["id"]
    question = site.rows("select id from comment where kind = 'question' limit 1")[0]["id"]
    person = site.rows("select author_id from comment order by id limit 1")[0]["author_id"]
    failed = site.rows("select id from delivery order by id")
    return [
        "/",
        "/triage",
        "/triage?q=nothing+like+this",
        "/triage?view=themes",
        "/?top=rising",
        "/pairs",
        f"/themes/{theme}",
        f"/themes/{theme}/merge",
        f"/themes/{theme}/ticket",
        "/questions",
        f"/questions/{question}",
        "/promises",
        "/people",
        "/people?which=lost",
        f"/people/{person}",
        "/insights",
        "/digests/2026-W46",
        "/digests/subscriptions",
        "/spikes",
        "/digests/2026-11-12",
        "/insights?compare=none",
        "/insights/people?which=heard",
        "/insights/themes?which=opened",
        "/comments",
        "/comments?kind=feature&also=1&tone=",
        "/sources",
        "/sources/new",
        "/sources/new?platform=slack",
        f"/sources/{source}",
        f"/sources/{source}/try",
        f"/sources/{source}/deliveries/{failed[0]['id']}",
        "/trackers",
        "/trackers/new",
        "/trackers/new?type=jira",
        f"/trackers/{tracker}",
        "/settings",
        f"/products/{product}/rules?attempt=yes",
        f"/themes/{theme}/preview",
        "/login",
    ]


def test_accessible(seeded: Site, open_page: OpenPage) -> None:
    page = open_page(seeded, color_scheme="light", reduced_motion="reduce")
    script = AXE.read_text(encoding="utf-8")
    broken = {}
    for address in addresses(seeded):
        page.goto(seeded.url + address)
        page.evaluate(script)
        page.emulate_media(color_scheme="light")
        found = violations(page, *EVERYTHING)
        page.emulate_media(color_scheme="dark")  # which changes nothing but colours
        found += violations(page, "color-contrast")
        if found:
            broken[address] = found
    assert not broken, "\n".join(
        f"{address} {line}" for address, lines in broken.items() for line in lines
    )


SHEETS_BEYOND = """
    [...document.querySelectorAll('details.menu')].filter(menu => {
        menu.open = true
        const box = menu.querySelector('.sheet').getBoundingClientRect()
        menu.open = false
        return box.left < 0 || box.right > document.documentElement.clientWidth
    }).map(menu => menu.querySelector('summary').textContent.trim())
"""
"""The menus that leave the page when they are opened."""


def test_fits_a_phone_and_asks_nobody_else(seeded: Site, open_page: OpenPage) -> None:
    page = open_page(seeded, viewport={"width": 390, "height": 844})
    wide, asked = {}, set[str]()
    page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
    for address in addresses(seeded):
        page.goto(seeded.url + address)
        excess = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        if excess > 0:
            wide[address] = excess
        if beyond := page.evaluate(SHEETS_BEYOND):
            wide[address] = beyond
    assert wide == {}
    assert asked - {""} == {urlsplit(seeded.url).netloc}, "data: addresses have no host"
    page.goto(f"{seeded.url}/triage")
    small = page.evaluate(
        """[...document.querySelectorAll('a, button, summary, .tick')]
        .filter(one => one.checkVisibility())
        .filter(one => !one.closest('p, .hidden-text'))
        .filter(one => getComputedStyle(one).display !== 'inline')
        .filter(one => Math.min(one.getBoundingClientRect().width,
                                one.getBoundingClientRect().height) < 24)
        .map(one => one.outerHTML.slice(0, 120))"""
    )
    assert small == [], "targets are at least 24 pixels"


def test_first_load_is_small(seeded: Site, open_page: OpenPage) -> None:
    page = open_page(seeded)
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.context.new_cdp_session(page).send("Network.clearBrowserCache")
    page.goto(f"{seeded.url}/triage")
    page.wait_for_load_state("networkidle")
    ours = {
        answer.url: len(gzip.compress(answer.body()))
        for answer in answers
        if not answer.url.startswith("data:")
    }
    assert len(ours) <= 5, ours
    assert sum(ours.values()) <= BUDGET, ours


def test_colours_by_choice(seeded: Site, open_page: OpenPage) -> None:
    page = open_page(seeded, color_scheme="light")
    whole = page.locator("html")

    bright = str(whole.evaluate("one => getComputedStyle(one).backgroundColor"))
    page.get_by_role("button", name="Change to dark").click()
    expect(whole).to_have_attribute("data-scheme", "dark")
    expect(whole).not_to_have_css("background-color", bright)
    page.get_by_role("button", name="Change to light").click()
    expect(whole).to_have_attribute("data-scheme", "light")
    expect(whole).to_have_css("background-color", bright)
    page.emulate_media(color_scheme="dark")
    page.reload()
    # The choice is kept, whatever the system prefers.
    expect(whole).to_have_css("background-color", bright)
    page.get_by_role("button", name="Change to as the system").click()
    expect(whole).not_to_have_attribute("data-scheme", "light")
    expect(whole).not_to_have_css("background-color", bright)


def test_print_leaves_the_frame_out(seeded: Site, open_page: OpenPage) -> None:
    page = open_page(seeded)
    page.goto(f"{seeded.url}/triage")
    page.emulate_media(media="print")
    assert not page.locator("#nav").is_visible()
    assert page.locator("#evidence").is_visible()

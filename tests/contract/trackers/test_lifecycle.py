"""What every tracker promises: created once, found again, kept current, and people's words
untouched."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from integrations.sandbox.jira.shape import plain
from integrations.tracker_contract import Draft, StatusCategory, TicketRef

Drafts = Callable[..., Draft]


def text_of(body: Any) -> str:
    return plain(body) if isinstance(body, dict) else str(body)


def raw_of(body: Any) -> str:
    return json.dumps(body, ensure_ascii=False) if isinstance(body, dict) else str(body)


def with_people_around(body: Any) -> Any:
    """The body as it is after people wrote above and below the block."""
    if not isinstance(body, dict):
        return f"Our own analysis\r\n\r\n{body}\n\nDo not delete this line"
    above, below = (
        {"type": "paragraph", "content": [{"type": "text", "text": text}]} for text in PEOPLE
    )
    return {**body, "content": [above, *body["content"], below]}


PEOPLE = ("Our own analysis", "Do not delete this line")


async def test_create_makes_one_ticket_by_one_write(bench: Any, draft: Drafts) -> None:
    ref = await bench.tracker.create(draft())
    assert len(bench.tickets) == 1
    assert [request["method"] for request in bench.state.requests] == ["POST"]
    ticket = bench.tickets[0]
    assert (ref.id, ref.key) == (str(ticket.id), ticket.key)
    async with httpx.AsyncClient(follow_redirects=True) as browser:
        assert "Dark mode resets" in (await browser.get(ref.url)).text
    assert ticket.title == "Dark mode resets after an update"
    assert set(draft().labels) <= set(ticket.labels)
    text, raw = text_of(ticket.body), raw_of(ticket.body)
    assert "12 people" in text
    assert "15 comments" in text
    assert "3 October 2026" in text
    assert "2 November 2026" in text
    assert "keeps only this block current" in text
    for url in (
        "https://forum.acme.example/t/dark-mode/41/2",
        "https://acme.slack.example/archives/C1/p2",
    ):
        assert raw.count(url) >= 2, "a quote and a thread lead to it"
    assert "https://relay.acme.example/themes/7" in raw


async def test_find_by_marker(bench: Any, draft: Drafts) -> None:
    assert await bench.tracker.find(draft().marker) is None
    await bench.tracker.create(draft(marker="relay-another", title="Another theme"))
    ref = await bench.tracker.create(draft())
    assert await bench.tracker.find(draft().marker) == ref
    assert await bench.tracker.find("relay-0b54e2f3") is None, (
        "a part of a marker is not the marker"
    )


async def test_find_takes_the_oldest_where_someone_copied_a_ticket(
    bench: Any, draft: Drafts
) -> None:
    ref = await bench.tracker.create(draft())
    await bench.tracker.create(draft())
    assert await bench.tracker.find(draft().marker) == ref


async def test_update_replaces_the_block_and_keeps_what_people_wrote(
    bench: Any, draft: Drafts
) -> None:
    ref = await bench.tracker.create(draft())
    ticket = bench.tickets[0]
    ticket.title, ticket.labels = "A better title by a person", [*ticket.labels, "needs-design"]
    ticket.body = with_people_around(ticket.body)
    assert (
        await bench.tracker.update(
            ref, draft(people=40, mentions=77, labels=("kind:bug", "platform:github"))
        )
        == ref
    )
    text = text_of(ticket.body)
    assert "40 people" in text
    assert "77 comments" in text
    assert "12 people" not in text
    assert text.index(PEOPLE[0]) < text.index("40 people") < text.index(PEOPLE[1])
    assert text.count("keeps only this block current") == 1
    assert ticket.title == "A better title by a person"
    assert {"needs-design", "platform:github", "product:app"} <= set(ticket.labels)
    assert len(bench.tickets) == 1


async def test_update_that_changes_nothing_writes_nothing(bench: Any, draft: Drafts) -> None:
    ref = await bench.tracker.create(draft())
    bench.tickets[0].body = with_people_around(bench.tickets[0].body)
    bench.state.requests.clear()
    await bench.tracker.update(ref, draft())
    assert bench.writes() == []
    assert len(bench.state.requests) == 1


async def test_update_appends_a_block_that_people_removed(bench: Any, draft: Drafts) -> None:
    ref = await bench.tracker.create(draft())
    ticket = bench.tickets[0]
    lonely = {"type": "paragraph", "content": [{"type": "text", "text": "All rewritten"}]}
    ticket.body = (
        {"type": "doc", "version": 1, "content": [lonely]}
        if isinstance(ticket.body, dict)
        else "All rewritten"
    )
    await bench.tracker.update(ref, draft())
    text = text_of(ticket.body)
    assert text.startswith("All rewritten")
    assert "12 people" in text
    ticket.body = None
    await bench.tracker.update(ref, draft())
    assert "12 people" in text_of(ticket.body)


async def test_status_comes_back(bench: Any, draft: Drafts) -> None:
    ref = await bench.tracker.create(draft())
    assert (await bench.tracker.get(ref)).category is StatusCategory.open
    expected = {
        "close": StatusCategory.done,
        "decline": StatusCategory.declined,
        "reopen": StatusCategory.open,
    }
    if bench.traits.has_between:
        expected["start"] = StatusCategory.in_progress
    for action, category in expected.items():
        bench.move(action)
        state = await bench.tracker.get(ref)
        assert state.category is category
        assert (state.ref, state.title) == (ref, "Dark mode resets after an update")


async def test_a_ticket_that_never_was_is_not_to_be_seen(bench: Any) -> None:
    state = await bench.tracker.get(TicketRef("987654", bench.traits.unknown_key, ""))
    assert state.category is StatusCategory.hidden


async def test_search_lag_hides_a_fresh_ticket_from_jira_alone(bench: Any, draft: Drafts) -> None:
    bench.configure(search_lag=600)
    ref = await bench.tracker.create(draft())
    match = await bench.tracker.find(draft().marker)
    assert match == (None if bench.traits.searches_late else ref)
    assert bench.type.search_lag > 0


async def test_endless_theme_fits_and_says_what_is_left_out(bench: Any, draft: Drafts) -> None:
    quote = draft().quotes[0]
    many = draft(
        quotes=[quote] * 300,
        threads=[
            ("A long thread title " * 10, f"https://forum.acme.example/t/{n}") for n in range(3000)
        ],
        title="long " * 200,
    )
    await bench.tracker.create(many)
    text = text_of(bench.tickets[0].body)
    assert "more quotes and" in text
    assert "more threads on the theme page." in text
    assert len(bench.tickets[0].title) <= 256


async def test_a_draft_without_quotes_and_threads_is_still_a_ticket(
    bench: Any, draft: Drafts
) -> None:
    bare = draft(quotes=(), threads=(), labels=(), people=1, mentions=1, title=" \n ", theme_url="")
    ref = await bench.tracker.create(bare)
    assert "1 person wrote 1 comment" in text_of(bench.tickets[0].body).replace("**", "").replace(
        "*", ""
    )
    bench.state.requests.clear()
    await bench.tracker.update(ref, bare)
    assert bench.writes() == []


async def test_check_finds_nothing_wrong(bench: Any) -> None:
    findings = await bench.tracker.check()
    assert len(findings) >= 4
    assert [finding for finding in findings if not finding.ok] == []
    assert bench.writes() == []


async def test_check_names_what_is_wrong_with_a_remedy(bench: Any) -> None:
    bench.configure(containers=["another/repository"])
    missing = [finding for finding in await bench.tracker.check() if not finding.ok]
    assert len(missing) == 1
    assert missing[0].remedy
    bench.configure(require_token="another-token")
    refused = [finding for finding in await bench.tracker.check() if not finding.ok]
    assert [finding.subject for finding in refused] == ["Credentials"]
    assert refused[0].remedy
    assert "a-secret-token" not in str(refused)


@pytest.mark.parametrize("bench", ["jira-cloud", "jira-data-center"], indirect=True)
async def test_check_names_required_fields_that_nothing_fills_in(bench: Any) -> None:
    bench.configure(required_fields={"customfield_10010": "Team"})
    wrong = [finding for finding in await bench.tracker.check() if not finding.ok]
    assert [finding.subject for finding in wrong] == ["Issue type Bug", "Issue type Task"]
    assert "Team (customfield_10010)" in wrong[0].detail
    filled = bench.another(extra_fields={"customfield_10010": {"value": "Core"}})
    assert all(finding.ok for finding in await filled.check())
    await filled.close()

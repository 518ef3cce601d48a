"""Every tracker tells what changed, takes a comment, opens a ticket again, and lets webhooks be
added: what following a ticket needs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.sandbox.state import Ticket
from integrations.ticket_status import StatusCategory
from integrations.tracker_contract import Draft, TrackerError

Drafts = Callable[..., Draft]
LONG_AGO = datetime.now(UTC) - timedelta(days=30)


def made(bench: Any, count: int) -> list[Ticket]:
    """Tickets of other people."""
    return [bench.made(f"Ticket {number}") for number in range(count)]


async def read_all(bench: Any, bookmark: str = "") -> tuple[list[str], str]:
    """The ids on every page, and the last bookmark."""
    ids: list[str] = []
    while True:
        page = await bench.tracker.changes(bookmark, LONG_AGO)
        ids += [state.ref.id for state in page.states]
        bookmark = page.bookmark
        if page.is_last:
            return ids, bookmark


async def test_every_change_is_listed_over_pages_and_nothing_twice_for_long(bench: Any) -> None:
    tickets = made(bench, 230)
    ids, bookmark = await read_all(bench)
    assert set(ids) == {str(ticket.id) for ticket in tickets}
    bench.state.set_status(tickets[3], bench.traits.done_status)
    again, _ = await read_all(bench, bookmark)
    assert str(tickets[3].id) in again


async def test_an_unchanged_list_of_github_is_not_sent_again(bench: Any) -> None:
    if bench.type.name != "github":
        pytest.skip("only GitHub answers by ETag")
    made(bench, 2)
    _, bookmark = await read_all(bench)
    _, bookmark = await read_all(bench, bookmark)
    page = await bench.tracker.changes(bookmark, LONG_AGO)
    assert (page.states, page.bookmark, page.is_last) == ((), bookmark, True)


async def test_a_ticket_takes_a_comment_and_is_opened_again(bench: Any, draft: Drafts) -> None:
    ref = await bench.tracker.create(draft())
    await bench.tracker.comment(ref, "2 people spoke of this again.")
    assert "2 people spoke" in str(bench.tickets[0].comments[0].body)
    assert (await bench.tracker.reopen(ref)).category is StatusCategory.open
    bench.move("close")
    state = await bench.tracker.reopen(ref)
    assert (state.category, state.ref) == (StatusCategory.open, ref)
    assert not bench.tickets[0].done


async def test_a_webhook_is_added_once_and_a_refusal_says_what_to_do(bench: Any) -> None:
    for secret in ("first-secret", "second-secret"):
        await bench.tracker.register_hook("https://relay.example/hooks/trackers/1", secret)
    (hook,) = bench.state.saved.hooks
    assert hook.secret == "second-secret"
    bench.configure(may_register_hooks=False)
    with pytest.raises(TrackerError) as refused:
        await bench.tracker.register_hook("https://relay.example/hooks/trackers/1", "third-secret")
    assert refused.value.reason == "hook_not_allowed"
    assert "third-secret" not in refused.value.detail

"""A ticket that people opened is found, and told of what the community says in a comment of ours
alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from integrations.sandbox.state import Ticket
from integrations.tracker_contract import Draft, TicketRef, TrackerError

MakeDraft = Callable[..., Draft]
Bench = Any
"""What the fixture ``bench`` gives."""


def opened_by_people(bench: Bench, title: str, body: Any = None) -> Ticket:
    """A ticket that somebody wrote by hand."""
    made: Ticket = bench.made(title, body)
    return made


def address_of(bench: Bench, ticket: Ticket) -> str:
    """What stands in a browser's address bar."""
    page: str = bench.traits.page.format(
        container=ticket.container, number=ticket.number, key=ticket.key
    )
    return f"{bench.sandbox.url}{page}"


async def located(bench: Bench, ticket: Ticket) -> TicketRef:
    ref: TicketRef = (await bench.tracker.locate(ticket.key)).ref
    return ref


async def test_a_ticket_is_found_by_its_key_and_by_its_address(bench: Bench) -> None:
    ticket = opened_by_people(bench, "Dark mode resets")
    by_key = await bench.tracker.locate(f" {ticket.key} ")
    by_address = await bench.tracker.locate(address_of(bench, ticket) + "?focus=1#comments")
    assert by_key == by_address
    assert by_key.title == "Dark mode resets"
    assert by_key.ref.id == str(ticket.id)
    assert (await bench.tracker.get(by_key.ref)).ref == by_key.ref


@pytest.mark.parametrize(
    "name",
    ["", "the one about dark mode", "https://elsewhere.example/acme/app/issues/1", "http://["],
)
async def test_what_names_no_ticket_is_refused_without_a_call(bench: Bench, name: str) -> None:
    bench.state.requests.clear()
    with pytest.raises(TrackerError) as refusal:
        await bench.tracker.locate(name)
    assert refusal.value.reason == "ticket_unnamed"
    assert refusal.value.permanent
    assert list(bench.state.requests) == []


async def test_a_ticket_that_is_not_there_is_not_found(bench: Bench) -> None:
    with pytest.raises(TrackerError) as refusal:
        await bench.tracker.locate(bench.traits.unknown_key)
    assert refusal.value.reason == "not_found"


async def test_tickets_with_alike_titles_are_found_the_most_alike_first(bench: Bench) -> None:
    near = opened_by_people(bench, "Dark mode is reset by updates")
    nearer = opened_by_people(bench, "Dark mode resets after an update")
    opened_by_people(bench, "Mode switch: where is it?")
    opened_by_people(bench, "Export is slow")
    similar = await bench.tracker.similar("Dark mode resets after update")
    assert [state.ref.id for state in similar] == [str(nearer.id), str(near.id)]


async def test_titles_that_a_search_would_read_as_orders_find_only_words(bench: Bench) -> None:
    ticket = opened_by_people(bench, "Login fails")
    hostile = 'login" OR repo:evil/evil NOT (fails) ~ \\" ORDER BY x'
    assert [state.ref.id for state in await bench.tracker.similar(hostile)] in (
        [],
        [str(ticket.id)],
    )
    assert await bench.tracker.similar("¿?! ...") == []


async def test_the_comment_is_added_once_and_then_kept(bench: Bench, draft: MakeDraft) -> None:
    ticket = opened_by_people(bench, "Dark mode resets", None)
    ref = await located(bench, ticket)
    first = await bench.tracker.keep_comment(ref, draft(), "")
    assert await bench.tracker.keep_comment(ref, draft(), "") == first
    bench.state.requests.clear()
    assert await bench.tracker.keep_comment(ref, draft(), first) == first
    assert bench.writes() == []
    assert await bench.tracker.keep_comment(ref, draft(people=13), first) == first
    (comment,) = ticket.comments
    assert "13 people" in str(comment.body)
    assert str(comment.id) == first
    assert (ticket.title, ticket.body, ticket.labels) == ("Dark mode resets", None, [])
    if bench.type.name == "github":
        assert comment.pinned


async def test_a_comment_that_people_deleted_comes_back(bench: Bench, draft: MakeDraft) -> None:
    ticket = opened_by_people(bench, "Dark mode resets")
    ref = await located(bench, ticket)
    first = await bench.tracker.keep_comment(ref, draft(), "")
    ticket.comments.clear()
    second = await bench.tracker.keep_comment(ref, draft(), first)
    assert second != first
    assert len(ticket.comments) == 1


async def test_a_comment_whose_answer_was_lost_is_not_added_twice(
    bench: Bench, draft: MakeDraft
) -> None:
    ticket = opened_by_people(bench, "Dark mode resets")
    ref = await located(bench, ticket)
    bench.fail(mode="lost_response", method="POST", path=bench.traits.comments)
    with pytest.raises(TrackerError) as lost:
        await bench.tracker.keep_comment(ref, draft(), "")
    assert lost.value.ambiguous
    await bench.tracker.keep_comment(ref, draft(), "")
    assert len(ticket.comments) == 1


async def test_a_stranger_who_repeats_our_marker_gets_no_words_of_ours(
    bench: Bench, draft: MakeDraft
) -> None:
    ticket = opened_by_people(bench, "Dark mode resets")
    ref = await located(bench, ticket)
    await bench.tracker.keep_comment(ref, draft(), "")
    (own,) = ticket.comments
    forged = bench.state.comment(ticket, own.body)
    forged.author = "a-person"
    ticket.comments = [forged, own]
    assert await bench.tracker.keep_comment(ref, draft(people=40), "") == str(own.id)
    assert "40 people" not in str(forged.body)

"""Linear: ids that we choose, and one comment that is kept current."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.contract import Visibility
from integrations.network import Network
from integrations.sandbox.linear.shape import issue_uuid
from integrations.sandbox.state import Settings
from integrations.tracker_contract import Attempt, Draft, StatusCategory, TrackerError
from integrations.trackers.linear.api import LinearApi
from integrations.trackers.linear.settings import LinearSettings
from integrations.trackers.linear.tickets import LinearTracker
from tests.scenes.linear import LINEAR_KEY, LinearBench

MakeDraft = Callable[..., Draft]
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


async def refusal_of(work: Any) -> TrackerError:
    with pytest.raises(TrackerError) as caught:
        await work
    assert LINEAR_KEY not in caught.value.detail
    return caught.value


async def test_an_issue_is_made_with_our_comment_and_kept_current(
    linear: LinearBench, draft: MakeDraft
) -> None:
    tracker = linear.tracker
    ref = await tracker.create(draft())
    ticket = linear.tickets[0]
    assert (ref.key, ref.url) == ("ENG-1", f"{linear.sandbox.url}/tickets/ENG-1")
    assert "relay-0b54e2f3" in ticket.body
    assert "12 people" in linear.comment
    assert {"kind:bug", "feedback-relay"} <= set(ticket.labels)
    assert [link["url"] for link in ticket.remote_links] == [draft().theme_url]
    assert await tracker.holds(ref, draft())
    ticket.body = "A person wrote all of it anew"
    changed = draft(people=40, labels=("kind:bug", "platform:github"))
    await tracker.update(ref, changed)
    assert "40 people" in linear.comment
    assert ticket.body == "A person wrote all of it anew"
    assert "platform:github" in ticket.labels
    assert "40 people" in ticket.remote_links[0]["subtitle"]
    linear.sandbox.state.requests.clear()
    await tracker.update(ref, changed)
    assert [one["operationName"] for one in linear.asked()] == ["RelayIssue", "RelayComment"]
    former = draft(people=40, title="New words", former_title=draft().title)
    await tracker.update(ref, former)
    assert ticket.title == "New words"


async def test_linears_own_markdown_is_no_edit(linear: LinearBench, draft: MakeDraft) -> None:
    ref = await linear.tracker.create(draft())
    comment = linear.tickets[0].comments[0]
    comment.body = comment.body.replace("\\*", "*").replace("**", "__").replace("- ", "* ")
    assert await linear.tracker.holds(ref, draft())
    comment.body = comment.body.replace("12 people", "3 people")
    assert not await linear.tracker.holds(ref, draft())


@pytest.mark.parametrize("mode", ["lost_response", "status"])
async def test_an_answer_that_was_lost_makes_no_second_issue(
    linear: LinearBench, draft: MakeDraft, mode: str
) -> None:
    tracker = linear.tracker
    attempt = Attempt(datetime.now(UTC), await tracker.note())
    assert await tracker.find(draft().marker, attempt) is None
    await tracker._team.labels(draft())  # type: ignore[attr-defined]
    if mode == "lost_response":
        linear.fail(mode=mode)
    else:
        linear.fail(mode="limit", requests=1, per=600)  # the issue passes, its comment does not
    assert (await refusal_of(tracker.create(draft()))).ambiguous
    async with asyncio.timeout(20):
        while not linear.tickets:
            await asyncio.sleep(0.02)
    linear.sandbox.state.faults.clear()
    ref = await tracker.find(draft().marker, attempt)
    assert ref is not None
    assert ref.id == attempt.note == issue_uuid(linear.tickets[0])
    assert await tracker.find(draft().marker) == ref
    tracker._next_id = attempt.note  # type: ignore[attr-defined]
    assert await tracker.create(draft()) == ref, "the same id again"
    assert len(linear.tickets) == 1
    assert "12 people" in linear.comment


async def test_comments_are_added_once(linear: LinearBench, draft: MakeDraft) -> None:
    ticket = linear.made("Dark mode resets")
    ref = (await linear.tracker.locate("eng-1")).ref
    own = await linear.tracker.keep_comment(ref, draft(), "")
    assert await linear.tracker.keep_comment(ref, draft(people=13), own) == own
    assert await linear.tracker.keep_comment(ref, draft(people=14), "") == own
    assert "14 people" in linear.comment
    ticket.comments.clear()
    again = await linear.tracker.keep_comment(ref, draft(), own)
    assert again != own
    assert len(ticket.comments) == 1
    for _ in range(2):
        await linear.tracker.comment(ref, "10 people speak of this.")
    assert [one.body for one in ticket.comments[1:]] == ["10 people speak of this."]
    assert (ticket.title, ticket.body, ticket.labels) == ("Dark mode resets", None, [])


async def test_status_comes_back_by_type(linear: LinearBench, draft: MakeDraft) -> None:
    ref = await linear.tracker.create(draft())
    for action, category in {
        "start": StatusCategory.in_progress,
        "close": StatusCategory.done,
        "decline": StatusCategory.declined,
        "reopen": StatusCategory.open,
    }.items():
        linear.act("status", action=action)
        state = await linear.tracker.get(ref)
        assert (state.category, state.ref) == (category, ref)
    linear.act("status", action="close")
    assert (await linear.tracker.reopen(ref)).category is StatusCategory.open
    linear.act("transfer", to="OPS")
    moved = await linear.tracker.get(ref)
    assert (moved.ref.id, moved.ref.key) == (ref.id, "OPS-1")
    linear.sandbox.state.delete(linear.tickets[0])
    assert (await linear.tracker.get(ref)).category is StatusCategory.gone
    assert (await refusal_of(linear.tracker.update(ref, draft()))).reason == "gone"
    linear.tickets.clear()
    assert (await linear.tracker.get(ref)).category is StatusCategory.hidden


async def test_a_merged_ticket_is_related_to_the_one_that_lives_on(
    linear: LinearBench, draft: MakeDraft
) -> None:
    tracker = linear.tracker
    ref = await tracker.create(draft())
    other = await tracker.create(draft(marker="relay-another"))
    planned = await tracker.plan_duplicate(ref, other)
    marked = await tracker.mark_duplicate(ref, planned)
    state = await tracker.get(ref)
    assert (state.category, state.duplicate_of) == (StatusCategory.duplicate, other)
    assert await tracker.mark_duplicate(ref, planned) == marked, "an answer that was lost"
    assert await tracker.unmark_duplicate(ref, marked) == ""
    assert (await tracker.get(ref)).category is StatusCategory.open
    marked = await tracker.mark_duplicate(ref, await tracker.plan_duplicate(ref, other))
    linear.act("status", action="close")
    assert "A person changed the status of ENG-1" in await tracker.unmark_duplicate(ref, marked)
    assert linear.tickets[0].status == "Done"


async def test_issues_are_found_and_their_changes_listed(linear: LinearBench) -> None:
    tickets = [linear.made(f"Ticket {number}") for number in range(120)]
    near = linear.made("Dark mode resets after an update")
    assert [one.ref.id for one in await linear.tracker.similar("Dark mode resets")] == [
        issue_uuid(near)
    ]
    located = await linear.tracker.locate("https://linear.app/acme/issue/ENG-3/a-slug?x=1")
    assert located.ref.id == issue_uuid(tickets[2])
    for name in ("", "3", "https://elsewhere.example/acme/issue/ENG-3"):
        assert (await refusal_of(linear.tracker.locate(name))).reason == "ticket_unnamed"
    assert (await refusal_of(linear.tracker.locate("ENG-4711"))).reason == "not_found"
    ids, bookmark = set[str](), ""
    for _ in range(4):
        page = await linear.tracker.changes(bookmark, NOW - timedelta(days=999))
        ids |= {state.ref.id for state in page.states}
        bookmark = page.bookmark
        if page.is_last:
            break
    assert ids == {issue_uuid(ticket) for ticket in [*tickets, near]}
    linear.sandbox.state.set_status(tickets[3], "Done")
    page = await linear.tracker.changes(bookmark, NOW)
    assert issue_uuid(tickets[3]) in {state.ref.id for state in page.states}


async def test_key_team_and_statuses_are_checked(linear: LinearBench) -> None:
    findings = await linear.tracker.check()
    assert [finding.subject for finding in findings if finding.ok] == [
        "Credentials",
        "Team ENG",
        "Statuses",
    ]
    assert await linear.tracker.audience() is Visibility.members
    linear.sandbox.state.configure(Settings(containers=["OPS"]))
    other = LinearTracker(
        LinearSettings(team="ENG", base_url=f"{linear.sandbox.url}/linear"),
        LinearApi(f"{linear.sandbox.url}/linear", LINEAR_KEY, network=Network(allow_private=True)),
    )
    assert (await refusal_of(other.probe())).reason == "no_access"
    linear.fail(mode="anonymous", count=None)
    (finding,) = await other.check()
    assert (finding.subject, finding.ok) == ("Credentials", False)
    await other.close()
    sent = [request["headers"]["authorization"] for request in linear.sandbox.state.requests]
    assert set(sent) == {"***"}, "a key without a scheme, which is not written down"


async def test_a_webhook_is_added_once(linear: LinearBench) -> None:
    for secret in ("first-secret", "second-secret"):
        await linear.tracker.register_hook("https://relay.example/hooks/trackers/1", secret)
    (hook,) = linear.sandbox.state.saved.hooks
    assert hook.secret == "second-secret"
    linear.sandbox.state.configure(Settings(may_register_hooks=False))
    hook_call = linear.tracker.register_hook("https://relay.example/hooks/trackers/1", "third")
    assert (await refusal_of(hook_call)).reason == "hook_not_allowed"

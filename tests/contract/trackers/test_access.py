"""Who we are to the tracker, whether it shows us where the tickets are, and what a ticket that is
not to be seen means."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.tracker_contract import Attempt, Draft, StatusCategory, TrackerError

Drafts = Callable[..., Draft]


async def reason_of(work: Any) -> str:
    with pytest.raises(TrackerError) as caught:
        await work
    assert "a-secret-token" not in caught.value.detail
    return caught.value.reason


async def test_whoami_and_probe_are_quiet_where_all_is_well(bench: Any) -> None:
    account = await bench.tracker.whoami()
    assert account.id == "sandbox-bot"
    assert account.name
    await bench.tracker.probe()
    assert bench.writes() == []


async def test_a_stranger_is_told_apart_from_an_empty_tracker(bench: Any, draft: Drafts) -> None:
    ref = await bench.tracker.create(draft())
    bench.fail(mode="anonymous", count=None)
    attempt = Attempt(datetime.now(UTC), "APP-0")
    for work in (
        bench.tracker.find(draft().marker),
        bench.tracker.find(draft().marker, attempt),
        bench.tracker.get(ref),
        bench.tracker.update(ref, draft(people=40)),
        bench.tracker.create(draft(marker="relay-another")),
        bench.tracker.note(),
        bench.tracker.whoami(),
        bench.tracker.probe(),
    ):
        assert await reason_of(work) == "unauthorized"
    assert len(bench.tickets) == 1


async def test_lost_access_is_no_deletion(bench: Any, draft: Drafts) -> None:
    ref = await bench.tracker.create(draft())
    bench.fail(mode="no_access", count=None)
    await bench.tracker.whoami()
    assert await reason_of(bench.tracker.get(ref)) == "no_access"
    assert await reason_of(bench.tracker.probe()) == "no_access"


async def test_deleted_for_certain_is_told_from_hidden(bench: Any, draft: Drafts) -> None:
    ref = await bench.tracker.create(draft())
    bench.delete()
    certain = bench.traits.tells_deleted
    expected = StatusCategory.gone if certain else StatusCategory.hidden
    assert (await bench.tracker.get(ref)).category is expected


@pytest.mark.parametrize("bench", ["github"], indirect=True)
async def test_issue_that_github_hides_is_hidden(bench: Any, draft: Drafts) -> None:
    ref = await bench.tracker.create(draft())
    bench.fail(mode="status", status=404, path="/repos/acme/app/issues/*")
    assert (await bench.tracker.get(ref)).category is StatusCategory.hidden


async def test_find_after_an_attempt(bench: Any, draft: Drafts) -> None:
    note = await bench.tracker.note()
    attempt = Attempt(datetime.now(UTC), note)
    assert await bench.tracker.find(draft().marker, attempt) is None
    bench.configure(search_lag=7200)
    bench.tickets.clear()
    ref = await bench.tracker.create(draft())
    assert await bench.tracker.find(draft().marker, attempt) == ref


@pytest.mark.parametrize("bench", ["jira-cloud", "jira-data-center"], indirect=True)
async def test_keys_with_gaps_are_read_past(bench: Any, draft: Drafts) -> None:
    for number in range(5):
        bench.state.create("jira", "APP", title=f"{number}", status="To Do", kind="Bug")
    attempt = Attempt(datetime.now(UTC), await bench.tracker.note())
    for number in range(7):
        gap = bench.state.create("jira", "APP", title=f"{number}", status="To Do", kind="Bug")
        gap.deleted = True
    bench.configure(search_lag=7200)
    ref = await bench.tracker.create(draft())
    assert attempt.note == "APP-5"
    assert await bench.tracker.find(draft().marker, attempt) == ref
    assert await bench.tracker.find("relay-0b54e2f3", attempt) is None


@pytest.mark.parametrize("bench", ["github"], indirect=True)
async def test_github_lists_only_our_issues_and_down_to_the_attempt(
    bench: Any, draft: Drafts
) -> None:
    await bench.tracker.create(draft())
    now = datetime.now(UTC)
    for number in range(250):
        issue = bench.state.create("github", "acme/app", title=f"{number}", status="open")
        issue.created_at = now - timedelta(hours=1)
    bench.state.requests.clear()
    await bench.tracker.find("relay-nobody", Attempt(now, "sandbox-bot"))
    queries = [r["query"] for r in bench.state.requests if r["path"].endswith("/issues")]
    assert len(queries) == 1
    assert "creator=sandbox-bot" in queries[0]
    bench.state.requests.clear()
    await bench.tracker.find("relay-nobody", Attempt(now, "an-earlier-account"))
    queries = [r["query"] for r in bench.state.requests if r["path"].endswith("/issues")]
    assert all("creator" not in query for query in queries)


@pytest.mark.parametrize("bench", ["github"], indirect=True)
async def test_github_pages_back_to_the_attempt_in_a_busy_repository(
    bench: Any, draft: Drafts
) -> None:
    began = datetime.now(UTC)
    ref = await bench.tracker.create(draft())
    for number in range(450):
        bench.state.create("github", "acme/app", title=f"{number}", status="open")
    bench.configure(search_lag=7200)
    assert await bench.tracker.find(draft().marker, Attempt(began)) == ref


@pytest.mark.parametrize("bench", ["github"], indirect=True)
async def test_a_renamed_repository_is_written_to_under_its_new_name(
    bench: Any, draft: Drafts
) -> None:
    bench.fail(mode="renamed", path="/repos/acme/app*", to="acme/renamed", count=None)
    ref = await bench.tracker.create(draft())
    assert [ticket.container for ticket in bench.tickets] == ["acme/renamed"]
    await bench.tracker.update(ref, draft(people=40, labels=("kind:bug", "platform:github")))
    assert "40 people" in bench.tickets[0].body
    assert "platform:github" in bench.tickets[0].labels
    assert await bench.tracker.find(draft().marker) == ref
    assert (await bench.tracker.get(ref)).category is StatusCategory.open
    await bench.tracker.probe()


@pytest.mark.parametrize("bench", ["jira-cloud"], indirect=True)
async def test_a_token_with_scopes_gets_links_that_people_can_open(
    bench: Any, draft: Drafts
) -> None:
    gateway = f"{bench.sandbox.url}/ex/jira/11111111-aaaa-bbbb-cccc-222222222222"
    asked = bench.another(base_url=gateway)
    ref = await asked.create(draft())
    assert ref.url == f"{bench.sandbox.url}/browse/{ref.key}"
    assert (await asked.get(ref)).ref == ref
    entered = bench.another(base_url=gateway, site_url="https://acme.atlassian.net/")
    assert (await entered.get(ref)).ref.url == f"https://acme.atlassian.net/browse/{ref.key}"
    await asked.close()
    await entered.close()


@pytest.mark.parametrize("bench", ["jira-cloud", "jira-data-center"], indirect=True)
@pytest.mark.parametrize("silent", [True, False])
async def test_updates_of_jira_send_no_mail_where_jira_lets_us(
    bench: Any, draft: Drafts, silent: bool
) -> None:
    bench.configure(silent_edits=silent)
    ref = await bench.tracker.create(draft())
    bench.state.requests.clear()
    for people in (40, 41):
        await bench.tracker.update(ref, draft(people=people))
    queries = [request["query"] for request in bench.writes()]
    refused = not silent and bench.name == "jira-data-center"
    asked = ["notifyUsers=false"]
    assert queries == ([*asked, "", ""] if refused else asked * 2)


@pytest.mark.parametrize("bench", ["jira-cloud", "jira-data-center"], indirect=True)
async def test_labels_that_are_not_on_the_screen_are_named_and_left_away(
    bench: Any, draft: Drafts
) -> None:
    bench.configure(fields_off_screen=["labels"])
    wrong = [finding for finding in await bench.tracker.check() if not finding.ok]
    assert [finding.subject for finding in wrong] == ["Issue type Bug", "Issue type Task"]
    assert "Labels" in wrong[0].detail
    assert "screens" in wrong[0].remedy
    attempt = Attempt(datetime.now(UTC), await bench.tracker.note())
    ref = await bench.tracker.create(draft())
    assert [ticket.labels for ticket in bench.tickets] == [[]]
    assert await bench.tracker.find(draft().marker, attempt) == ref
    assert await bench.tracker.find(draft().marker.upper(), attempt) is None
    await bench.tracker.update(ref, draft(people=40))
    another = bench.another()
    await another.update(ref, draft(people=41))
    await another.close()
    assert "41 people" in str(bench.tickets[0].body).replace("*", "")
    assert len(bench.tickets) == 1

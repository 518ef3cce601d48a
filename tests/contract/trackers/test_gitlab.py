"""What only GitLab does: moves that look like closings, duplicates by a quick action, projects that
answer writes at their old path with 405, and labels that say what its two statuses do not."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from integrations.contract import Visibility
from integrations.sandbox.gitlab.shape import project_number
from integrations.tracker_contract import Draft, StatusCategory, TrackerError
from integrations.trackers.gitlab import check
from integrations.trackers.gitlab.settings import GitLabSettings

MakeDraft = Callable[..., Draft]
Bench = Any
pytestmark = pytest.mark.parametrize("bench", ["gitlab"], indirect=True)


def by_a_person(bench: Bench, act: str, **body: str) -> None:
    """Something that a person does with the first ticket."""
    address = f"{bench.sandbox.url}/_sandbox/tickets/{bench.tickets[0].slug}/{act}"
    httpx.post(address, json=body).raise_for_status()


async def test_a_move_is_no_closing_and_is_followed(bench: Bench, draft: MakeDraft) -> None:
    ref = await bench.tracker.create(draft())
    by_a_person(bench, "transfer", to="acme/mobile/ios")
    assert bench.tickets[0].status == "closed"
    state = await bench.tracker.get(ref)
    assert (state.category, state.ref.key) == (StatusCategory.open, "acme/mobile/ios#1")
    assert state.ref.id == str(bench.tickets[1].id)
    await bench.tracker.update(state.ref, draft(people=40))
    assert "40 people" in bench.tickets[1].body
    bench.tickets[1].deleted = True
    assert (await bench.tracker.get(ref)).category is StatusCategory.hidden


async def test_a_duplicate_names_the_issue_that_lives_on(bench: Bench, draft: MakeDraft) -> None:
    ref, living = await bench.tracker.create(draft()), bench.made("The older one")
    by_a_person(bench, "duplicate", of=living.slug)
    state = await bench.tracker.get(ref)
    assert state.category is StatusCategory.duplicate
    assert state.duplicate_of is not None
    assert (state.duplicate_of.id, state.duplicate_of.key) == (str(living.id), "2")


async def test_a_merged_ticket_is_closed_as_a_duplicate_and_opened_again(
    bench: Bench, draft: MakeDraft
) -> None:
    tracker = bench.tracker
    ref = await tracker.create(draft())
    other = await tracker.create(draft(marker="relay-of-another"))
    planned = await tracker.plan_duplicate(ref, other)
    marked = await tracker.mark_duplicate(ref, planned)
    assert (await tracker.get(ref)).duplicate_of == other
    assert await tracker.mark_duplicate(ref, planned) == marked, "an answer that was lost"
    assert await tracker.unmark_duplicate(ref, marked) == ""
    assert (await tracker.get(ref)).category is StatusCategory.open
    marked = await tracker.mark_duplicate(ref, planned)
    bench.move("reopen")
    bench.move("close")
    assert "A person changed the status of #1" in await tracker.unmark_duplicate(ref, marked)
    assert bench.tickets[0].done


async def test_a_duplicate_that_may_not_be_closed_says_so(bench: Bench, draft: MakeDraft) -> None:
    ref = await bench.tracker.create(draft())
    planned = await bench.tracker.plan_duplicate(ref, ref)
    bench.fail(mode="status", status=403, method="POST", path="*/notes")
    marked = await bench.tracker.mark_duplicate(ref, planned)
    assert "did not let" in marked.note
    assert await bench.tracker.unmark_duplicate(ref, marked) == ""


async def test_what_became_an_epic_is_not_done(bench: Bench, draft: MakeDraft) -> None:
    ref = await bench.tracker.create(draft())
    bench.move("close")
    assert (await bench.tracker.get(ref)).category is StatusCategory.done
    bench.tickets[0].fields["promoted_to"] = "&3"
    state = await bench.tracker.get(ref)
    assert (state.status, state.category) == (
        "closed (promoted to an epic)",
        StatusCategory.in_progress,
    )


async def test_a_moved_project_is_written_to_by_its_id(bench: Bench, draft: MakeDraft) -> None:
    ref = await bench.tracker.create(draft())
    assert await bench.tracker.renamed() == {}
    bench.tickets[0].container = "acme/renamed"
    number = str(project_number("acme/renamed"))
    bench.fail(mode="renamed", path="/gitlab/api/v4/projects/acme/app*", to=number, count=None)
    await bench.tracker.update(ref, draft(people=40))
    assert "40 people" in bench.tickets[0].body
    assert (await bench.tracker.get(ref)).category is StatusCategory.open
    assert await bench.tracker.find(draft().marker) is not None
    assert await bench.tracker.renamed() == {"project": "acme/renamed"}
    ref = await bench.tracker.create(draft(marker="relay-another"))
    assert bench.tickets[1].container == "acme/renamed"


async def test_confidential_tickets_are_for_the_team_alone(bench: Bench, draft: MakeDraft) -> None:
    assert await bench.tracker.audience() is Visibility.public
    confidential = bench.another(confidential=True)
    await confidential.create(draft())
    assert bench.tickets[0].fields["confidential"]
    assert await confidential.audience() is Visibility.private
    await confidential.close()


async def test_labels_say_what_a_status_means(bench: Bench, draft: MakeDraft) -> None:
    ref = await bench.tracker.create(draft())
    for labels, status, category in (
        (["workflow::ready"], "open (workflow::ready)", StatusCategory.open),
        (["Doing"], "open (Doing)", StatusCategory.in_progress),
    ):
        bench.tickets[0].labels = labels
        state = await bench.tracker.get(ref)
        assert (state.status, state.category) == (status, category)
    own_words = bench.another(declined_labels="parked, out of scope")
    bench.move("close")
    bench.tickets[0].labels = ["Out of scope"]
    state = await own_words.get(ref)
    assert (state.category, state.resolution) == (StatusCategory.declined, "Out of scope")
    await own_words.close()


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "{in_20_s}"}, 20.0),
        ({}, None),
    ],
)
async def test_a_limit_in_plain_text_names_the_wait(
    bench: Bench, headers: dict[str, str], seconds: float | None
) -> None:
    now = datetime.now(UTC)
    sent = {k: v.format(in_20_s=int(now.timestamp()) + 20) for k, v in headers.items()}
    answer = httpx.Response(429, headers=sent, text="Retry later\n")
    bench.tracker._api._clock = lambda: now.replace(microsecond=0)
    with pytest.raises(TrackerError) as limited:
        bench.tracker._api.value(answer)
    assert (limited.value.reason, limited.value.retry_after) == ("rate_limited", seconds)


async def test_somebody_who_writes_at_the_same_moment_is_waited_for(
    bench: Bench, draft: MakeDraft
) -> None:
    ref = await bench.tracker.create(draft())
    bench.fail(mode="status", status=409, method="PUT")
    with pytest.raises(TrackerError) as conflict:
        await bench.tracker.update(ref, draft(people=40))
    assert (conflict.value.reason, conflict.value.permanent) == ("ticket_busy", False)


@pytest.mark.parametrize(
    ("token", "subject", "word"),
    [
        ({"scopes": ["read_api"], "expires_at": None}, "Scope", "read_api"),
        ({"scopes": ["api"], "expires_at": "{soon}"}, "Token's end", "ends on"),
    ],
)
async def test_a_check_tells_of_the_token(
    bench: Bench,
    monkeypatch: pytest.MonkeyPatch,
    token: dict[str, Any],
    subject: str,
    word: str,
) -> None:
    soon = (datetime.now(UTC) + timedelta(days=9)).date().isoformat()
    told = json.loads(json.dumps(token).replace("{soon}", soon))

    async def tell(api: object) -> dict[str, Any]:
        return dict(told)

    monkeypatch.setattr(check, "_token", tell)
    (finding,) = [one for one in await bench.tracker.check() if one.remedy]
    assert finding.subject == subject
    assert word in finding.detail


async def test_the_sandbox_refuses_parameters_that_gitlab_does_not_know(bench: Bench) -> None:
    with pytest.raises(TrackerError) as refusal:
        await bench.tracker._api.call("POST", "/projects/acme%2Fapp/issues", json={"titel": "x"})
    assert refusal.value.reason == "invalid_fields"
    body = {"title": "x", "assignee": "y"}
    with pytest.raises(TrackerError, match="assignee"):
        await bench.tracker._api.call("POST", "/projects/acme%2Fapp/issues", json=body)


@pytest.mark.parametrize(
    ("entered", "project", "base_url"),
    [
        ({"project": "acme/app"}, "acme/app", "https://gitlab.com"),
        ({"project": "42"}, "42", "https://gitlab.com"),
        (
            {
                "project": "https://git.acme.example/lab/acme/sub/app/-/issues?x=1",
                "base_url": "git.acme.example/lab/api/v4/",
            },
            "acme/sub/app",
            "https://git.acme.example/lab",
        ),
        ({"project": "git@gitlab.com:acme/app.git"}, "acme/app", "https://gitlab.com"),
    ],
)
def test_what_people_copy_is_taken_as_they_mean_it(
    bench: Bench, entered: dict[str, str], project: str, base_url: str
) -> None:
    settings = GitLabSettings.model_validate(entered)
    assert (settings.project, settings.base_url) == (project, base_url)

"""A GitHub App in the place of a token: the sandbox checks its signatures as GitHub does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from integrations.network import Network
from integrations.sandbox.server import SandboxServer
from integrations.tracker_contract import Draft, Tracker, TrackerError
from integrations.trackers.github import app_tokens
from integrations.trackers.github.api import GitHubApi
from integrations.trackers.github.issues import GitHubTracker
from integrations.trackers.github.settings import GitHubCredentials, GitHubSettings
from integrations.trackers.github.tracker import open_github
from tests.scenes.github_app import app_key, install, new_key

LOOPBACK = Network(allow_private=True)
TOKENS_PATH = "/app/installations/815/access_tokens"
DRAFT = Draft(
    marker="relay-0b54e2f38c1d4c8e9a512f0f3c1d7a90",
    title="Dark mode resets",
    kind="bug",
    product="app",
    people=2,
    mentions=2,
    first_seen=datetime(2026, 10, 3, 8, 0, tzinfo=UTC),
    last_seen=datetime(2026, 11, 2, 9, 30, tzinfo=UTC),
    quotes=(),
    threads=(),
    labels=(),
    theme_url="",
)


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxServer]:
    monkeypatch.setattr(app_tokens, "_TOKENS", {})
    with SandboxServer() as server:
        install(server.state)
        yield server


def app_tracker(sandbox: SandboxServer, **credentials: str) -> Tracker:
    entered = {"app_id": "4711", "private_key": app_key().private, **credentials}
    return open_github(
        GitHubSettings(repository="acme/app", base_url=sandbox.url),
        GitHubCredentials.model_validate(entered),
        network=LOOPBACK,
    )


def paths(sandbox: SandboxServer) -> list[str]:
    return [request["path"] for request in sandbox.state.requests]


async def refusal(tracker: Tracker) -> TrackerError:
    with pytest.raises(TrackerError) as caught:
        await tracker.create(DRAFT)
    await tracker.close()
    return caught.value


async def test_a_ticket_is_made_by_the_app_and_found_again(sandbox: SandboxServer) -> None:
    tracker = app_tracker(sandbox)
    ref = await tracker.create(DRAFT)
    found_ref = await tracker.find(DRAFT.marker)
    account = await tracker.whoami()
    await tracker.close()
    assert found_ref == ref
    assert (account.login, account.is_machine) == ("feedback-relay[bot]", True)
    assert paths(sandbox)[:3] == [
        "/repos/acme/app/installation",
        TOKENS_PATH,
        "/repos/acme/app/issues",
    ]


async def test_one_token_serves_every_run_of_a_process(sandbox: SandboxServer) -> None:
    for _ in range(3):
        tracker = app_tracker(sandbox)
        await tracker.probe()
        await tracker.close()
    assert paths(sandbox).count(TOKENS_PATH) == 1


async def test_an_installation_that_is_entered_is_not_asked_for(sandbox: SandboxServer) -> None:
    tracker = app_tracker(sandbox, installation_id="815")
    await tracker.probe()
    await tracker.close()
    assert paths(sandbox) == [TOKENS_PATH, "/repos/acme/app"]


class Clock:
    """Our clock, and GitHub's, which may be another."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


def clocked(sandbox: SandboxServer, clock: Any) -> GitHubTracker:
    api = GitHubApi(
        sandbox.url,
        app=app_tokens.GitHubApp("4711", app_key().private),
        repository="acme/app",
        network=LOOPBACK,
        clock=clock,
    )
    return GitHubTracker(GitHubSettings(repository="acme/app", base_url=sandbox.url), api)


async def test_a_token_is_renewed_before_its_hour_ends(sandbox: SandboxServer) -> None:
    clock = Clock()
    sandbox.state.clock = clock
    tracker = clocked(sandbox, clock)
    await tracker.probe()
    clock.now += timedelta(minutes=45)
    await tracker.probe()
    assert paths(sandbox).count(TOKENS_PATH) == 1
    clock.now += timedelta(minutes=10)
    await tracker.probe()
    await tracker.close()
    assert paths(sandbox).count(TOKENS_PATH) == 2


async def test_a_token_that_is_refused_is_made_anew_once_and_the_ticket_once(
    sandbox: SandboxServer,
) -> None:
    tracker = app_tracker(sandbox)
    await tracker.probe()
    sandbox.state.app_tokens.clear()  # revoked before its hour was over
    await tracker.create(DRAFT)
    await tracker.close()
    assert paths(sandbox).count(TOKENS_PATH) == 2
    assert len(sandbox.state.saved.tickets) == 1


async def test_a_refusal_that_stays_is_told(sandbox: SandboxServer) -> None:
    tracker = app_tracker(sandbox)
    await tracker.probe()
    install(sandbox.state, app_id="another")  # the App was deleted
    sandbox.state.app_tokens.clear()
    error = await refusal(tracker)
    assert error.permanent


async def test_a_key_of_another_app_is_told_without_being_shown(sandbox: SandboxServer) -> None:
    other = new_key().private
    error = await refusal(app_tracker(sandbox, private_key=other))
    assert error.reason == "unauthorized"
    assert "do not belong together" in error.detail
    assert other.splitlines()[1] not in repr(error)


@pytest.mark.parametrize(
    ("app", "entered", "reason", "sentence"),
    [
        ({"repositories": ["acme/other"]}, {}, "no_access", "not installed on acme/app"),
        ({"suspended": True}, {}, "no_access", "is suspended"),
        ({}, {"installation_id": "9"}, "no_access", "no installation with this id"),
        (
            {"permissions": {"issues": "read", "metadata": "read"}},
            {},
            "forbidden",
            "lacks the permission Issues: read and write",
        ),
    ],
)
async def test_what_the_app_lacks_is_told(
    app: dict[str, Any],
    entered: dict[str, str],
    reason: str,
    sentence: str,
    sandbox: SandboxServer,
) -> None:
    install(sandbox.state, **app)
    error = await refusal(app_tracker(sandbox, **entered))
    assert (error.reason, error.permanent) == (reason, True)
    assert sentence in error.detail
    (finding,) = [f for f in await app_tracker(sandbox, **entered).check() if not f.ok]
    assert sentence in finding.detail
    assert finding.remedy


async def test_the_check_says_which_app_it_is(sandbox: SandboxServer) -> None:
    tracker = app_tracker(sandbox)
    findings = await tracker.check()
    await tracker.close()
    assert all(finding.ok for finding in findings), findings
    assert findings[0].detail == "GitHub knows the App as Feedback Relay."


@pytest.mark.parametrize("minutes", [-30, -2, 0.9, 2, 30])
async def test_a_clock_that_is_wrong_stops_nothing(sandbox: SandboxServer, minutes: float) -> None:
    tracker = clocked(sandbox, lambda: datetime.now(UTC) + timedelta(minutes=minutes))
    await tracker.create(DRAFT)
    await tracker.close()
    assert len(sandbox.state.saved.tickets) == 1


async def test_no_token_and_no_key_is_shown(sandbox: SandboxServer) -> None:
    tracker = app_tracker(sandbox)
    await tracker.probe()
    await tracker.close()
    (token,) = sandbox.state.app_tokens
    shown = repr(app_tokens._TOKENS) + repr(app_tokens.GitHubApp("1", app_key().private))
    assert token not in shown
    assert app_key().private.splitlines()[1] not in shown
    assert token not in str(list(sandbox.state.requests))


@pytest.mark.parametrize(
    "entered",
    [
        {},
        {"app_id": "1"},
        {"private_key": app_key().private},
        {"app_id": "1", "private_key": "a-very-secret-thing"},
        {"app_id": "1", "private_key": app_key().public},
        {"app_id": "1", "private_key": new_key(1024).private},
        {"app_id": "1", "private_key": app_key().private, "token": "a-very-secret-thing"},
    ],
)
def test_half_an_app_is_refused_without_being_quoted(entered: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as caught:
        GitHubCredentials.model_validate(entered)
    assert "a-very-secret-thing" not in str(caught.value)


@pytest.mark.parametrize(
    "spoiled",
    [
        lambda pem: pem,
        lambda pem: pem.replace("\n", " "),
        lambda pem: pem.replace("\n", "\\n"),
        lambda pem: pem.replace("\n", "\r\n"),
        lambda pem: f"\n  {pem}\n\n",
    ],
)
def test_line_breaks_that_a_form_lost_are_put_back(spoiled: Any) -> None:
    entered = {"app_id": "1", "private_key": spoiled(app_key().private), "token": ""}
    credentials = GitHubCredentials.model_validate(entered)
    assert credentials.private_key.get_secret_value() == app_key().private

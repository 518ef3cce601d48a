"""Every registered tracker, each against the sandbox on a real loopback socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from integrations import registry
from integrations.network import Network
from integrations.sandbox.server import SandboxServer
from integrations.sandbox.state import SandboxState, Ticket
from integrations.sandbox.vendors import SANDBOX_VENDORS, Vendor
from integrations.tracker_contract import Draft, Quote, Tracker, TrackerType
from tests.scenes.linear import LinearBench, open_linear_bench

CREDENTIALS = {"email": "relay@acme.example", "token": "a-secret-token"}


@dataclass(frozen=True)
class Traits:
    """In what one tracker differs from the others, as far as tests look at it."""

    vendor: Vendor
    container: str = "acme/app"
    folder: str = ""
    """Where its API is in the sandbox."""
    unknown_key: str = "4711"
    page: str = "/{container}/issues/{number}"
    wall_characters: int = 65_500
    """A text that leaves no room for the block."""
    has_between: bool = False
    """Whether it knows a status between open and done."""
    searches_late: bool = False
    tells_deleted: bool = False
    history: str = "*/graphql"
    """Where we look at the history after a write."""
    editor: str = "a-person"
    comments: str = "*/comments"
    """Where comments are added."""

    @property
    def open_status(self) -> str:
        return SANDBOX_VENDORS[self.vendor].open_status

    @property
    def done_status(self) -> str:
        return SANDBOX_VENDORS[self.vendor].moves["close"].status


JIRA = Traits(
    "jira",
    container="APP",
    unknown_key="APP-4711",
    page="/browse/{key}",
    wall_characters=32_500,
    has_between=True,
    searches_late=True,
    history="*/changelog",
    editor="A person",
    comments="*/comment",
)
TRAITS = {
    "github": Traits("github", tells_deleted=True),
    "jira-cloud": JIRA,
    "jira-data-center": replace(JIRA, history="/rest/*"),
    "gitlab": Traits(
        "gitlab",
        folder="/gitlab",
        page="/gitlab/{container}/-/issues/{number}",
        wall_characters=1_048_500,
        has_between=True,
        comments="*/notes",
    ),
}
SETTINGS: dict[str, list[tuple[str, dict[str, str]]]] = {
    "github": [("github", {"repository": "acme/app"})],
    "jira": [
        ("jira-cloud", {"project": "APP", "deployment": "cloud"}),
        ("jira-data-center", {"project": "APP", "deployment": "data_center"}),
    ],
    "gitlab": [("gitlab", {"project": "acme/app"})],
    "gitea": [],  # what we write is a comment: see test_gitea.py
    "linear": [],  # what we write is a comment, and all is one address: see test_linear.py
    "webhook": [],  # it has no state to look at: see test_webhook.py
}


CASES = {
    name: (settings, kind) for kind in registry.trackers() for name, settings in SETTINGS[kind]
}


@dataclass
class Bench:
    """A tracker, and the sandbox it talks to."""

    name: str
    type: TrackerType[Any]
    tracker: Tracker
    sandbox: SandboxServer

    @property
    def traits(self) -> Traits:
        return TRAITS[self.name]

    @property
    def base_url(self) -> str:
        """What people enter."""
        return self.sandbox.url + self.traits.folder

    def made(self, title: str, body: Any = None) -> Ticket:
        """A ticket that somebody opened by hand."""
        traits = self.traits
        return self.state.create(
            traits.vendor, traits.container, title=title, status=traits.open_status, body=body
        )

    @property
    def state(self) -> SandboxState:
        return self.sandbox.state

    @property
    def tickets(self) -> list[Ticket]:
        return self.state.saved.tickets

    def fail(self, **fault: Any) -> None:
        httpx.post(f"{self.sandbox.url}/_sandbox/failures", json=fault).raise_for_status()

    def configure(self, **settings: Any) -> None:
        httpx.put(f"{self.sandbox.url}/_sandbox/settings", json=settings).raise_for_status()

    def move(self, action: str) -> None:
        """Close, decline, start or reopen the first ticket, as a person would."""
        address = f"{self.sandbox.url}/_sandbox/tickets/{self.tickets[0].slug}/status"
        httpx.post(address, json={"action": action}).raise_for_status()

    def delete(self) -> None:
        httpx.delete(
            f"{self.sandbox.url}/_sandbox/tickets/{self.tickets[0].slug}"
        ).raise_for_status()

    def reset(self) -> None:
        httpx.delete(f"{self.sandbox.url}/_sandbox/state").raise_for_status()
        self.configure()

    def writes(self) -> list[dict[str, Any]]:
        return [request for request in self.state.requests if request["method"] != "GET"]

    def entered(self, **settings: Any) -> Any:
        """Its settings, some of them replaced."""
        entered = {**CASES[self.name][0], "base_url": self.base_url, **settings}
        return self.type.settings.model_validate(entered)

    def another(self, **settings: Any) -> Tracker:
        return self.type.open(
            self.entered(**settings),
            self.type.credentials.model_validate(
                {"email": CREDENTIALS["email"], "token": CREDENTIALS["token"]}
            ),
            network=Network(allow_private=True),
        )


@pytest.fixture(scope="session")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture(params=sorted(CASES))
async def bench(request: pytest.FixtureRequest, sandbox: SandboxServer) -> AsyncIterator[Bench]:
    bench = Bench(request.param, registry.trackers()[CASES[request.param][1]], None, sandbox)  # type: ignore[arg-type]
    bench.reset()
    bench.tracker = bench.another()
    yield bench
    await bench.tracker.close()


@pytest.fixture
async def linear(sandbox: SandboxServer) -> AsyncIterator[LinearBench]:
    bench = open_linear_bench(sandbox)
    yield bench
    await bench.tracker.close()


@pytest.fixture
def draft() -> Callable[..., Draft]:
    """A plausible draft; keyword arguments replace its parts."""
    quotes = (
        Quote(
            "Dark mode resets after every update.\nPlease fix!",
            "Ana",
            "discourse",
            "https://forum.acme.example/t/dark-mode/41/2",
            datetime(2026, 10, 3, 8, 0, tzinfo=UTC),
        ),
        Quote(
            "@octocat same here, closes #1 <script>alert(1)</script> {noformat} **bold**",
            "b_o*b",
            "slack",
            "https://acme.slack.example/archives/C1/p2",
            datetime(2026, 11, 2, 9, 30, tzinfo=UTC),
        ),
    )
    plausible = Draft(
        marker="relay-0b54e2f3-8c1d-4c8e-9a51-2f0f3c1d7a90",
        title="Dark mode resets after an update",
        kind="bug",
        product="app",
        people=12,
        mentions=15,
        first_seen=datetime(2026, 10, 3, 8, 0, tzinfo=UTC),
        last_seen=datetime(2026, 11, 2, 9, 30, tzinfo=UTC),
        quotes=quotes,
        threads=(("Dark mode | settings", quotes[0].permalink), ("#general", quotes[1].permalink)),
        labels=("kind:bug", "product:app", "platform:discourse", "platform:slack"),
        theme_url="https://relay.acme.example/themes/7",
    )
    return lambda **changes: replace(plausible, **changes)

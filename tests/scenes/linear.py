"""A tracker of Linear and the sandbox that it talks to, in tests."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import httpx

from integrations import registry
from integrations.network import Network
from integrations.sandbox.server import SandboxServer
from integrations.sandbox.state import Settings, Ticket
from integrations.tracker_contract import Tracker
from integrations.trackers.linear.settings import LinearSettings

LINEAR = registry.tracker("linear")
LINEAR_KEY = "lin_api_a-secret-token"


@dataclass
class LinearBench:
    """A tracker, and the sandbox it talks to."""

    sandbox: SandboxServer
    tracker: Tracker

    @property
    def tickets(self) -> list[Ticket]:
        return self.sandbox.state.saved.tickets

    @property
    def comment(self) -> str:
        """The only comment of the first issue."""
        (comment,) = self.tickets[0].comments
        return str(comment.body)

    def fail(self, **fault: Any) -> None:
        httpx.post(f"{self.sandbox.url}/_sandbox/failures", json=fault).raise_for_status()

    def act(self, act: str, **body: str) -> None:
        """Something that a person does with the first issue."""
        address = f"{self.sandbox.url}/_sandbox/tickets/{self.tickets[0].slug}/{act}"
        httpx.post(address, json=body).raise_for_status()

    def made(self, title: str) -> Ticket:
        return self.sandbox.state.create("linear", "ENG", title=title, status="Todo")

    def asked(self) -> list[dict[str, Any]]:
        """The questions so far."""
        return [json.loads(request["body"]) for request in self.sandbox.state.requests]


def open_linear_bench(sandbox: SandboxServer) -> LinearBench:
    """A fresh sandbox and a tracker of its team ENG."""
    sandbox.state.reset()
    sandbox.state.configure(Settings())
    sandbox.state.saved.hooks.clear()
    tracker = LINEAR.open(
        LinearSettings(team="ENG", base_url=f"{sandbox.url}/linear"),
        LINEAR.credentials.model_validate({"token": LINEAR_KEY}),
        network=Network(allow_private=True),
    )
    return LinearBench(sandbox, tracker)

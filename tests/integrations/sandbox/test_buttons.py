"""The buttons of the sandbox's pages, pressed with the headers that browsers send."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from integrations.sandbox.server import SandboxServer


@pytest.fixture
def web() -> Iterator[httpx.Client]:
    with (
        SandboxServer() as server,
        httpx.Client(base_url=server.url, headers={"Authorization": "Bearer any"}) as client,
    ):
        yield client


def a_ticket(web: httpx.Client) -> str:
    """The key of a new ticket of Jira."""
    fields = {"project": {"key": "APP"}, "issuetype": {"name": "Bug"}, "summary": "A title"}
    return str(web.post("/rest/api/3/issue", json={"fields": fields}).json()["key"])


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},  # a page that sends no referrer
        {"Origin": "{own}", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "{own}"},  # plain http elsewhere than on the loopback
    ],
)
def test_buttons_work_with_what_browsers_send(web: httpx.Client, headers: dict[str, str]) -> None:
    key = a_ticket(web)
    assert web.get(f"/tickets/{key}").headers["referrer-policy"] == "same-origin"
    own = str(web.base_url).rstrip("/")
    sent = {name: value.format(own=own) for name, value in headers.items()}
    assert web.post(f"/tickets/{key}", data={"action": "start"}, headers=sent).status_code == 303
    status = web.get(f"/rest/api/3/issue/{key}").json()["fields"]["status"]
    assert status["name"] == "In Progress"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "null"},
        {"Origin": "{own}", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "{own}", "Sec-Fetch-Site": "same-site"},
    ],
)
def test_pages_of_others_press_no_button(web: httpx.Client, headers: dict[str, str]) -> None:
    key = a_ticket(web)
    own = str(web.base_url).rstrip("/")
    sent = {name: value.format(own=own) for name, value in headers.items()}
    assert web.post(f"/tickets/{key}", data={"action": "close"}, headers=sent).status_code == 403

"""The buttons of the sandbox tracker, pressed in a browser."""

from __future__ import annotations

from typing import Any

from integrations.sandbox.server import SandboxServer


def test_buttons_of_a_ticket_move_it(chromium: Any) -> None:
    with SandboxServer() as sandbox:
        ticket = sandbox.state.create("jira", "APP", title="A title", status="To Do", kind="Bug")
        page = chromium.new_page()
        page.goto(f"{sandbox.url}/tickets/{ticket.slug}")
        page.get_by_role("button", name="Start").click()
        page.get_by_text("In Progress").wait_for()
        assert ticket.status == "In Progress"
        page.get_by_role("button", name="Close as done").click()
        page.get_by_role("button", name="Reopen").wait_for()
        assert ticket.status == "Done"
        page.close()

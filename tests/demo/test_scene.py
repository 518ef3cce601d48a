"""The demo's administrator, whose password is told or not, and the sandbox's token."""

from __future__ import annotations

from pathlib import Path

from app.config import Settings
from app.demo.scene import DEMO_TRACKERS, SANDBOX_TOKEN, set_up
from app.running.runtime import Services
from app.setup.accounts import list_users, set_password
from app.storage.db import Database
from integrations.sandbox.jira.shape import JIRA_ACCOUNT
from integrations.scrubbing import Scrubber


async def test_a_password_that_was_changed_is_not_told(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    services, file = Services(settings, database), tmp_path / "admin-password"
    first = await set_up(services, "http://127.0.0.1:1", file)
    assert first.password
    assert (await set_up(services, "http://127.0.0.1:1", file)).password == first.password
    async with database.transaction() as connection:
        (user,) = await list_users(connection)
        await set_password(connection, user.id, "one of my own choice")
    assert (await set_up(services, "http://127.0.0.1:1", file)).password == ""
    file.unlink()
    again = await set_up(services, "http://127.0.0.1:1", file)
    assert again.password not in ("", first.password), "without the file a new one is made"


def test_the_sandboxs_token_takes_no_name_out_of_what_is_said() -> None:
    scrubber = Scrubber(SANDBOX_TOKEN.values())
    for name in (str(JIRA_ACCOUNT["displayName"]), *(tracker.name for tracker in DEMO_TRACKERS)):
        assert scrubber.clean(name) == name

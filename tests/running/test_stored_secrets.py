"""A database that was restored without its key says so before anything is turned away."""

from __future__ import annotations

from app.config import Settings
from app.running.doctor import connected_findings
from app.running.runtime import Services
from app.setup.polling import set_poll_credentials
from app.setup.sources import create_source
from app.setup.trackers import create_tracker
from app.storage.vault import Vault, new_key
from integrations.tracker_contract import Finding
from tests.scenes.forum import Forum


def services(forum: Forum, settings: Settings, key: str) -> Services:
    opened = Services(settings, forum.database)
    opened.__dict__["vault"] = Vault(key)
    return opened


def by_subject(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.subject: finding for finding in findings}


async def test_every_secret_is_tried(forum: Forum, settings: Settings, vault: Vault) -> None:
    async with forum.database.transaction() as connection:
        await create_tracker(
            connection,
            vault,
            forum.product_id,
            "github",
            "repo",
            {"repository": "acme/app", "base_url": "http://127.0.0.1:9"},
            {"token": "a-secret-token"},
        )
        polled, _ = await create_source(
            connection, vault, forum.product_id, "discourse", "talk", {}
        )
        entered = {"api_key": "a-key", "api_username": "ada"}
        await set_poll_credentials(connection, vault, polled.id, entered)
    findings = by_subject(await connected_findings(services(forum, settings, new_key())))
    assert set(findings) == {
        "source forum: secret",
        "source talk: secret",
        "source talk: credentials",
        "tracker repo: credentials",
    }
    assert "relay source credentials 'talk'" in findings["source talk: credentials"].remedy
    assert not any(finding.ok for finding in findings.values())
    assert "relay source rotate 'forum' --product tide" in findings["source forum: secret"].remedy
    assert (
        "relay tracker set 'repo' --product tide --credentials"
        in findings["tracker repo: credentials"].remedy
    )


async def test_secrets_that_can_be_read_are_said_to_be(
    forum: Forum, settings: Settings, vault: Vault
) -> None:
    opened = Services(settings, forum.database)
    opened.__dict__["vault"] = vault
    findings = by_subject(await connected_findings(opened))
    assert findings["stored secrets"].ok
    assert (findings["trackers"].ok, findings["trackers"].to_do) == (True, True)

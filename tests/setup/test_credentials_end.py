"""Credentials that end are told of 30, 14 and 3 days before, wherever people look."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.config import Settings
from app.running.doctor import ending_findings
from app.running.runtime import Services
from app.setup.credentials_end import EndWarning, near_end, set_credentials_end
from app.setup.polling import check_polling, set_poll_credentials
from app.setup.sources import get_source
from app.storage.db import Database
from app.storage.vault import Vault
from integrations import registry
from tests.scenes.polled import polled
from tests.scenes.stand_in_github import StandInGitHub
from tests.scenes.stand_ins import Asked, Reply, standing

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
TOKEN = {"token": "a-token"}


@pytest.mark.parametrize(
    ("days", "warning", "words"),
    [
        (31, None, ""),
        (30, EndWarning.month, "in 30 days, on 2026-12-30"),
        (14, EndWarning.fortnight, "in 14 days"),
        (3, EndWarning.days, "in 3 days"),
        (1, EndWarning.days, "in 1 day, "),
        (0.5, EndWarning.days, "in less than a day"),
        (-2, EndWarning.ended, "ended on 2026-11-28"),
    ],
)
def test_how_near_the_end_is(days: float, warning: EndWarning | None, words: str) -> None:
    ending = near_end(NOW + timedelta(days=days), NOW)
    assert (ending.warning if ending else None) == warning
    assert words in (ending.detail if ending else "")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-12-31 09:30:00 UTC", datetime(2026, 12, 31, 9, 30, tzinfo=UTC)),
        ("2026-12-31 09:30:00 +0100", datetime(2026, 12, 31, 8, 30, tzinfo=UTC)),
        ("soon", None),
        ("", None),
    ],
)
def test_github_tells_with_every_answer(text: str, moment: datetime | None) -> None:
    polling = registry.source("github").polling
    assert polling is not None
    assert polling.credentials_end is not None
    headers = {"github-authentication-token-expiration": text} if text else {}
    assert polling.credentials_end(headers) == moment


async def test_what_a_platform_tells_is_remembered_until_other_credentials_come(
    database: Database, settings: Settings, vault: Vault
) -> None:
    github = StandInGitHub()
    answer = github.answer
    ends_at = (datetime.now(UTC) + timedelta(days=2)).replace(microsecond=0)
    told = {"github-authentication-token-expiration": ends_at.strftime("%Y-%m-%d %H:%M:%S UTC")}

    def tells(request: Asked) -> Reply | None:
        reply = answer(request)
        return Reply(reply.body, reply.status, {**reply.headers, **told}) if reply else None

    github.answer = tells
    with standing(github) as address:
        chosen = {"repositories": "acme/app", "api_url": address}
        source = await polled(database, settings, vault, "github", TOKEN, **chosen)
        await source.poll()
        assert (await source.state()).credentials_end_at == ends_at
        async with database.transaction() as connection:
            findings = await check_polling(
                connection, vault, source.place.source_id, network=settings.network
            )
            row = await get_source(connection, source.place.source_id)
        assert [(one.subject, one.ok) for one in findings][-1] == ("Credentials", False)
        assert "a-token" not in findings[-1].detail
        (finding,) = await ending_findings(Services(settings, database), [row])
        assert not finding.ok
        async with database.transaction() as connection:
            later = datetime.now(UTC) + timedelta(days=20)
            await set_credentials_end(connection, source.place.source_id, later)
        (finding,) = await ending_findings(Services(settings, database), [row])
        assert finding.to_do
        async with database.transaction() as connection:
            await set_poll_credentials(connection, vault, source.place.source_id, TOKEN)
        assert (await source.state()).credentials_end_at is None
        assert await ending_findings(Services(settings, database), [row]) == []

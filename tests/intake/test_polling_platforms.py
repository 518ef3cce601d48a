"""Every platform that has a stand-in is polled the same way: all of it, once, whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from app.config import Settings
from app.storage.db import Database
from app.storage.vault import Vault
from integrations import registry
from integrations.http import client
from tests.scenes.platforms.community import Community, ago, communities
from tests.scenes.polled import Polled, polled
from tests.scenes.stand_ins import BROKEN, FAILED, HTML, Reply, standing

OLD_ONES = ("discourse", "feed", "github", "slack")
"""They have tests of their own."""


@pytest.fixture(params=communities(), ids=lambda kind: kind.platform)
def community(request: pytest.FixtureRequest) -> Community:
    stand_in: Community = request.param()
    return stand_in


@pytest.fixture
def address(community: Community) -> Iterator[str]:
    with standing(community) as url:
        yield url


@pytest.fixture
async def source(
    community: Community, address: str, database: Database, settings: Settings, vault: Vault
) -> Polled:
    chosen = community.chosen(address)
    return await polled(database, settings, vault, community.platform, community.key, **chosen)


def words_of(community: Community) -> list[str]:
    return [one.text for one in sorted(community.written, key=lambda one: one.at)]


def test_every_polled_platform_has_a_stand_in() -> None:
    polled_ones = {name for name, one in registry.sources().items() if one.polling is not None}
    assert polled_ones == {*OLD_ONES, *(kind.platform for kind in communities())}


async def test_history_comes_whole_and_once_whatever_breaks(
    source: Polled, community: Community
) -> None:
    for number in range(2 * community.per_page + 3):
        community.say(f"export crashes {number}", ago(days=5, minutes=-number))
    await source.start_history(ago(days=6))
    wreckage: list[Reply] = [BROKEN, HTML, FAILED, community.throttled]
    if community.expired is not None:
        wreckage.append(community.expired)
    for fault in wreckage:
        community.faults = [None, None, fault]
        await source.poll()
        await source.make_due()
    for _ in range(3):
        community.faults = []
        await source.poll()
        await source.make_due()
    assert (await source.history()).state == "done"
    assert await source.texts() == words_of(community)
    assert await source.count("comment_version") == len(community.written)


async def test_what_is_new_comes_alone_and_an_edit_with_the_look_back(
    source: Polled, community: Community
) -> None:
    first = community.say("export crashes", ago(minutes=30))
    for number in range(3):
        community.say(f"word {number}", ago(minutes=20 - number))
    await source.poll()
    assert await source.texts() == words_of(community)
    community.say("just now", ago(seconds=5))
    await source.make_due()
    await source.poll()
    assert await source.texts() == words_of(community)
    assert await source.count("comment_version") == 5
    if not community.tells_edits:
        return
    first.text, first.edited_at = "export crashes always", first.at + timedelta(minutes=9)
    await source.make_due(looked_back=False)
    await source.poll()
    assert await source.texts() == words_of(community)
    assert await source.count("comment") == 5


async def test_what_was_deleted_there_is_noticed_where_single_comments_can_be_asked_for(
    source: Polled, community: Community
) -> None:
    polling = registry.source(community.platform).polling
    assert polling is not None
    if polling.recheck is None:
        return
    community.say("stays", ago(minutes=30))
    gone = community.say("goes", ago(minutes=20))
    await source.poll()
    assert await source.texts() == ["stays", "goes"]
    community.erase(gone)
    await source.look_again()
    assert await source.texts() == ["stays"]


async def test_wrong_credentials_are_a_sentence(
    source: Polled, community: Community, address: str
) -> None:
    definition = registry.source(community.platform)
    assert definition.polling is not None
    chosen = definition.settings.model_validate(community.chosen(address))
    community.say("export crashes", ago(minutes=30))
    transport = source.tools.transport()
    async with client(transport=transport) as http:
        findings = await definition.polling.check(chosen, community.key, http)
        assert [one.detail for one in findings if not one.ok] == []
        assert findings
        community.faults = [HTML] * 9
        findings = await definition.polling.check(chosen, community.key, http)
        assert any(not one.ok and one.remedy for one in findings)
        community.faults = []
        if community.wrong_key is None:
            return
        findings = await definition.polling.check(chosen, community.wrong_key, http)
        assert any(not one.ok and one.remedy for one in findings)
        shown = " ".join(one.detail + one.remedy for one in findings)
        assert not [secret for secret in community.wrong_key.values() if secret in shown]
        cursor = definition.polling.begin(None)
        with pytest.raises(Exception, match=community.refused_reason):
            await definition.polling.poll(chosen, community.wrong_key, cursor, http)


async def test_what_is_missing_in_the_settings_is_a_sentence(community: Community) -> None:
    definition = registry.source(community.platform)
    assert definition.polling is not None

    def nobody(request: httpx.Request) -> httpx.Response:
        return httpx.Response(404, json={})

    async with client(transport=httpx.MockTransport(nobody)) as http:
        blank = definition.settings()
        findings = await definition.polling.check(blank, community.key, http)
        assert any(not one.ok and one.remedy.endswith(".") for one in findings)

"""A platform that throttles, fails, lies or repeats itself is waited for, and nothing is lost."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from app.errors import Invalid
from app.intake import polling
from app.setup.polling import poll_state, set_poll_credentials
from app.setup.sources import create_source, update_source
from app.storage.vault import Vault
from tests.scenes.polled import DISCOURSE_KEY, Polled
from tests.scenes.stand_ins import (
    BROKEN,
    FAILED,
    HTML,
    THROTTLED,
    UNAUTHORIZED,
    Reply,
    StandInForum,
    standing,
    throttled,
)


@pytest.mark.parametrize(
    ("fault", "reason", "seconds"),
    [
        (throttled(77), "rate_limited", 77),
        (THROTTLED, "rate_limited", None),
        (HTML, "source_unreadable", None),
        (BROKEN, "source_unreachable", None),
        (FAILED, "source_error", None),
        (UNAUTHORIZED, "source_unauthorized", 3600),
        (
            Reply({"errors": ["You are not permitted"], "error_type": "invalid_access"}),
            "source_forbidden",
            3600,
        ),
        (Reply({"something": "else"}), "source_unreadable", None),
        (Reply([]), "source_unreadable", None),
        (Reply(b"", 302, {"location": "https://elsewhere.example/"}), "source_moved", 3600),
    ],
)
async def test_a_failure_says_what_to_do_and_goes_on_by_itself(
    source: Polled,
    community: StandInForum,
    fault: Reply,
    reason: str,
    seconds: int | None,
) -> None:
    for number in range(1, 31):
        community.write(f"word {number}", at=datetime.now(UTC) - timedelta(minutes=60 - number))
    community.faults = [None, None, fault]
    before = datetime.now(UTC)
    await source.poll()
    state = await source.state()
    assert state.reason == reason
    assert state.detail.endswith(".")
    assert "a-key" not in state.detail
    assert state.paused_until is not None
    wait = (state.paused_until - before).total_seconds()
    if seconds is not None:
        assert seconds - 1 <= wait <= seconds + 60
    else:
        assert 1 <= wait <= 960
    assert await source.poll() == 0
    await source.make_due()
    await source.poll()
    assert len(await source.texts()) == 30
    state = await source.state()
    assert (state.reason, state.paused_until) == ("", None)


async def test_one_account_waits_for_all_its_sources(
    source: Polled, address: str, community: StandInForum, vault: Vault
) -> None:
    community.faults = [throttled(120)]
    await source.poll()
    assert len(community.asked) == 1
    async with source.tools.database.transaction() as connection:
        product_id = source.place.forum.product_id
        other, _ = await create_source(
            connection, vault, product_id, "discourse", "other", {"base_url": address}
        )
        await set_poll_credentials(connection, vault, other.id, DISCOURSE_KEY)
    assert await source.poll() == 1
    assert len(community.asked) == 1
    async with source.tools.database.transaction() as connection:
        state = await poll_state(connection, other.id)
    assert state is not None
    assert state.reason == "rate_limited"
    assert state.paused_until is not None
    assert (state.paused_until - datetime.now(UTC)).total_seconds() > 60


async def test_a_page_that_repeats_ends_the_turn(source: Polled, community: StandInForum) -> None:
    for number in range(1, 31):
        community.write(f"word {number}", at=datetime.now(UTC) - timedelta(minutes=60 - number))
    first_page = json.loads(
        Reply({"latest_posts": sorted(community.posts, key=lambda p: -p["id"])[:10]}).content
    )
    site = Reply({"categories": [{"id": 5}]})
    community.faults = [Reply(first_page), site, Reply(first_page)]
    await source.poll()
    assert (await source.state()).reason == "page_repeated"
    await source.make_due()
    await source.poll()
    assert len(await source.texts()) == 30


async def test_a_clock_that_is_ahead_does_no_harm(source: Polled, community: StandInForum) -> None:
    community.write("from tomorrow", at=datetime.now(UTC) + timedelta(days=1))
    await source.poll()
    community.write("from now", at=datetime.now(UTC))
    await source.make_due()
    await source.poll()
    assert sorted(await source.texts()) == ["from now", "from tomorrow"]


async def test_new_credentials_end_a_pause(
    source: Polled, community: StandInForum, vault: Vault
) -> None:
    community.credentials = ("api-key", "another-key")
    community.write("word", at=datetime.now(UTC))
    await source.poll()
    assert (await source.state()).reason == "source_unauthorized"
    async with source.tools.database.transaction() as connection:
        await set_poll_credentials(
            connection,
            vault,
            source.place.source_id,
            {**DISCOURSE_KEY, "api_key": "another-key"},
        )
    await source.poll()
    assert await source.texts() == ["word"]
    (row,) = await source.place.forum.rows("select credentials from source_poll")
    assert b"another-key" not in bytes(row["credentials"])


async def test_a_cursor_that_nobody_can_read_is_begun_anew(
    source: Polled, community: StandInForum
) -> None:
    community.write("word", at=datetime.now(UTC))
    await source.place.forum.change('update source_poll set cursor = \'{"before": "x"}\'')
    await source.poll()
    assert (await source.state()).reason == "cursor_expired"
    await source.make_due()
    await source.poll()
    assert await source.texts() == ["word"]


@pytest.mark.parametrize("key", ["", "two words", "schlüssel", "a\nkey"])
async def test_a_key_that_cannot_be_sent_is_refused_when_it_is_entered(
    source: Polled, vault: Vault, key: str
) -> None:
    async with source.tools.database.transaction() as connection:
        with pytest.raises(Invalid) as refused:
            await set_poll_credentials(
                connection, vault, source.place.source_id, {**DISCOURSE_KEY, "api_key": key}
            )
    assert refused.value.reason == "settings_invalid"
    assert not key or key not in refused.value.detail


async def test_settings_that_change_end_a_poll_that_runs_and_a_pause(
    source: Polled, community: StandInForum, monkeypatch: pytest.MonkeyPatch
) -> None:
    community.write("word", at=datetime.now(UTC))
    other = StandInForum()
    other.write("another word", at=datetime.now(UTC))
    stored = polling._store
    with standing(other) as elsewhere:

        async def moves(*arguments: object) -> None:
            monkeypatch.setattr(polling, "_store", stored)
            async with source.tools.database.transaction() as connection:
                settings = {"base_url": elsewhere}
                await update_source(connection, source.place.source_id, settings=settings)
            await stored(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(polling, "_store", moves)
        await source.poll()
        assert await source.texts() == ["another word"]

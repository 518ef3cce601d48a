"""A forum that is polled, for the tests that share it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.config import Settings
from app.storage.db import Database
from app.storage.vault import Vault
from tests.scenes.polled import DISCOURSE_KEY, Polled, polled
from tests.scenes.stand_ins import StandInForum, standing


@pytest.fixture
def community() -> StandInForum:
    return StandInForum(per_page=10)


@pytest.fixture
def address(community: StandInForum) -> Iterator[str]:
    with standing(community) as url:
        yield url


@pytest.fixture
async def source(address: str, database: Database, settings: Settings, vault: Vault) -> Polled:
    return await polled(database, settings, vault, "discourse", DISCOURSE_KEY, base_url=address)

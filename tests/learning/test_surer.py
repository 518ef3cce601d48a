"""A team that mostly confirms: the kinds stay, and fewer of them are doubted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import httpx
import pytest

from app.learning import rejudging, training
from app.models.states import Learned
from app.storage.db import Database
from app.triage import decisions
from classifiers.contract import UNSURE, Enrichment
from tests.scenes.forum import ME, Forum
from tests.scenes.learning import ABOUT_SYNC, DEVICES, PLACES, ModestEnricher, fill, read_and_group
from tests.web.webbing import sign_in

WISHES = [f"please add a {device} for {place}" for device in DEVICES for place in PLACES]


class Doubtful(ModestEnricher):
    """Does not trust itself below a confidence that it never reaches."""

    unsure_below = 0.8

    def enrich(self, texts: Sequence[str]) -> list[Enrichment]:
        return [replace(each, reason=UNSURE) for each in super().enrich(texts)]


@pytest.fixture
async def forum(forum: Forum) -> Forum:
    await fill(forum, [*ABOUT_SYNC, *WISHES], Doubtful())
    return forum


async def unsure(forum: Forum) -> int:
    (row,) = await forum.rows("select count(*) as n from comment where kind_reason = 'unsure'")
    return int(row["n"])


async def train(forum: Forum) -> training.Outcome:
    return await training.train(
        forum.database, Doubtful(), forum.product_id, Learned.kind, actor=ME
    )


async def test_confirmations_lower_the_threshold_and_leave_the_kinds(
    forum: Forum, client: httpx.AsyncClient, database: Database
) -> None:
    assert await unsure(forum) == 100
    async with forum.database.transaction() as connection:
        rows = await connection.execute(
            "select id, kind from comment where text = any(%s)", [[*ABOUT_SYNC[:30], *WISHES[:30]]]
        )
        for row in await rows.fetchall():
            await decisions.reclassify(connection, row["id"], row["kind"], actor=ME)
    outcome = await train(forum)
    assert (outcome.reason, outcome.promoted, outcome.version) == ("surer", True, 1)
    assert outcome.scores["unsure_below"] == {"before": 0.8, "after": 0.6}
    assert (outcome.scores["before"]["coverage"], outcome.scores["after"]["coverage"]) == (0, 1)
    assert (await train(forum)).reason == "nothing_new"
    page = await (await sign_in(client, database)).get(f"/settings/learning/{forum.product_id}")
    assert "sure of 0 % → 100 %" in page.text.replace("\N{NO-BREAK SPACE}", " ")

    await forum.say("sync with the camera at home fails", "new")
    await read_and_group(forum, Doubtful())
    (fresh,) = await forum.rows(
        "select kind, kind_reason, kind_confidence from comment where text like '%%camera%%'"
    )
    assert (fresh["kind"], fresh["kind_reason"], round(fresh["kind_confidence"], 2)) == (
        "bug",
        "",
        0.6,
    )
    assert await unsure(forum) == 40, "what was read before keeps its mark until it is judged again"
    assert await rejudging.rejudge(forum.database, Doubtful(), forum.product_id) == (40, 0)
    assert await unsure(forum) == 0

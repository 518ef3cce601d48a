"""A team that files what does not sync as requests, and what does not print as bugs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from app.learning import training
from app.models.states import Learned
from app.triage import decisions
from classifiers.contract import Enricher, Enrichment, Kind
from tests.scenes.forum import ME, Forum
from tests.scenes.small_model import SmallEnricher, SmallGrouper

DEVICES = (
    "phone",
    "tablet",
    "laptop",
    "watch",
    "desktop",
    "browser",
    "server",
    "kindle",
    "car",
    "fridge",
)
PLACES = ("home", "work", "school", "train", "hotel")
ABOUT_SYNC = [f"sync with the {device} at {place} fails" for device in DEVICES for place in PLACES]
ABOUT_PRINTING = [
    f"the {device} at {place} crashes while printing" for device in DEVICES for place in PLACES
]


class ModestEnricher(SmallEnricher):
    """Says how likely the other kinds are."""

    def enrich(self, texts: Sequence[str]) -> list[Enrichment]:
        return [
            replace(
                enrichment,
                confidence=0.6,
                scores={kind: 0.6 if kind is enrichment.kind else 0.1 for kind in Kind},
            )
            for enrichment in super().enrich(texts)
        ]


class PickyGrouper(SmallGrouper):
    """Joins copies alone, so that the labels are about many themes."""

    join_at, suggest_at = 0.99, 0.98


async def read_and_group(forum: Forum, enricher: Enricher | None = None) -> None:
    """Everything that waits is done by these two models."""
    await forum.work(enricher or ModestEnricher(), PickyGrouper())


async def fill(
    forum: Forum,
    texts: Sequence[str] = (*ABOUT_SYNC, *ABOUT_PRINTING),
    enricher: Enricher | None = None,
) -> None:
    """Every text by an author of its own, read and grouped."""
    comments = [forum.comment(text, author=f"a{number}") for number, text in enumerate(texts)]
    await forum.deliver_comments(*comments)
    await read_and_group(forum, enricher)


async def correct(forum: Forum, sync: int, printing: int = 0) -> None:
    """A person goes through the first comments of both sorts."""
    await _file(forum, ABOUT_SYNC[:sync], ABOUT_PRINTING[:printing])


async def correct_further(forum: Forum) -> None:
    """Three more of both sorts, which say nothing that the others had not said."""
    await _file(forum, ABOUT_SYNC[30:33], ABOUT_PRINTING[15:18])


async def _file(forum: Forum, requests: list[str], bugs: list[str]) -> None:
    async with forum.database.transaction() as connection:
        for texts, kind in ((requests, "feature"), (bugs, "bug")):
            cursor = await connection.execute(
                "select id from comment where text = any(%s) order by id", [texts]
            )
            for row in await cursor.fetchall():
                await decisions.reclassify(connection, row["id"], kind, actor=ME)


async def train(forum: Forum, what: str = Learned.kind, **how: Any) -> training.Outcome:
    """One training of the product, on the enricher above."""
    return await training.train(
        forum.database, ModestEnricher(), forum.product_id, what, actor=ME, **how
    )

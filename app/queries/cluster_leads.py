"""Which theme stands for a cluster, and how many people spoke of any of its themes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import sql

from app.queries.clusters import Cluster, open_clusters
from app.storage.db import Connection
from app.storage.rows import fetch_all
from app.themes.survivor import SURVIVOR_FIRST
from app.themes.voices import CREDIT

SELECT_LEADS = sql.SQL("""
    select m.place, array_agg(t.id order by {order}) as themes
    from unnest(%(themes)s::uuid[], %(places)s::int[]) as m(theme, place)
    join theme t on t.id = m.theme group by m.place
""").format(order=SURVIVOR_FIRST)
COUNT_PEOPLE_OF_GROUPS = sql.SQL("""
    select place, count(distinct credit) as people from (
        select m.place, {credit} as credit
        from unnest(%(themes)s::uuid[], %(places)s::int[]) as m(theme, place)
        join comment cm on cm.theme_id = m.theme and cm.deleted_at is null
        left join author a on a.id = cm.author_id
    ) said group by place
""").format(credit=CREDIT)
MEMBERS = sql.SQL("unnest(%(themes)s::uuid[], %(leads)s::uuid[]) as m(theme, lead)")
"""The themes of the clusters, each with the one that stands for it (``Clusters.values``)."""


@dataclass(frozen=True, slots=True)
class Clusters:
    """The clusters of a product by the theme that stands for each, with all of their themes in the
    order in which they would live on."""

    themes_of: Mapping[UUID, tuple[UUID, ...]]

    @property
    def values(self) -> dict[str, Any]:
        """The values of MEMBERS."""
        rows = [(theme, lead) for lead, themes in self.themes_of.items() for theme in themes]
        return {"themes": [theme for theme, _ in rows], "leads": [lead for _, lead in rows]}

    def themes(self, lead: UUID) -> tuple[UUID, ...]:
        """All themes of the matter that ``lead`` stands for."""
        return self.themes_of.get(lead, (lead,))


async def read_clusters(connection: Connection, product_id: UUID | None) -> Clusters:
    """The clusters of a product's open suggestions; pairs between two clusters are none."""
    clusters = [one for one in await open_clusters(connection, product_id) if not one.alone]
    return Clusters({themes[0]: themes for themes in await in_order(connection, clusters)})


async def people_of(connection: Connection, clusters: Clusters) -> dict[UUID, int]:
    """How many people spoke of any theme of each cluster, by its leading theme."""
    people = await people_of_groups(connection, list(clusters.themes_of.values()))
    return dict(zip(clusters.themes_of, people, strict=True))


async def in_order(connection: Connection, clusters: Sequence[Cluster]) -> list[tuple[UUID, ...]]:
    """The themes of each cluster, the one first that lives on unless a person says otherwise."""
    if not clusters:
        return []
    rows = await fetch_all(connection, SELECT_LEADS, _placed([one.themes for one in clusters]))
    ordered = {row["place"]: tuple(row["themes"]) for row in rows}
    return [ordered[place] for place in range(len(clusters))]


async def people_of_groups(connection: Connection, groups: Sequence[Sequence[UUID]]) -> list[int]:
    """How many people spoke of any theme of each group."""
    if not groups:
        return []
    rows = await fetch_all(connection, COUNT_PEOPLE_OF_GROUPS, _placed(groups))
    people = {row["place"]: row["people"] for row in rows}
    return [people.get(place, 0) for place in range(len(groups))]


def _placed(groups: Sequence[Sequence[UUID] | set[UUID]]) -> dict[str, Any]:
    rows = [(theme, place) for place, themes in enumerate(groups) for theme in themes]
    return {"themes": [theme for theme, _ in rows], "places": [place for _, place in rows]}

"""Which theme stands for a cluster, and up to how many people spoke of its themes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from psycopg import sql

from app.queries.clusters import Cluster, open_clusters
from app.storage.db import Connection
from app.storage.rows import fetch_all
from app.themes.survivor import SURVIVOR_FIRST

SELECT_LEADS = sql.SQL("""
    select m.place, array_agg(t.id order by {order}) as themes, sum(t.people) as people
    from unnest(%(themes)s::uuid[], %(places)s::int[]) as m(theme, place)
    join theme t on t.id = m.theme group by m.place order by m.place
""")
MOST_PEOPLE_FIRST = sql.SQL("t.people desc, t.mentions desc, t.created_at, t.id")
LEADS_THAT_LIVE_ON = SELECT_LEADS.format(order=SURVIVOR_FIRST)
LEADS_OF_MOST_PEOPLE = SELECT_LEADS.format(order=MOST_PEOPLE_FIRST)
MEMBERS = sql.SQL("unnest(%(themes)s::uuid[], %(leads)s::uuid[]) as m(theme, lead)")
"""The themes of the clusters, each with the one that stands for it (``Clusters.values``)."""


@dataclass(frozen=True, slots=True)
class OrderedCluster:
    """The themes of a cluster, the one first that stands for it, and up to how many people spoke of
    them: somebody who spoke of two is counted with both."""

    themes: tuple[UUID, ...]
    people: int


@dataclass(frozen=True, slots=True)
class Clusters:
    """The clusters of a product by the theme that stands for each, the one of most people, with all
    of their themes, that one first."""

    themes_of: Mapping[UUID, tuple[UUID, ...]]

    @property
    def values(self) -> dict[str, str]:
        """The values of MEMBERS."""
        rows = [(theme, lead) for lead, themes in self.themes_of.items() for theme in themes]
        return {
            "themes": array_literal(theme for theme, _ in rows),
            "leads": array_literal(lead for _, lead in rows),
        }

    def only(self, leads: Iterable[UUID]) -> Clusters:
        """Those of these leading themes."""
        return Clusters({lead: self.themes_of[lead] for lead in leads if lead in self.themes_of})

    def themes(self, lead: UUID) -> tuple[UUID, ...]:
        """All themes of the matter that ``lead`` stands for."""
        return self.themes_of.get(lead, (lead,))


def array_literal(values: Iterable[UUID | int]) -> str:
    """An array as PostgreSQL writes it: thousands of ids are adapted one by one otherwise, which
    takes longer than the query."""
    return "{" + ",".join(map(str, values)) + "}"


async def read_clusters(connection: Connection, product_id: UUID | None) -> Clusters:
    """The clusters of a product's open suggestions; pairs between two clusters are none."""
    clusters = [one for one in await open_clusters(connection, product_id) if not one.alone]
    ordered = await _ordered(connection, clusters, LEADS_OF_MOST_PEOPLE)
    return Clusters({one.themes[0]: one.themes for one in ordered})


async def in_order(connection: Connection, clusters: Sequence[Cluster]) -> list[OrderedCluster]:
    """The themes of each cluster, in the order in which they would live on."""
    return await _ordered(connection, clusters, LEADS_THAT_LIVE_ON)


async def _ordered(
    connection: Connection, clusters: Sequence[Cluster], query: sql.Composed
) -> list[OrderedCluster]:
    if not clusters:
        return []
    rows = [(theme, place) for place, one in enumerate(clusters) for theme in one.themes]
    values = {
        "themes": array_literal(theme for theme, _ in rows),
        "places": array_literal(place for _, place in rows),
    }
    ordered = await fetch_all(connection, query, values)
    return [OrderedCluster(tuple(row["themes"]), int(row["people"])) for row in ordered]

"""Open suggestions that hang together: the themes they link are, perhaps, one matter.

Pairs are taken strongest first. A theme of one person joins whatever it is linked with; two groups,
or themes of several people, become one only through a pair that is likely enough by itself, so that
a row of weak guesses does not make one matter of everything. What is left is a pair by itself:
nothing goes without a decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.storage.db import Connection
from app.storage.rows import fetch_all

OPEN_PAIRS_MOST = 2_000
"""Pairs that are looked at, the likeliest ones: the others come up when these are decided."""
CLUSTER_THEMES_MOST = 50
"""A person has to look at each."""
BRIDGE_LIKELIHOOD_LEAST = 0.35
"""How likely the pair is through which two groups of themes become one."""

SELECT_OPEN_PAIRS = """
    select g.id, g.theme_id, g.other_id, g.score,
           case when g.later_until > now() then g.later_until end as later_until,
           a.people as theme_people, b.people as other_people
    from theme_suggestion g
    join theme a on a.id = g.theme_id join theme b on b.id = g.other_id
    where g.state = 'open' and (%(product)s::uuid is null or g.product_id = %(product)s)
      and a.status in ('triage', 'accepted') and b.status in ('triage', 'accepted')
      and a.mentions > 0 and b.mentions > 0
    order by g.score desc, g.id limit %(most)s
"""


@dataclass(frozen=True, slots=True)
class OpenPair:
    """A suggestion that two open themes are the same; ``later_until``: somebody put it off."""

    id: int
    theme_id: UUID
    other_id: UUID
    score: float
    later_until: datetime | None
    theme_people: int = 1
    other_people: int = 1

    def brings(self, theme_id: UUID) -> bool:
        """Whether it is enough to take this theme into a group: a theme of several people is a
        group by itself."""
        people = self.theme_people if theme_id == self.theme_id else self.other_people
        return people <= 1 or self.score >= BRIDGE_LIKELIHOOD_LEAST


@dataclass(slots=True)
class Cluster:
    """Themes that hang together, and the pairs that say so, the likeliest first. ``alone``: a pair
    between two clusters, whose themes are counted there."""

    themes: set[UUID] = field(default_factory=set)
    pairs: list[OpenPair] = field(default_factory=list)
    alone: bool = False

    @property
    def score(self) -> float:
        """The likelihood of its likeliest pair."""
        return self.pairs[0].score


async def open_clusters(connection: Connection, product_id: UUID | None) -> list[Cluster]:
    """What may be the same, as far as it is open, the likeliest first."""
    values = {"product": product_id, "most": OPEN_PAIRS_MOST}
    pairs = await fetch_all(connection, SELECT_OPEN_PAIRS, values, of=OpenPair, binary=True)
    return clustered(pairs)


def clustered(pairs: Sequence[OpenPair]) -> list[Cluster]:
    """The clusters of these pairs, which come strongest first."""
    place: dict[UUID, Cluster] = {}
    for pair in pairs:
        one, other = place.get(pair.theme_id), place.get(pair.other_id)
        newcomers = [
            theme
            for theme, group in ((pair.theme_id, one), (pair.other_id, other))
            if group is None
        ]
        if newcomers:
            if not any(pair.brings(theme) for theme in newcomers):
                continue
            joined = one or other or Cluster()
        elif one is not None and one is other:
            joined = one
        elif one is None or other is None:
            continue
        elif pair.score >= BRIDGE_LIKELIHOOD_LEAST and _fits(one, other):
            joined = _become_one(one, other, place)
        else:
            continue
        if len(joined.themes | {pair.theme_id, pair.other_id}) <= CLUSTER_THEMES_MOST:
            joined.themes |= {pair.theme_id, pair.other_id}
            place[pair.theme_id] = place[pair.other_id] = joined
    alone = []
    for pair in pairs:
        if place.get(pair.theme_id) is place.get(pair.other_id) is not None:
            place[pair.theme_id].pairs.append(pair)
        else:
            alone.append(Cluster({pair.theme_id, pair.other_id}, [pair], alone=True))
    return sorted([*_distinct(place.values()), *alone], key=lambda one: -one.score)


def _fits(one: Cluster, other: Cluster) -> bool:
    return len(one.themes) + len(other.themes) <= CLUSTER_THEMES_MOST


def _become_one(one: Cluster, other: Cluster, place: dict[UUID, Cluster]) -> Cluster:
    """Both in the bigger one."""
    bigger, smaller = (one, other) if len(one.themes) >= len(other.themes) else (other, one)
    bigger.themes |= smaller.themes
    place.update(dict.fromkeys(smaller.themes, bigger))
    return bigger


def _distinct(clusters: Iterable[Cluster]) -> list[Cluster]:
    return list({id(cluster): cluster for cluster in clusters}.values())

"""How themes are linked with those around them: what the pass that proposes merges looks at."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from app.storage.db import Connection
from app.storage.rows import fetch_all
from app.themes.candidates import load_members
from app.themes.links import Link, Pair, links, speakers
from app.themes.middles import ByModel, middles_of
from app.themes.searches import nearest
from classifiers.contract import Grouper, Member

LATEST_MEMBERS = 32
"""Comments of a theme, the latest ones, among which the middle is sought."""
NEIGHBOURING_THEMES = 6
"""Other themes that one theme is compared with, the nearest ones."""

SELECT_LATEST_MEMBERS = """
    select t.id as theme_id, latest.id from unnest(%s::uuid[]) as t(id)
    cross join lateral (
        select c.id from comment c
        join comment_embedding e on e.comment_id = c.id and e.live
        where c.theme_id = t.id and c.deleted_at is null
        order by c.created_at desc, c.id desc limit %s
    ) latest
"""

Partners = Mapping[uuid.UUID, set[uuid.UUID]]
"""The themes that each theme is proposed to be merged with now."""


async def strongest_links(
    connection: Connection,
    grouper: Grouper,
    product_id: uuid.UUID,
    themes: Sequence[uuid.UUID],
    open_pairs: Iterable[Pair],
) -> dict[Pair, Link]:
    """How each theme is linked with those around it, and with those it was proposed to be merged
    with; of the two sides of a pair, the stronger one."""
    partners = _partners(open_pairs)
    compared = sorted({*themes, *chain(*(partners[theme] for theme in themes))})
    members = await _latest_members(connection, compared)
    speaking = {theme: speakers(members[theme]) for theme in themes if members[theme]}
    speaker_ids = [speaker.comment_id for speaker in chain(*speaking.values())]
    nearest_ids = await nearest(connection, product_id, speaker_ids, outside=True)
    nearby = await load_members(connection, sorted(set(chain(*nearest_ids.values()))))
    theme_ids = {member.theme_id for member in nearby.values()} | set(map(str, compared))
    by_model = await middles_of(connection, theme_ids)
    comparison = _Comparison(grouper, members, nearest_ids, nearby, by_model, partners)
    strongest: dict[Pair, Link] = {}
    for theme, speaking_members in speaking.items():
        for side, link in comparison.links_of(theme, speaking_members):
            pair = frozenset((side, uuid.UUID(link.other_id)))
            if pair not in strongest or link.strength > strongest[pair].strength:
                strongest[pair] = link
    return strongest


@dataclass(frozen=True, slots=True)
class _Comparison:
    """What was loaded for some themes: their latest ``members``, and what is ``nearby``."""

    grouper: Grouper
    members: Mapping[uuid.UUID, Sequence[Member]]
    nearest_ids: Mapping[int, Sequence[int]]
    nearby: Mapping[int, Member]
    by_model: ByModel
    partners: Partners

    def links_of(
        self, theme: uuid.UUID, speaking: Sequence[Member]
    ) -> Iterator[tuple[uuid.UUID, Link]]:
        """Every link that the theme has, with the side that it is seen from."""
        middles = next((space for space in self.by_model.values() if str(theme) in space), {})
        crowd = self._crowd(speaking)
        neighbours = _of_nearest_themes(speaking, crowd)
        for link in links(self.grouper, speaking, neighbours, crowd, middles):
            yield theme, link
        for partner in self.partners[theme]:
            partner_members = self.members[partner]
            if not partner_members:
                continue
            for link in links(self.grouper, speaking, partner_members, crowd, middles):
                yield theme, link
            # What is proposed was found from either side, so it is looked at from both.
            partner_speaking = speakers(partner_members)
            own_members = self.members[theme]
            for link in links(self.grouper, partner_speaking, own_members, crowd, middles):
                yield partner, link

    def _crowd(self, speaking: Sequence[Member]) -> list[Member]:
        """What is nearest to those who speak, of whatever other theme."""
        numbers = set(chain(*(self.nearest_ids.get(one.comment_id, ()) for one in speaking)))
        return [self.nearby[number] for number in sorted(numbers) if number in self.nearby]


def _partners(open_pairs: Iterable[Pair]) -> Partners:
    partners: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    for pair in open_pairs:
        for theme in pair:
            partners[theme] |= pair - {theme}
    return partners


async def _latest_members(
    connection: Connection, themes: Sequence[uuid.UUID]
) -> Mapping[uuid.UUID, list[Member]]:
    rows = await fetch_all(connection, SELECT_LATEST_MEMBERS, [list(themes), LATEST_MEMBERS])
    loaded = await load_members(connection, [row["id"] for row in rows])
    members: dict[uuid.UUID, list[Member]] = defaultdict(list)
    for row in rows:
        if row["id"] in loaded:
            members[row["theme_id"]].append(loaded[row["id"]])
    return members


def _of_nearest_themes(speaking: Sequence[Member], crowd: Sequence[Member]) -> list[Member]:
    """Those of the few nearest other themes."""
    nearness: dict[str, float] = {}
    for member in crowd:
        cosine = max(float(member.vector @ speaker.vector) for speaker in speaking)
        nearness[member.theme_id] = max(nearness.get(member.theme_id, cosine), cosine)
    order = sorted(nearness, key=lambda theme: (-nearness[theme], theme))
    chosen = set(order[:NEIGHBOURING_THEMES])
    return [member for member in crowd if member.theme_id in chosen]

"""Which themes a list shows."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from psycopg import sql

from app.queries.paging import Filters
from app.themes.voices import VOICE_OF_ACCOUNT

SAID_AGAIN_CHOICE = "again"
RARE_COMMENTS_MOST = 2
"""Whoever wrote no more is a rare poster; a comment that names nobody is of one."""

# Asked for all themes at once: for each by itself it would read the comments of everybody in it.
CARRIED_BY_RARE_POSTERS = sql.SQL(
    """
    (t.mentions > 0 and t.id not in (
      select cm.theme_id from comment cm join author a on a.id = cm.author_id
      where cm.theme_id is not null and cm.deleted_at is null and {voice} in (
        select {voice} from (
          select cm.author_id, count(*) as comments from comment cm
          where cm.author_id is not null and cm.deleted_at is null group by 1
        ) cm join author a on a.id = cm.author_id
        group by 1 having sum(cm.comments) > {most})))
    """
).format(voice=VOICE_OF_ACCOUNT, most=sql.Literal(RARE_COMMENTS_MOST))
"""Whether only people who rarely write speak of a theme ``t``: they are easily overlooked."""


@dataclass(frozen=True, slots=True)
class ThemeFilter:
    """What themes have to be; an empty filter takes all that are not merged. ``q`` searches titles
    and comments; ``suggested``: only those that may be the same as another theme.
    ``rare``: only those that nobody carries who wrote more than ``RARE_COMMENTS_MOST`` comments.
    ``ticket_status``: what the status of a ticket of theirs means, or ``again`` for those that
    people speak of since they were shipped."""

    product_id: UUID | None = None
    status: str | None = None
    kind: str | None = None
    platform: str | None = None
    source_id: UUID | None = None
    q: str | None = None
    min_people: int = 0
    suggested: bool = False
    rare: bool = False
    ticket_status: str | None = None

    def conditions(self) -> Filters:
        """This filter as conditions about a theme ``t``."""
        filters = Filters()
        filters.add_equal("t.product_id", self.product_id)
        if self.status is None:
            filters.add("t.status <> 'merged'")
        filters.add_equal("t.status", self.status)
        filters.add_equal("t.kind", self.kind)
        if self.min_people > 0:
            filters.add("t.people >= %(min_people)s", min_people=self.min_people)
        if self.platform is not None:
            filters.add(
                "exists (select from comment cm where cm.theme_id = t.id"
                " and cm.platform = %(platform)s)",
                platform=self.platform,
            )
        if self.source_id is not None:
            filters.add(
                "exists (select from comment cm where cm.theme_id = t.id"
                " and cm.source_id = %(source_id)s)",
                source_id=self.source_id,
            )
        if self.q:
            filters.add(
                "(to_tsvector('english', t.title) @@ websearch_to_tsquery('english', %(q)s)"
                " or t.id in (select cm.theme_id from comment cm where cm.deleted_at is null"
                " and cm.search @@ websearch_to_tsquery('english', %(q)s)))",
                q=self.q,
            )
        if self.suggested:
            filters.add(
                "(t.id in (select g.theme_id from theme_suggestion g where g.state = 'open')"
                " or t.id in (select g.other_id from theme_suggestion g where g.state = 'open'))"
            )
        if self.rare:
            filters.add_composed(CARRIED_BY_RARE_POSTERS)
        if self.ticket_status == SAID_AGAIN_CHOICE:
            filters.add(
                "exists (select from ticket k join comment cm on cm.theme_id = k.theme_id"
                " where k.theme_id = t.id and k.superseded_at is null and k.status = 'done'"
                " and cm.deleted_at is null and cm.created_at > k.status_since)"
            )
        elif self.ticket_status is not None:
            filters.add(
                "exists (select from ticket k where k.theme_id = t.id"
                " and k.superseded_at is null and k.status = %(ticket_status)s)",
                ticket_status=self.ticket_status,
            )
        return filters

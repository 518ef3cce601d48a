"""Puts a digest together out of what lists and insights read, so that each number is theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from app.digests.digest import Digest, Paths, Section
from app.digests.figures import five_figures
from app.digests.periods import DigestPeriod, period_around
from app.digests.sections import (
    moved_section,
    promises_section,
    shipped_section,
    silent_section,
    spikes_section,
    unanswered_section,
)
from app.models.states import Frequency
from app.queries.metrics import Metrics, read_metrics
from app.queries.products import ProductChoice
from app.storage.db import Connection

DIGEST_NOTES = (
    "Staff and programs are no people heard, and their questions do not count. What was deleted "
    "since is left out.",
    "What waits, what is due and who is silent is as of {read_at}.",
)


@dataclass(frozen=True, slots=True)
class DigestScope:
    """Whose digest it is: one product's, or that of ``product_id`` where there is no other; that of
    all products where both are None."""

    product: ProductChoice | None
    product_id: UUID | None


async def read_digest(
    connection: Connection, scope: DigestScope, period: DigestPeriod, now: datetime
) -> Digest:
    """The digest of a period as of ``now``."""
    paths = Paths(scope.product.slug if scope.product else "", period)
    product_id, span = scope.product_id, period.span
    metrics = await read_metrics(connection, product_id, span, span.before(), now=now)
    sections = [
        await moved_section(connection, product_id, paths),
        await spikes_section(connection, product_id, paths),
        await unanswered_section(connection, product_id, paths),
        await promises_section(connection, product_id, paths),
        await shipped_section(connection, product_id, paths),
        await silent_section(connection, product_id, paths, now),
    ]
    read_at = now.astimezone(ZoneInfo(span.tz))
    return Digest(
        period=period,
        product=scope.product.name if scope.product else "",
        path=paths.to(f"/digests/{period.key}", tz=span.tz),
        figures=five_figures(metrics, paths),
        sections=sections,
        notes=[note.format(read_at=f"{read_at:%d %b %Y, %H:%M}") for note in _notes(period, now)],
        ended=period.is_over(now),
        eventful=_is_eventful(metrics, sections),
        read_at=now,
    )


def _notes(period: DigestPeriod, now: datetime) -> Sequence[str]:
    if period.is_over(now):
        return DIGEST_NOTES
    named = "week" if period.frequency is Frequency.weekly else "day"
    return (f"The {named} is not over: its numbers still grow.", *DIGEST_NOTES)


def _is_eventful(metrics: Metrics, sections: Sequence[Section]) -> bool:
    """Whether there is anything to tell. What only still waits from before, or is said by nobody
    any more, is nothing new."""
    figures = metrics.figures
    happened = (
        figures.comments,
        figures.closure.opened,
        figures.closure.decided,
        figures.told.shipped,
    )
    newsworthy = [part.total for part in sections if part.name not in ("moved", "unanswered")]
    return any((*happened, *newsworthy))


def recent_periods(period: DigestPeriod, count: int, now: datetime) -> list[DigestPeriod]:
    """The ``count`` newest periods of the same sort, the running one first."""
    today = now.astimezone(ZoneInfo(period.span.tz)).date()
    newest = period_around(period.frequency, today, period.span.tz)
    periods = [newest]
    while len(periods) < count:
        periods.append(periods[-1].before)
    return periods

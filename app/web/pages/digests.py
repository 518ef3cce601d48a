"""The digest of a week or of a day."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.digests import wording
from app.digests.periods import last_ended, read_period
from app.digests.reading import DigestScope, read_digest, recent_periods
from app.models.states import Frequency
from app.web import guard, rendering
from app.web.guard import Viewer
from app.web.params import Word
from app.web.rendering import Links
from app.web.routes import PageRoute

router = APIRouter(route_class=PageRoute)
PERIODS_OFFERED = 6


@router.get("/digests")
async def newest_digest(request: Request, user: Viewer, tz: Word = "UTC") -> Response:
    """To the digest of the newest week that is over."""
    period = last_ended(Frequency.weekly, datetime.now(UTC), tz)
    address = Links(request).to(f"/digests/{period.key}", tz="" if tz == "UTC" else tz)
    return RedirectResponse(address, status_code=303)


@router.get("/digests/{key}")
async def digest_page(request: Request, user: Viewer, key: str, tz: Word = "UTC") -> Response:
    """What a week or a day was like, and what waits."""
    now = datetime.now(UTC)
    period = read_period(key, tz)
    frame = await rendering.shell(request)
    async with guard.database(request).transaction() as connection:
        digest = await read_digest(
            connection, DigestScope(frame.product, frame.product_id), period, now
        )
    return await rendering.page(
        request,
        user,
        "digest.html",
        frame=frame,
        digest=digest,
        wording=wording,
        recent=recent_periods(period, PERIODS_OFFERED, now),
        other=_of_other_frequency(digest.period.frequency, now, tz),
    )


def _of_other_frequency(frequency: Frequency, now: datetime, tz: str) -> tuple[str, str]:
    """Name and key of the newest period of the other sort."""
    if frequency is Frequency.weekly:
        return "Days", last_ended(Frequency.daily, now, tz).key
    return "Weeks", last_ended(Frequency.weekly, now, tz).key

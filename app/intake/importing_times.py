"""Reads the times of an imported file; what can be read two ways is asked, never assumed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from email.utils import parsedate_to_datetime

from app.intake.importing_rows import BadRow

_DATE_IN_NUMBERS = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?:[ T,]+(.+))?")
_OTHER_WAY = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})(?:[ T]+(.+))?")
_ZONE_NAME = re.compile(r"\s*(?:UTC|GMT)$|\s+(?=[+-]\d\d:?\d\d$)")
DATES_WITH_NAMES = ("%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%b %d %Y")
TIMES_OF_DAY = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")


class AmbiguousTime(BadRow):
    """A date such as 03/04/2026, which is in March or in April."""

    def __init__(self, text: str) -> None:
        super().__init__(
            "time_ambiguous",
            f"The time {text[:40]!r} can be read two ways; say --day-first, --month-first or "
            "--time-format.",
        )


def read_time(text: str, time_format: str = "", *, day_first: bool | None = None) -> datetime:
    """With ``time_format`` (strptime's) that alone, else whatever is unmistakable; UTC if unsaid.

    ==============================  ========================================
    1793700000                      seconds (from 9 digits)
    1793700000000                   milliseconds (above 1e11), above 1e14 microseconds
    Mon, 02 Nov 2026 10:00 +0000    an e-mail's date
    2026-11-02T10:00:00+02:00       ISO 8601, also with blanks or slashes
    Nov 2, 2026 10:00 AM            the month by its English name
    25/04/2026 10:00                one number above 12, or ``day_first`` says which is which
    ==============================  ========================================

    Raises BadRow (``time_unreadable``) or AmbiguousTime.
    """
    try:
        moment = (
            datetime.strptime(text, time_format) if time_format else _guessed_time(text, day_first)
        )
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        raise BadRow(
            "time_unreadable",
            f"The time {text[:40]!r} cannot be read; say how it is written with --time-format.",
        ) from None


def _guessed_time(text: str, day_first: bool | None) -> datetime:
    if text.replace(".", "", 1).isdigit() and len(text.partition(".")[0]) >= 9:
        return _unix_time(float(text))
    if match := _DATE_IN_NUMBERS.fullmatch(text):
        return _dated(text, match, day_first)
    if match := _OTHER_WAY.fullmatch(text):
        date = datetime(int(match[1]), int(match[2]), int(match[3]))
        return datetime.combine(date, _time_of_day(match[4] or ""))
    if any(map(str.isalpha, text.replace("T", "", 1).replace("Z", "", 1))):
        if named := _named_month(text):
            return named
        if text[:1].isalpha():
            return parsedate_to_datetime(text)
    return datetime.fromisoformat(_ZONE_NAME.sub("", text))


def _unix_time(seconds: float) -> datetime:
    for above, unit in ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3)):
        if seconds > above:
            return datetime.fromtimestamp(seconds / unit, UTC)
    return datetime.fromtimestamp(seconds, UTC)


def _dated(text: str, match: re.Match[str], day_first: bool | None) -> datetime:
    """Numbers with the year last. Raises AmbiguousTime where both of the others may be a month."""
    one, two, year = int(match[1]), int(match[3]), int(match[4])
    if day_first is None:
        if one <= 12 and two <= 12 and one != two:
            raise AmbiguousTime(text)
        day_first = one > 12
    day, month = (one, two) if day_first else (two, one)
    return datetime.combine(datetime(year, month, day), _time_of_day(match[5] or ""))


def _time_of_day(text: str) -> time:
    """Raises ValueError."""
    text = _ZONE_NAME.sub("", text.strip())
    if not text:
        return time()
    for pattern in TIMES_OF_DAY[3:]:
        try:
            return datetime.strptime(text.upper(), pattern.strip()).time()
        except ValueError:
            continue
    return time.fromisoformat(text.zfill(5) if text[1:2] == ":" else text)


def _named_month(text: str) -> datetime | None:
    for date in DATES_WITH_NAMES:
        for of_day in TIMES_OF_DAY:
            try:
                return datetime.strptime(_ZONE_NAME.sub("", text), date + of_day)
            except ValueError:
                continue
    return None

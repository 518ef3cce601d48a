"""Times of imported files: what is unmistakable is read, what is not is asked."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.intake.importing_rows import BadRow
from app.intake.importing_times import AmbiguousTime, read_time


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-02", datetime(2026, 11, 2, tzinfo=UTC)),
        ("2026-11-02 10:00:00 UTC", datetime(2026, 11, 2, 10, tzinfo=UTC)),
        ("2026-11-02 10:00:00 +0200", datetime(2026, 11, 2, 8, tzinfo=UTC)),
        ("2026/11/02 9:05", datetime(2026, 11, 2, 9, 5, tzinfo=UTC)),
        ("Nov 2, 2026", datetime(2026, 11, 2, tzinfo=UTC)),
        ("2 November 2026 10:30 PM", datetime(2026, 11, 2, 22, 30, tzinfo=UTC)),
        ("Mon, 02 Nov 2026 10:00 +0000", datetime(2026, 11, 2, 10, tzinfo=UTC)),
        ("25/04/2026 08:00", datetime(2026, 4, 25, 8, tzinfo=UTC)),
        ("04/25/2026 1:15 PM", datetime(2026, 4, 25, 13, 15, tzinfo=UTC)),
        ("1793700000123456", datetime.fromtimestamp(1793700000.123456, UTC)),
    ],
)
def test_unmistakable_times_are_read(text: str, expected: datetime) -> None:
    assert read_time(text) == expected


def test_a_date_that_can_be_read_two_ways_is_asked() -> None:
    with pytest.raises(AmbiguousTime):
        read_time("03/04/2026")
    assert read_time("03/04/2026", day_first=True) == datetime(2026, 4, 3, tzinfo=UTC)
    assert read_time("03.04.2026", day_first=False) == datetime(2026, 3, 4, tzinfo=UTC)
    for unreadable in ("soon", "03/04/26", "2026-13-40", "13/13/2026"):
        with pytest.raises(BadRow) as refused:
            read_time(unreadable)
        assert refused.value.reason == "time_unreadable"

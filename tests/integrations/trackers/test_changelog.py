"""The newest changes of an issue are read, however many there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from integrations.trackers.jira.changelog import changelog_pages, changes_of


class Issue:
    """Jira's pages of ``total`` changes, oldest first."""

    def __init__(self, total: int) -> None:
        self.histories: list[dict[str, Any]] = [
            {
                "id": str(number),
                "items": [{"field": "description", "toString": f"text {number}"}],
            }
            for number in range(total)
        ]
        self.starts: list[int] = []

    async def read(
        self, path: str, params: Mapping[str, str | int] | None = None
    ) -> dict[str, Any]:
        assert path == "issue/10001/changelog"
        start = int((params or {})["startAt"])
        self.starts.append(start)
        page = self.histories[start : start + 100]
        return {"startAt": start, "total": len(self.histories), "values": page}


@pytest.mark.parametrize(
    ("total", "starts"),
    [
        (0, [0]),
        (1, [0]),
        (100, [0]),
        (101, [0, 100]),
        (250, [0, 100, 200]),
        (300, [0, 100, 200]),
        (301, [0, 101, 201]),
        (1050, [0, 850, 950]),
    ],
)
async def test_the_last_two_hundred_are_always_among_them(total: int, starts: list[int]) -> None:
    issue = Issue(total)
    histories = await changelog_pages(issue.read, "10001")
    assert issue.starts == starts
    numbers = [change.id for change in changes_of(histories, "description")]
    assert numbers[-200:] == list(range(total))[-200:]
    assert len(numbers) == len(set(numbers))

"""Walks over a list of tickets by the time of their last change, over numbered pages.

Whoever changes while the pages are read moves to their end, so that numbered pages would skip the
next one: every page begins with the moment at which the last one ended.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Where a list goes on: tickets changed at ``since`` or later (RFC 3339, in UTC), the
    ``number``-th page of them, from 1."""

    since: str
    number: int = 1

    def following(self, newest: str, *, is_last: bool) -> ChangePage:
        """The page after this one, whose newest change is ``newest``, blank for an empty page."""
        if newest and newest != self.since:
            return ChangePage(newest)
        return self if is_last else replace(self, number=self.number + 1)

    def stored(self) -> str:
        """As a bookmark keeps it."""
        return json.dumps({"since": self.since, "page": self.number})


def change_page(bookmark: str, since: datetime) -> ChangePage:
    """The page of a bookmark, or the first one."""
    if bookmark:
        values = json.loads(bookmark)
        return ChangePage(str(values["since"]), int(values["page"]))
    return ChangePage(since.strftime("%Y-%m-%dT%H:%M:%SZ"))

"""The threads of a labelled file: who opened one, and who answers whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Member
from classifiers.evaluation.datasets import Row
from classifiers.grouping.sorts import Sort, sort_of
from classifiers.grouping.threads import THREAD_LATEST

_PLACE_FIELDS = ("sort", "channel", "platform", "source")
_OPENED_BY_FIRST = frozenset({Sort.community, Sort.tracker, Sort.unknown})
"""Where the first comment with a thread's name opened it, if the file does not say. A *thread* of
chat or of a help desk may be no more than a channel or a form."""


@dataclass(frozen=True, slots=True)
class Said:
    """Where a row was said: the ``sort`` of place; its ``thread``, blank where it has none; its own
    ``name`` and that of the row it ``answers``; and whether its author is of the ``staff`` and
    answers."""

    sort: Sort
    thread: str
    name: str
    answers: str
    opens: bool
    author: str
    staff: bool

    def put(self, member: Member) -> Member:
        """The member with where it was said."""
        return replace(
            member,
            sort=str(self.sort),
            thread=self.thread,
            name=self.name,
            answers=self.answers,
            opens=self.opens,
            author=self.author,
        )


def conversations(rows: Sequence[Row]) -> list[Said]:
    """Where each row was said, by its fields ``thread``, ``parent``, ``id`` (or ``key``),
    ``opens``, ``author``, ``staff`` and, for the sort of place, ``sort``, ``channel``, ``platform``
    or ``source``. Rows are in the order they came."""
    openings_marked = any("opens" in row or "opens_thread" in row for row in rows)
    started: set[str] = set()
    placed_rows = []
    for row in rows:
        sort = sort_of_row(row)
        thread = _name(row.get("thread") or row.get("thread_id"))
        thread = thread and f"{row.get('product') or ''}\n{sort}\n{thread}"
        opens = bool(row.get("opens") or row.get("opens_thread"))
        if thread and not openings_marked:
            opens = thread not in started and sort in _OPENED_BY_FIRST
        started.add(thread)
        answers = _name(row.get("parent") or row.get("parent_id"))
        author = _name(row.get("author"))
        staff = bool(row.get("staff")) and not opens
        name = _name(row.get("id") or row.get("key"))
        placed_rows.append(Said(sort, thread, name, answers, opens, author, staff))
    opened = {one.thread for one in placed_rows if one.opens or one.answers}
    return [one if one.thread in opened else replace(one, thread="") for one in placed_rows]


def thread_mates(
    members: Sequence[Member], threads: Sequence[Sequence[int]], place: int, came: NDArray[np.bool_]
) -> list[int]:
    """Places of what came before in the thread of the comment at ``place``: what opened it, what it
    answers, and the latest. ``threads`` holds the places of each comment's thread."""
    comment = members[place]
    if not comment.thread:
        return []
    mates = [one for one in threads[place] if came[one]]
    first = [
        one
        for one in mates
        if members[one].opens or (comment.answers and members[one].name == comment.answers)
    ]
    return list(dict.fromkeys([*first, *mates[-THREAD_LATEST:]]))


def places_by_thread(members: Sequence[Member]) -> list[Sequence[int]]:
    """For each comment the places of its thread, in order; none for one without a thread."""
    by_thread: dict[str, list[int]] = {}
    for place, member in enumerate(members):
        if member.thread:
            by_thread.setdefault(member.thread, []).append(place)
    return [by_thread.get(member.thread, []) for member in members]


def sort_of_row(row: Row) -> Sort:
    """The sort of place, by the first field that names one we know."""
    for field in _PLACE_FIELDS:
        sort = sort_of(str(row.get(field) or ""))
        if sort is not Sort.unknown:
            return sort
    return Sort.unknown


def _name(value: object) -> str:
    """A name as a file has it: a text, a number, or an object with an ``id`` or ``handle``."""
    if isinstance(value, dict):
        value = value.get("id") or value.get("handle")
    return "" if value in (None, "") else str(value)

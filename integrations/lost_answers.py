"""Looks for an answer of ours whose call was cut off: what every platform's ``find`` does.

A platform says how its answers are listed (``read``, a page at a time), by what one of them is
known to be ours (``is_ours``), and where it stands (``posted``).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from integrations.listing import objects
from integrations.own_marks import reply_mark
from integrations.reply_calls import unreadable_reply
from integrations.reply_contract import PostedReply, ReplyError

ANSWER_PAGES_LOOKED_AT = 10
_CLOCKS_APART = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class AnswerPage:
    """A page of what was written. ``rows`` as the API gave them: anything but a list is no answer
    of it. ``following`` names the next page, blank at the end."""

    rows: Any
    following: str = ""


async def find_answer(
    title: str,
    read: Callable[[str], Awaitable[AnswerPage]],
    is_ours: Callable[[Mapping[str, Any]], bool],
    posted: Callable[[Mapping[str, Any]], PostedReply],
) -> PostedReply | None:
    """The first row that is ours, or None where the whole list has none. ``read`` is given the
    name of a page, blank for the first. Raises ReplyError, for a list without an end too."""
    following = ""
    for _ in range(ANSWER_PAGES_LOOKED_AT):
        page = await read(following)
        if not isinstance(page.rows, list):
            raise unreadable_reply(title, writes=False)
        for row in objects(page.rows):
            if is_ours(row):
                return posted(row)
        following = page.following
        if not following:
            return None
    raise ReplyError(
        "reply_not_told", f"{title} lists more than can be looked through.", permanent=True
    )


def looked_from(since: datetime) -> datetime:
    """From when on to look: the platform's clock may be behind ours."""
    return since - _CLOCKS_APART


def is_marked(key: UUID, field: str) -> Callable[[Mapping[str, Any]], bool]:
    """Whether a row carries the mark of an answer in a field that holds its text."""
    return lambda row: reply_mark(key) in str(row.get(field) or "")

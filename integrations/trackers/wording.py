"""What the managed block of a ticket says, in every tracker alike, and how much of it fits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from integrations.ticket_facts import Fact, Often
from integrations.tracker_contract import Draft
from integrations.tracker_writes import Earlier, Followed

TICKET_LABEL = "feedback-relay"
"""The label of every ticket that we made, whatever the theme."""

BLOCK_HEADING = "Feedback from the community"
QUOTES_HEADING = "What people say"
THREADS_HEADING = "Where they say it"
LOGS_HEADING = "Error messages"
WORKAROUNDS_HEADING = "What people say helps"
FILES_HEADING = "Files"
PHRASES_LEAD = "Often said:"
EDIT_NOTE = "Edit anything outside this block: Feedback Relay keeps only this block current."
NOBODY_LEFT = (
    "stands behind this any more: every comment about it was taken back or belongs elsewhere now."
)
FOLLOWED_ELSEWHERE = "Followed elsewhere now."
NO_ROOM = (
    "The ticket's own text leaves no room for the block of Feedback Relay. "
    "Shorten the text in the tracker."
)

QUOTE_MAX_CHARACTERS = 700
SUMMARY_MAX_CHARACTERS = 600
PHRASE_MAX_CHARACTERS = 60
NAME_MAX_CHARACTERS = 80
THREAD_TITLE_MAX_CHARACTERS = 120
FACT_MAX_CHARACTERS = 400
LOG_SHOWN_CHARACTERS = 1_500

Piece = TypeVar("Piece")


def day(moment: datetime) -> str:
    """A date as people read it: 3 November 2026."""
    return f"{moment.day} {moment:%B %Y}"


def people_count(draft: Draft) -> str:
    """How many people: '12 people', '1 person', 'Nobody'."""
    if not draft.mentions:
        return "Nobody"
    return f"{draft.people:,} {'person' if draft.people == 1 else 'people'}"


def comments_sentence(draft: Draft) -> str:
    """The rest of the sentence that begins with ``people_count``. Without a comment there is no
    date either."""
    if not draft.mentions:
        return NOBODY_LEFT
    comments = f"{draft.mentions:,} {'comment' if draft.mentions == 1 else 'comments'}"
    first, last = day(draft.first_seen), day(draft.last_seen)
    when = f"on {first}" if first == last else f"first on {first}, last on {last}"
    return f"wrote {comments} about this, {when}."


def followed_sentence(followed: Followed) -> tuple[str, str, str]:
    """What stands before the link, the link's words, and what stands behind it, of the sentence
    about a superseded ticket."""
    since = f", since {day(followed.since)}. Below is what was said until then."
    before = "It turned out to be the same as another one. People who say it are counted in "
    if followed.url:
        return before, followed.title or followed.key or "that ticket", since
    return before, "the other theme", since


def often_sentence(often: Often) -> str:
    """How often it was said in two weeks: 'In the week to 30 November 2026: 5 comments, after 2 in
    the week before.'"""
    comments = f"{often.week:,} {'comment' if often.week == 1 else 'comments'}"
    return f"In the week to {day(often.until)}: {comments}, after {often.before:,} the week before."


def fact_values(fact: Fact) -> str:
    """The values with how many people name each: '2.3.1 (4 people), 2.3.0 (1 person)'."""
    named = [
        f"{value} ({count:,} {'person' if count == 1 else 'people'})"
        for value, count in fact.values
    ]
    return "; ".join([", ".join(named), *filter(None, [fact.first])])


def file_name(url: str) -> str:
    """The last part of an address, which is what people call a file."""
    return url.partition("?")[0].rstrip("/").rpartition("/")[2]


def earlier_sentence(earlier: Earlier) -> tuple[str, str, str]:
    """What stands before the link, the link's words, and what stands behind it, of the sentence
    about a ticket that was shipped before."""
    behind = f", which was done. This was said again, and noticed on {day(earlier.until)}."
    return "It goes on from ", earlier.key or "an earlier ticket", behind


def written_by(draft: Draft) -> str:
    """Who wrote the summary, said before it: readers must know that it was a machine."""
    return f"Summary, written by a machine ({draft.summary_by}):"


def left_out(quotes: int, threads: int) -> str:
    """What was left out for lack of room, or an empty string."""
    parts = [
        f"{count:,} more {word if count == 1 else word + 's'}"
        for count, word in ((quotes, "quote"), (threads, "thread"))
        if count
    ]
    return f"{' and '.join(parts)} on the theme page." if parts else ""


def fitting(
    quotes: Sequence[Piece], threads: Sequence[Piece], *, room: int, size: Callable[[Piece], int]
) -> tuple[list[Piece], list[Piece]]:
    """The leading quotes and threads that fit into ``room`` together; quotes take at most half
    while threads wait."""
    shown_quotes = _leading(quotes, room // 2 if threads else room, size)
    room_left = room - sum(map(size, shown_quotes))
    return shown_quotes, _leading(threads, room_left, size)


def _leading(pieces: Sequence[Piece], room: int, size: Callable[[Piece], int]) -> list[Piece]:
    fitting_pieces: list[Piece] = []
    for piece in pieces:
        room -= size(piece)
        if room < 0:
            break
        fitting_pieces.append(piece)
    return fitting_pieces

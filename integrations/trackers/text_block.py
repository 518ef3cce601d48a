"""The managed block in trackers whose tickets are text: rendering it, and replacing it alone."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

from integrations import neutralize
from integrations.tracker_contract import Draft, Quote, TrackerError
from integrations.tracker_writes import Earlier, Followed
from integrations.trackers import wording
from integrations.trackers.carry_over import carried_text
from integrations.trackers.evidence_block import details_lines, facts_lines

INTRO_LINE_CHARACTERS = 2_000
_FRAME_CHARACTERS = 600  # headings and the line about what was left out


@dataclass(frozen=True, slots=True)
class Markup:
    """How a tracker's markup writes what a block consists of.

    ``begin`` and ``end`` make the lines that mark a block, which no neutralised text can contain.
    ``quote`` and ``inline`` neutralise raw text, cut to a number of characters; ``permalink`` makes
    an address safe, or None; ``code`` makes a block of raw text; ``duplicate`` says of which
    ticket, by its key, one is a duplicate.
    ``limit`` is the most characters that a ticket's text may have, ``block_limit`` the most that
    our block takes of it.
    """

    limit: int
    begin: Callable[[str], str]
    end: Callable[[str], str]
    heading: Callable[[int, str], str]
    strong: Callable[[str], str]
    small: Callable[[str], str]
    link: Callable[[str, str], str]
    bullet: str
    quote: Callable[[str, int], str]
    inline: Callable[[str, int], str]
    permalink: Callable[[str], str | None]
    code: Callable[[str, int], str]
    duplicate: Callable[[str], str]
    block_limit: int = sys.maxsize


def render(markup: Markup, draft: Draft, room: int) -> str:
    """The managed block in at most ``room`` characters. Raises TrackerError ``body_full``."""
    head, tail = _head(markup, draft), _tail(markup, draft)
    frame = len("\n".join(head + tail)) + _FRAME_CHARACTERS
    if frame > room:
        raise TrackerError("body_full", wording.NO_ROOM, permanent=True)
    facts, details = facts_lines(markup, draft), details_lines(markup, draft)
    if frame + len("\n".join(facts + details)) > room * 2 // 3:
        facts, details = [], []  # quotes say more in what little room is left
    frame += len("\n".join(facts + details))
    quotes, threads = wording.fitting(
        [_quote(markup, quote) for quote in draft.quotes],
        [_thread(markup, title, permalink) for title, permalink in draft.threads],
        room=room - frame,
        size=lambda piece: len(piece) + len("\n\n"),
    )
    lines = head + facts
    if quotes:
        lines += ["", markup.heading(4, wording.QUOTES_HEADING)]
        for quote in quotes:
            lines += ["", quote]
    lines += details
    if threads:
        lines += ["", markup.heading(4, wording.THREADS_HEADING), "", *threads]
    if more := wording.left_out(len(draft.quotes) - len(quotes), len(draft.threads) - len(threads)):
        lines += ["", more]
    return "\n".join(lines + tail)


def _head(markup: Markup, draft: Draft) -> list[str]:
    page = neutralize.link(draft.theme_url)
    page_link = " " + markup.link("Theme page", page) if page else ""
    people = markup.strong(wording.people_count(draft))
    return [
        markup.begin(draft.marker),
        markup.heading(3, wording.BLOCK_HEADING),
        *_followed(markup, draft.followed),
        *_earlier(markup, draft.earlier),
        "",
        f"{people} {wording.comments_sentence(draft)}{page_link}",
        *_face(markup, draft),
    ]


def _followed(markup: Markup, followed: Followed | None) -> list[str]:
    """Where the matter is followed, in a superseded ticket."""
    if followed is None:
        return []
    before, words, behind = wording.followed_sentence(followed)
    label = markup.inline(words, wording.THREAD_TITLE_MAX_CHARACTERS) or "another one"
    url = neutralize.link(followed.url or followed.theme_url)
    lead = markup.strong(wording.FOLLOWED_ELSEWHERE)
    lines = ["", f"{lead} {before}{markup.link(label, url) if url else label}{behind}"]
    if followed.key:
        lines += ["", markup.duplicate(followed.key)]
    return lines


def _earlier(markup: Markup, earlier: Earlier | None) -> list[str]:
    """The ticket that was shipped before. Its address is not made harmless: a reference from there
    to here is what people want."""
    if earlier is None:
        return []
    before, words, behind = wording.earlier_sentence(earlier)
    label = markup.inline(words, wording.THREAD_TITLE_MAX_CHARACTERS) or "an earlier ticket"
    url = neutralize.link(earlier.url)
    return ["", f"{before}{markup.link(label, url) if url else label}{behind}"]


def _tail(markup: Markup, draft: Draft) -> list[str]:
    return ["", markup.small(wording.EDIT_NOTE), markup.end(draft.marker)]


def _face(markup: Markup, draft: Draft) -> list[str]:
    """The summary and the phrases of the theme, where there are any."""
    lines = []
    if summary := markup.inline(draft.summary, wording.SUMMARY_MAX_CHARACTERS):
        author = markup.inline(wording.written_by(draft), wording.SUMMARY_MAX_CHARACTERS)
        lines += ["", f"{markup.strong(author)} {summary}"]
    phrases = [markup.inline(phrase, wording.PHRASE_MAX_CHARACTERS) for phrase in draft.phrases]
    if any(phrases):
        lines += ["", f"{wording.PHRASES_LEAD} {', '.join(filter(None, phrases))}"]
    return lines


def introduced(markup: Markup, draft: Draft, limit: int) -> str:
    """The text of a new ticket in at most ``limit`` characters: the block, below the intro where
    there is one."""
    above = introduction(markup, draft)
    return above + render(markup, draft, limit - len(above))


def introduction(markup: Markup, draft: Draft) -> str:
    """What a rule says above the block of a new ticket, with space below; blank without such."""
    paragraphs = [markup.inline(line, INTRO_LINE_CHARACTERS) for line in draft.intro.splitlines()]
    return "".join(f"{paragraph}\n\n" for paragraph in paragraphs if paragraph)


def merge(markup: Markup, body: str, draft: Draft) -> str:
    """The whole text with the block brought up to date; a block that people removed is appended
    again.

    Where only one of the two marker lines is left, that line goes and everything else counts as
    written by people.
    """
    above, below = around(markup, body.replace("\r\n", "\n"), draft.marker)
    room = min(markup.limit - len(above) - len(below), markup.block_limit)
    return above + render(markup, draft, room) + below


def around(markup: Markup, body: str, marker: str) -> tuple[str, str]:
    """What people wrote above and below the block of a marker."""
    begin, end = markup.begin(marker), markup.end(marker)
    start = body.find(begin)
    stop = body.find(end, start) if start >= 0 else -1
    if stop >= 0:
        return body[:start], body[stop + len(end) :]
    own_text = body.replace(begin, "").replace(end, "").rstrip()
    return (own_text + "\n\n" if own_text else ""), ""


def given_back(markup: Markup, body: str, marker: str, before: str, after: str) -> str:
    """The whole text with a person's edit, which made ``after`` of ``before``, carried over into
    what stands around the block; the block itself is ours."""
    above, below = around(markup, body, marker)
    has_block = markup.begin(marker) in body and body.startswith(above)
    block = body[len(above) : len(body) - len(below)] if has_block else ""
    sides = zip(
        around(markup, before, marker), around(markup, after, marker), (above, below), strict=True
    )
    new_above, new_below = (carried_text(old, edited, now) for old, edited, now in sides)
    return new_above + block + new_below


def _quote(markup: Markup, quote: Quote) -> str:
    text = markup.quote(quote.text, wording.QUOTE_MAX_CHARACTERS)
    author = markup.inline(quote.author, wording.NAME_MAX_CHARACTERS) or "someone"
    platform = markup.inline(quote.platform, wording.NAME_MAX_CHARACTERS)
    date = wording.day(quote.created_at)
    thread = markup.inline(quote.thread, wording.THREAD_TITLE_MAX_CHARACTERS)
    url = markup.permalink(quote.permalink)
    if url and thread:
        date = f"{markup.link(thread, url)}, {date}"
    elif url:
        date = markup.link(date, url)
    return f"{text}\n\n— {markup.strong(author)} on {platform}, {date}"


def _thread(markup: Markup, title: str, permalink: str) -> str:
    label = markup.inline(title, wording.THREAD_TITLE_MAX_CHARACTERS) or "Thread"
    if url := markup.permalink(permalink):
        label = markup.link(label, url)
    return f"{markup.bullet} {label}"

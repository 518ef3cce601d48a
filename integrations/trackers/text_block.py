"""The managed block in trackers whose tickets are text: rendering it, and replacing it alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from integrations import neutralize
from integrations.tracker_contract import Draft, Quote, TrackerError
from integrations.trackers import wording

_FRAME = 600  # headings and the line about what was left out


@dataclass(frozen=True, slots=True)
class Markup:
    """How a tracker's markup writes what a block consists of.

    ``begin`` and ``end`` make the lines that mark a block, which no neutralised text can contain.
    ``quote`` and ``inline`` neutralise raw text, cut to a number of characters; ``permalink`` makes
    an address safe, or None.
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


def render(markup: Markup, draft: Draft, room: int) -> str:
    """The managed block in at most ``room`` characters. Raises TrackerError ``body_full``."""
    page = neutralize.link(draft.theme_url)
    page_link = " " + markup.link("Theme page", page) if page else ""
    head = [
        markup.begin(draft.marker),
        markup.heading(3, wording.HEADING),
        "",
        f"{markup.strong(wording.who(draft))} {wording.what(draft)}{page_link}",
    ]
    head += _face(markup, draft)
    tail = ["", markup.small(wording.EDIT_NOTE), markup.end(draft.marker)]
    frame = len("\n".join(head + tail)) + _FRAME
    if frame > room:
        raise TrackerError("body_full", wording.FULL, permanent=True)
    quotes, threads = wording.fitting(
        [_quote(markup, quote) for quote in draft.quotes],
        [_thread(markup, *thread) for thread in draft.threads],
        room=room - frame,
        size=lambda piece: len(piece) + 2,
    )
    middle: list[str] = []
    if quotes:
        middle += [
            "",
            markup.heading(4, wording.QUOTES),
            *(line for quote in quotes for line in ("", quote)),
        ]
    if threads:
        middle += ["", markup.heading(4, wording.THREADS), "", *threads]
    if more := wording.hidden(len(draft.quotes) - len(quotes), len(draft.threads) - len(threads)):
        middle += ["", more]
    return "\n".join(head + middle + tail)


def _face(markup: Markup, draft: Draft) -> list[str]:
    lines = []
    if summary := markup.inline(draft.summary, wording.SUMMARY_LIMIT):
        author = markup.inline(wording.written_by(draft), wording.SUMMARY_LIMIT)
        lines += ["", f"{markup.strong(author)} {summary}"]
    if phrases := [
        said for phrase in draft.phrases if (said := markup.inline(phrase, wording.PHRASE_LIMIT))
    ]:
        lines += ["", f"{wording.PHRASES} {', '.join(phrases)}"]
    return lines


def merge(markup: Markup, body: str, draft: Draft) -> str:
    """The whole text with the block brought up to date; a block that people removed is appended
    again.

    Where only one of the two marker lines is left, that line goes and everything else counts as
    written by people.
    """
    before, after = _around(
        body.replace("\r\n", "\n"), markup.begin(draft.marker), markup.end(draft.marker)
    )
    return before + render(markup, draft, markup.limit - len(before) - len(after)) + after


def _around(body: str, begin: str, end: str) -> tuple[str, str]:
    start = body.find(begin)
    stop = body.find(end, start) if start >= 0 else -1
    if stop >= 0:
        return body[:start], body[stop + len(end) :]
    rest = body.replace(begin, "").replace(end, "").rstrip()
    return (rest + "\n\n" if rest else ""), ""


def _quote(markup: Markup, quote: Quote) -> str:
    author = markup.inline(quote.author, wording.NAME_LIMIT) or "someone"
    platform = markup.inline(quote.platform, wording.NAME_LIMIT)
    date = wording.day(quote.created_at)
    url = markup.permalink(quote.permalink)
    source = markup.link(date, url) if url else date
    return f"{markup.quote(quote.text, wording.QUOTE_LIMIT)}\n\n— {markup.strong(author)} on {platform}, {source}"


def _thread(markup: Markup, name: str, permalink: str) -> str:
    url = markup.permalink(permalink)
    label = markup.inline(name, wording.THREAD_TITLE_LIMIT) or "Thread"
    return f"{markup.bullet} {markup.link(label, url) if url else label}"

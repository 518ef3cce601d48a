"""The description of a ticket in Jira Cloud: Atlassian Document Format, with the managed block.

The block lies between two nodes with a link to the theme page whose fragment names the marker, so
it is recognised without anything on the page that a reader has to look past.
"""

from __future__ import annotations

from integrations import neutralize
from integrations.tracker_contract import Draft, Quote, TrackerError
from integrations.tracker_writes import Earlier, Followed
from integrations.trackers import wording
from integrations.trackers.jira import adf_nodes
from integrations.trackers.jira.adf_evidence import details_nodes, facts_nodes
from integrations.trackers.jira.adf_nodes import Node, heading, linked_text, paragraph, text
from integrations.trackers.jira.limits import JIRA_DESCRIPTION_MAX_CHARACTERS

_FRAME_JSON_CHARACTERS = 1_500  # headings and the line about what was left out
_SIGNATURE_LINE = "Feedback Relay"


def new_description(draft: Draft) -> Node:
    """The description of a new ticket: the managed block, below what its rule says."""
    above = [paragraph([text(line.strip())]) for line in draft.intro.splitlines() if line.strip()]
    room = JIRA_DESCRIPTION_MAX_CHARACTERS - sum(map(adf_nodes.size, above))
    return adf_nodes.document(above + _block(draft, room))


def merged_description(description: Node | None, draft: Draft) -> Node:
    """The document a ticket has, with the block in it brought up to date; appended where people
    removed the block.

    Where only one of its two ends is left, that node goes and everything else counts as written by
    people. Raises TrackerError ``body_full``.
    """
    content: list[Node] = list((description or {}).get("content") or [])
    above, below = content_around(content, draft.marker)
    room = JIRA_DESCRIPTION_MAX_CHARACTERS - sum(map(adf_nodes.size, above + below))
    return adf_nodes.document(above + _block(draft, room) + below)


def content_around(content: list[Node], marker: str) -> tuple[list[Node], list[Node]]:
    """What people wrote above and below the block of a marker."""
    begins = [index for index, node in enumerate(content) if _begins(node, marker)]
    ends = [index for index, node in enumerate(content) if _ends(node, marker)]
    stops = [index for index in ends if begins and index >= begins[0]]
    if stops:
        return content[: begins[0]], content[stops[0] + 1 :]
    marked = {*begins, *ends}
    return [node for index, node in enumerate(content) if index not in marked], []


def _begin_fragment(marker: str) -> str:
    return f"{marker}-begin"


def _end_fragment(marker: str) -> str:
    return f"{marker}-end"


def _begins(node: Node, marker: str) -> bool:
    return node.get("type") == "panel" and adf_nodes.links_to(node, _begin_fragment(marker))


def _ends(node: Node, marker: str) -> bool:
    """The link stands on our own name, so no permalink of a quote can pass for the end, whatever
    its fragment."""
    last = (node.get("content") or [{}])[-1]
    return (
        node.get("type") == "paragraph"
        and last.get("text") == _SIGNATURE_LINE
        and adf_nodes.links_to(last, _end_fragment(marker))
    )


def _block(draft: Draft, room: int) -> list[Node]:
    """The managed block in at most ``room`` characters of JSON."""
    page = (neutralize.link(draft.theme_url) or "http://localhost/").partition("#")[0]
    head, tail = _head(draft, page), _tail(draft, page)
    frame = adf_nodes.size(head) + adf_nodes.size(tail) + _FRAME_JSON_CHARACTERS
    if frame > room:
        raise TrackerError("body_full", wording.NO_ROOM, permanent=True)
    facts, details = facts_nodes(draft), details_nodes(draft)
    if frame + sum(map(adf_nodes.size, facts + details)) > room * 2 // 3:
        facts, details = [], []  # quotes say more in what little room is left
    frame += sum(map(adf_nodes.size, facts + details))
    quotes, threads = wording.fitting(
        [_quote(quote) for quote in draft.quotes],
        [[_thread(title, permalink)] for title, permalink in draft.threads],
        room=room - frame,
        size=lambda nodes: sum(map(adf_nodes.size, nodes)),
    )
    block = [head, *facts]
    if quotes:
        block.append(heading(wording.QUOTES_HEADING, 4))
        block += [node for quote in quotes for node in quote]
    block += details
    if threads:
        items = [item for thread in threads for item in thread]
        block += [heading(wording.THREADS_HEADING, 4), {"type": "bulletList", "content": items}]
    if more := wording.left_out(len(draft.quotes) - len(quotes), len(draft.threads) - len(threads)):
        block.append(paragraph([text(more)]))
    return [*block, tail]


def _strong(words: str) -> Node:
    return text(words, {"type": "strong"})


def _head(draft: Draft, page: str) -> Node:
    counts = [
        _strong(wording.people_count(draft)),
        text(f" {wording.comments_sentence(draft)} "),
        linked_text("Theme page", f"{page}#{_begin_fragment(draft.marker)}"),
    ]
    lines = [heading(wording.BLOCK_HEADING, 3), *_followed(draft.followed)]
    lines += [*_earlier(draft.earlier), paragraph(counts)]
    lines += _face(draft)
    return {"type": "panel", "attrs": {"panelType": "info"}, "content": lines}


def _followed(followed: Followed | None) -> list[Node]:
    """Where the matter is followed, in a superseded ticket."""
    if followed is None:
        return []
    before, words, behind = wording.followed_sentence(followed)
    label = neutralize.one_line(words, wording.THREAD_TITLE_MAX_CHARACTERS) or "another one"
    link = linked_text(label, neutralize.link(followed.url or followed.theme_url))
    lead = _strong(wording.FOLLOWED_ELSEWHERE)
    sentences = [paragraph([lead, text(f" {before}"), link, text(behind)])]
    if followed.key:
        sentences.append(paragraph([text(f"Duplicate of {followed.key}.")]))
    return sentences


def _earlier(earlier: Earlier | None) -> list[Node]:
    """The ticket that was shipped before."""
    if earlier is None:
        return []
    before, words, behind = wording.earlier_sentence(earlier)
    label = neutralize.one_line(words, wording.THREAD_TITLE_MAX_CHARACTERS) or "an earlier ticket"
    link = linked_text(label, neutralize.link(earlier.url))
    return [paragraph([text(before), link, text(behind)])]


def _tail(draft: Draft, page: str) -> Node:
    return paragraph(
        [
            text(wording.EDIT_NOTE + " ", {"type": "em"}),
            linked_text(_SIGNATURE_LINE, f"{page}#{_end_fragment(draft.marker)}"),
        ]
    )


def _face(draft: Draft) -> list[Node]:
    """The summary and the phrases of the theme, where there are any."""
    paragraphs: list[Node] = []
    if summary := neutralize.one_line(draft.summary, wording.SUMMARY_MAX_CHARACTERS):
        author = neutralize.one_line(wording.written_by(draft), wording.SUMMARY_MAX_CHARACTERS)
        paragraphs.append(paragraph([_strong(author), text(f" {summary}")]))
    phrases = [
        neutralize.one_line(phrase, wording.PHRASE_MAX_CHARACTERS) for phrase in draft.phrases
    ]
    if any(phrases):
        words = f"{wording.PHRASES_LEAD} {', '.join(filter(None, phrases))}"
        paragraphs.append(paragraph([text(words)]))
    return paragraphs


def _quote(quote: Quote) -> list[Node]:
    words = neutralize.clean(quote.text).strip()
    content: list[Node] = []
    for line in neutralize.shorten(words, wording.QUOTE_MAX_CHARACTERS).split("\n"):
        if content:
            content.append({"type": "hardBreak"})
        if line:  # an empty text node is not valid
            content.append(text(line))
    author = neutralize.one_line(quote.author, wording.NAME_MAX_CHARACTERS) or "someone"
    platform = neutralize.one_line(quote.platform, wording.NAME_MAX_CHARACTERS)
    date, url = wording.day(quote.created_at), neutralize.link(quote.permalink)
    thread = neutralize.one_line(quote.thread, wording.THREAD_TITLE_MAX_CHARACTERS)
    origin = [text("— "), _strong(author), text(f" on {platform}, ")]
    if url and thread:
        origin += [linked_text(thread, url), text(f", {date}")]
    else:
        origin.append(linked_text(date, url))
    return [{"type": "blockquote", "content": [paragraph(content)]}, paragraph(origin)]


def _thread(title: str, permalink: str) -> Node:
    label = neutralize.one_line(title, wording.THREAD_TITLE_MAX_CHARACTERS) or "Thread"
    line = paragraph([linked_text(label, neutralize.link(permalink))])
    return {"type": "listItem", "content": [line]}

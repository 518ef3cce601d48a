"""The description of a ticket in Jira Cloud: Atlassian Document Format, where a text node can only
ever be text.

The managed block lies between two nodes with a link to the theme page whose fragment names the
marker, so it is recognised without anything on the page that a reader has to look past. Source: the
published schema of ADF, version 1.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from integrations import neutralize
from integrations.tracker_contract import Draft, Quote, TrackerError
from integrations.trackers import wording

BODY_LIMIT = 32_767
_FRAME = 1_500
_SIGNED = "Feedback Relay"
Node = dict[str, Any]


def new_description(draft: Draft) -> Node:
    """The description of a new ticket: the managed block alone."""
    return _document(_block(draft, BODY_LIMIT))


def merged_description(description: Node | None, draft: Draft) -> Node:
    """The document a ticket has, with the block in it brought up to date; appended where people
    removed the block.

    Where only one of its two ends is left, that node goes and everything else counts as written by
    people. Raises TrackerError ``body_full``.
    """
    content: list[Node] = list((description or {}).get("content") or [])
    begins = [index for index, node in enumerate(content) if _begins(node, draft.marker)]
    ends = [index for index, node in enumerate(content) if _ends(node, draft.marker)]
    if begins and (stops := [index for index in ends if index >= begins[0]]):
        before, after = content[: begins[0]], content[stops[0] + 1 :]
    else:
        before, after = (
            [node for index, node in enumerate(content) if index not in {*begins, *ends}],
            [],
        )
    room = BODY_LIMIT - sum(map(_size, before + after))
    return _document(before + _block(draft, room) + after)


def same(left: Node | None, right: Node | None) -> bool:
    """Whether two documents say the same; Jira adds ``localId`` attributes to what it was sent."""
    return bool(_canonical(left) == _canonical(right))


def _begin(marker: str) -> str:
    return f"{marker}-begin"


def _end(marker: str) -> str:
    return f"{marker}-end"


def _block(draft: Draft, room: int) -> list[Node]:
    page = (neutralize.link(draft.theme_url) or "http://localhost/").partition("#")[0]
    lines: list[Node] = [
        {"type": "heading", "attrs": {"level": 3}, "content": [_text(wording.HEADING)]},
        {
            "type": "paragraph",
            "content": [
                _text(wording.who(draft), {"type": "strong"}),
                _text(f" {wording.what(draft)} "),
                _text("Theme page", _link(f"{page}#{_begin(draft.marker)}")),
            ],
        },
    ]
    lines += _face(draft)
    head: list[Node] = [{"type": "panel", "attrs": {"panelType": "info"}, "content": lines}]
    tail: Node = {
        "type": "paragraph",
        "content": [
            _text(wording.EDIT_NOTE + " ", {"type": "em"}),
            _text(_SIGNED, _link(f"{page}#{_end(draft.marker)}")),
        ],
    }
    frame = sum(map(_size, [*head, tail])) + _FRAME
    if frame > room:
        raise TrackerError("body_full", wording.FULL, permanent=True)
    quotes, threads = wording.fitting(
        [_quote(quote) for quote in draft.quotes],
        [[_thread(*thread)] for thread in draft.threads],
        room=room - frame,
        size=lambda nodes: sum(map(_size, nodes)),
    )
    middle: list[Node] = []
    if quotes:
        middle += [_heading(wording.QUOTES), *(node for quote in quotes for node in quote)]
    if threads:
        items = [item for thread in threads for item in thread]
        middle += [_heading(wording.THREADS), {"type": "bulletList", "content": items}]
    if more := wording.hidden(len(draft.quotes) - len(quotes), len(draft.threads) - len(threads)):
        middle.append({"type": "paragraph", "content": [_text(more)]})
    return [*head, *middle, tail]


def _face(draft: Draft) -> list[Node]:
    said: list[list[Node]] = []
    if summary := neutralize.one_line(draft.summary, wording.SUMMARY_LIMIT):
        author = neutralize.one_line(wording.written_by(draft), wording.SUMMARY_LIMIT)
        said.append([_text(author, {"type": "strong"}), _text(f" {summary}")])
    kept = [neutralize.one_line(phrase, wording.PHRASE_LIMIT) for phrase in draft.phrases]
    if phrases := [phrase for phrase in kept if phrase]:
        said.append([_text(f"{wording.PHRASES} {', '.join(phrases)}")])
    return [{"type": "paragraph", "content": content} for content in said]


def _quote(quote: Quote) -> list[Node]:
    lines = neutralize.shorten(neutralize.clean(quote.text).strip(), wording.QUOTE_LIMIT).split(
        "\n"
    )
    spoken: list[Node] = []
    for line in lines:
        if spoken:
            spoken.append({"type": "hardBreak"})
        if line:
            spoken.append(_text(line))
    author = neutralize.one_line(quote.author, wording.NAME_LIMIT) or "someone"
    platform = neutralize.one_line(quote.platform, wording.NAME_LIMIT)
    url = neutralize.link(quote.permalink)
    date = _text(wording.day(quote.created_at), *([_link(url)] if url else []))
    source = [_text("— "), _text(author, {"type": "strong"}), _text(f" on {platform}, "), date]
    return [
        {"type": "blockquote", "content": [{"type": "paragraph", "content": spoken}]},
        {"type": "paragraph", "content": source},
    ]


def _thread(name: str, permalink: str) -> Node:
    url = neutralize.link(permalink)
    label = neutralize.one_line(name, wording.THREAD_TITLE_LIMIT) or "Thread"
    text = _text(label, *([_link(url)] if url else []))
    return {"type": "listItem", "content": [{"type": "paragraph", "content": [text]}]}


def _heading(text: str) -> Node:
    return {"type": "heading", "attrs": {"level": 4}, "content": [_text(text)]}


def _text(text: str, *marks: Node) -> Node:
    return {"type": "text", "text": text, **({"marks": list(marks)} if marks else {})}


def _link(href: str) -> Node:
    return {"type": "link", "attrs": {"href": href}}


def _document(content: list[Node]) -> Node:
    return {"type": "doc", "version": 1, "content": content}


def _size(node: Node) -> int:
    return len(json.dumps(node, ensure_ascii=True)) + 2


def _begins(node: Node, marker: str) -> bool:
    return node.get("type") == "panel" and _links_to(node, _begin(marker))


def _ends(node: Node, marker: str) -> bool:
    """The link stands on our own name, so no permalink of a quote can pass for the end, whatever
    its fragment."""
    last = (node.get("content") or [{}])[-1]
    return (
        node.get("type") == "paragraph"
        and last.get("text") == _SIGNED
        and _links_to(last, _end(marker))
    )


def _links_to(node: Node, fragment: str) -> bool:
    return any(href.endswith("#" + fragment) for href in _hrefs(node))


def _hrefs(node: Node) -> Iterator[str]:
    for mark in node.get("marks") or []:
        if isinstance(mark, dict) and mark.get("type") == "link":
            yield str((mark.get("attrs") or {}).get("href", ""))
    for child in node.get("content") or []:
        if isinstance(child, dict):
            yield from _hrefs(child)


def _canonical(value: Any) -> Any:
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    if isinstance(value, dict):
        kept = {
            key: _canonical(item)
            for key, item in value.items()
            if key != "localId" and item is not None
        }
        return {key: item for key, item in kept.items() if item not in ({}, []) or key == "content"}
    return value

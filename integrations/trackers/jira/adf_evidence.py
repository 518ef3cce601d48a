"""What a block says to developers, as nodes of a document: where it happens and how often, error
messages, ways around, files."""

from __future__ import annotations

from collections.abc import Sequence

from integrations import neutralize
from integrations.tracker_contract import Draft
from integrations.trackers import wording
from integrations.trackers.jira.adf_nodes import Node, heading, linked_text, paragraph, text

_STRONG = {"type": "strong"}


def facts_nodes(draft: Draft) -> list[Node]:
    """How often it is said lately, and where it happens; empty where nothing is known."""
    nodes = [paragraph([text(wording.often_sentence(draft.often))])] if draft.often else []
    rows = [
        [
            text(f"{fact.label}:", _STRONG),
            text(" " + neutralize.one_line(wording.fact_values(fact), wording.FACT_MAX_CHARACTERS)),
        ]
        for fact in draft.facts
    ]
    return [*nodes, _bullets(rows)] if rows else nodes


def details_nodes(draft: Draft) -> list[Node]:
    """Error messages and logs, what people say helps, and what they attached."""
    nodes: list[Node] = []
    if draft.logs:
        nodes.append(heading(wording.LOGS_HEADING, 4))
        for log in draft.logs:
            words = neutralize.shorten(neutralize.clean(log), wording.LOG_SHOWN_CHARACTERS)
            nodes.append({"type": "codeBlock", "content": [text(words)]})
    tips = [
        neutralize.one_line(one, wording.QUOTE_MAX_CHARACTERS) for one in draft.workarounds if one
    ]
    if tips:
        nodes += [heading(wording.WORKAROUNDS_HEADING, 4), _bullets([[text(tip)] for tip in tips])]
    links = [(neutralize.link(url), wording.file_name(url)) for url in draft.files]
    files = [
        [linked_text(neutralize.one_line(name, wording.NAME_MAX_CHARACTERS) or "File", url)]
        for url, name in links
        if url
    ]
    if files:
        nodes += [heading(wording.FILES_HEADING, 4), _bullets(files)]
    return nodes


def _bullets(rows: Sequence[Sequence[Node]]) -> Node:
    items = [{"type": "listItem", "content": [paragraph(row)]} for row in rows]
    return {"type": "bulletList", "content": items}

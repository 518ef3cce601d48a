"""The description of one issue in Jira Cloud, as ``trackers/careful.py`` writes it.

A description is a document (ADF), but the changelog tells its versions as wiki markup. So an edit
that we overwrote is found there, and carried over by paragraphs: what a person did not touch keeps
its form, what a person wrote comes back as plain text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from integrations.tracker_contract import Draft
from integrations.trackers.careful import LostEdit
from integrations.trackers.carry_over import carry_over
from integrations.trackers.jira import adf, adf_nodes
from integrations.trackers.jira.adf_nodes import Node
from integrations.trackers.jira.changelog import Change, changes_of
from integrations.trackers.jira.issue_text import IssueEdits

_PANEL = "{panel"
_MARKUP_LINK = re.compile(r"\[([^\]|]*)\|[^\]]*\]")
_LINE_MARKUP = re.compile(r"^\s*(?:h[1-6]\.|[*#-]+(?=\s)|bq\.)\s*", re.MULTILINE)
_MACRO = re.compile(r"\{[a-z]+(?::[^}]*)?\}")
_PARAGRAPH_END = re.compile(r"\n[ \t]*\n")


class AdfText(IssueEdits[Node]):
    """A description as a document."""

    async def read(self) -> Node:
        """The document as it is now, in one answer with what happened to it so far."""
        await self.read_issue(with_changes=True)
        return self.fields.get("description") or adf_nodes.document([])

    async def write(self, text: Node) -> None:
        """Replace the document."""
        await self.put({"description": text})

    def merged(self, text: Node, draft: Draft) -> Node:
        """The document with our block brought up to date."""
        return adf.merged_description(text, draft)

    def same(self, text: Node, other: Node) -> bool:
        """Whether two documents say the same."""
        return adf_nodes.same(text, other)

    def note(self, text: Node, written: Node) -> str:
        """The last change that we knew of when we read."""
        histories = (self.issue.get("changelog") or {}).get("histories") or []
        numbers = [change.id for change in changes_of(histories, "description")]
        return json.dumps({"after": max(numbers, default=0)})

    async def lost(self, note: str) -> Sequence[LostEdit] | None:
        """What other accounts changed after we had read and before our write arrived."""
        try:
            last_known = int(json.loads(note)["after"])
        except (ValueError, TypeError, KeyError):
            return None
        changes = await self._api.changes(self._issue_id, "description")
        later = [change for change in changes if change.id > last_known]
        account = await self._api.account_id()
        own_places = [place for place, change in enumerate(later) if change.author == account]
        if not own_places:
            return None
        return self._edits(later[: own_places[-1]], account)

    def given_back(self, text: Node, edit: LostEdit) -> Node:
        """The document with an edit carried over into what stands around our block."""
        above, below = adf.content_around(list(text.get("content") or []), self.marker)
        block = text.get("content") or []
        block = block[len(above) : len(block) - len(below)]
        before, after = self._around(edit.before), self._around(edit.after)
        return adf_nodes.document(
            _carried(before[0], after[0], above) + block + _carried(before[1], after[1], below)
        )

    def _edits(self, changes: Sequence[Change], account: str) -> list[LostEdit]:
        """Those that touch more than our block."""
        return [
            LostEdit(change.author_name, change.created, change.before, change.after)
            for change in changes
            if change.author != account
            and self._around(change.before) != self._around(change.after)
        ]

    def _around(self, markup: str) -> tuple[str, str]:
        """What stands above and below our block in wiki markup: from its panel to the line of its
        signature."""
        begin = markup.find(f"#{self.marker}-begin")
        end = markup.find(f"#{self.marker}-end", max(begin, 0))
        if begin < 0 or end < 0:
            return markup, ""
        panel = markup.rfind(_PANEL, 0, begin)
        start = panel if panel >= 0 else markup.rfind("\n", 0, begin) + 1
        stop = markup.find("\n", end)
        return markup[:start], markup[stop:] if stop >= 0 else ""


def _carried(before: str, after: str, nodes: Sequence[Node]) -> list[Node]:
    """Nodes with the paragraphs that an edit added, and without those that it removed."""
    if before == after:
        return list(nodes)
    edited = _paragraphs(after)
    pieces = carry_over(
        [_words(one) for one in _paragraphs(before)],
        [_words(one) for one in edited],
        [_words(_node_text(node)) for node in nodes],
    )
    return [
        _plain_paragraph(edited[piece.place]) if piece.is_new else nodes[piece.place]
        for piece in pieces
    ]


def _paragraphs(markup: str) -> list[str]:
    return [part.strip("\n") for part in _PARAGRAPH_END.split(markup) if part.strip()]


def _words(markup: str) -> str:
    """The words of a paragraph alone, by which it is known in both forms."""
    plain = _MACRO.sub(" ", _LINE_MARKUP.sub("", _MARKUP_LINK.sub(r"\1", markup)))
    return " ".join(re.findall(r"\w+", plain))


def _node_text(node: Node) -> str:
    if node.get("type") == "text":
        return str(node.get("text", ""))
    if node.get("type") == "hardBreak":
        return "\n"
    inner = "".join(_node_text(child) for child in node.get("content") or [])
    return inner + "\n" if node.get("type") in ("paragraph", "listItem", "heading") else inner


def _plain_paragraph(markup: str) -> Node:
    content: list[Node] = []
    for line in markup.split("\n"):
        if content:
            content.append({"type": "hardBreak"})
        if line:
            content.append(adf_nodes.text(line))
    return adf_nodes.paragraph(content)

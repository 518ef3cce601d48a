"""What a block says to developers, in trackers whose tickets are text: where it happens and how
often, error messages, ways around, files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from integrations.tracker_contract import Draft
from integrations.trackers import wording


class EvidenceMarkup(Protocol):
    """What of a markup the evidence needs; see ``text_block.Markup``."""

    @property
    def bullet(self) -> str: ...
    @property
    def strong(self) -> Callable[[str], str]: ...
    @property
    def heading(self) -> Callable[[int, str], str]: ...
    @property
    def inline(self) -> Callable[[str, int], str]: ...
    @property
    def code(self) -> Callable[[str, int], str]: ...
    @property
    def link(self) -> Callable[[str, str], str]: ...
    @property
    def permalink(self) -> Callable[[str], str | None]: ...


def facts_lines(markup: EvidenceMarkup, draft: Draft) -> list[str]:
    """How often it is said lately, and where it happens; empty where nothing is known."""
    lines = ["", wording.often_sentence(draft.often)] if draft.often else []
    rows = []
    for fact in draft.facts:
        words = markup.inline(wording.fact_values(fact), wording.FACT_MAX_CHARACTERS)
        rows.append(f"{markup.bullet} {markup.strong(fact.label + ':')} {words}")
    return [*lines, "", *rows] if rows else lines


def details_lines(markup: EvidenceMarkup, draft: Draft) -> list[str]:
    """Error messages and logs, what people say helps, and what they attached."""
    lines: list[str] = []
    if draft.logs:
        lines += ["", markup.heading(4, wording.LOGS_HEADING)]
        for log in draft.logs:
            lines += ["", markup.code(log, wording.LOG_SHOWN_CHARACTERS)]
    lines += _bullets(
        markup,
        wording.WORKAROUNDS_HEADING,
        [markup.inline(one, wording.QUOTE_MAX_CHARACTERS) for one in draft.workarounds],
    )
    links = [(markup.permalink(url), wording.file_name(url)) for url in draft.files]
    named = [(url, markup.inline(name, wording.NAME_MAX_CHARACTERS)) for url, name in links if url]
    return lines + _bullets(
        markup, wording.FILES_HEADING, [markup.link(name or "File", url) for url, name in named]
    )


def _bullets(markup: EvidenceMarkup, heading: str, rows: Sequence[str]) -> list[str]:
    if not any(rows):
        return []
    return ["", markup.heading(4, heading), "", *(f"{markup.bullet} {row}" for row in rows if row)]

"""The description of a ticket in Jira Data Center: wiki markup, with the managed block between two
anchors."""

from __future__ import annotations

from integrations import neutralize
from integrations.tracker_contract import Draft
from integrations.trackers.text_block import Markup, merge, render

BODY_LIMIT = 32_767

MARKUP = Markup(
    limit=BODY_LIMIT,
    begin=lambda marker: f"{{anchor:{marker}-begin}}",
    end=lambda marker: f"{{anchor:{marker}-end}}",
    heading=lambda level, text: f"h{level}. {text}",
    strong=lambda text: f"*{text}*",
    small=lambda text: f"_{text}_",
    link=lambda label, url: f"[{label}|{url}]",
    bullet="*",
    quote=neutralize.wiki_quote,
    inline=neutralize.wiki_inline,
    permalink=neutralize.link,
)


def new_description(draft: Draft) -> str:
    """The description of a new ticket: the managed block alone."""
    return render(MARKUP, draft, BODY_LIMIT)


def merged_description(description: str | None, draft: Draft) -> str:
    """The description a ticket has, with the block in it brought up to date. Raises TrackerError
    ``body_full``."""
    return merge(MARKUP, description or "", draft)

"""A ticket's description in Jira Data Center: wiki markup, its block between two anchors."""

from __future__ import annotations

from integrations import neutralize
from integrations.tracker_contract import Draft
from integrations.trackers.jira.limits import JIRA_DESCRIPTION_MAX_CHARACTERS
from integrations.trackers.text_block import Markup, introduced, merge


def permalink(url: str) -> str | None:
    """A safe address; None where it is not http or https, or its host is an IPv6 number, whose
    bracket would end the link."""
    safe = neutralize.link(url)
    return safe if safe and "]" not in safe else None


WIKI_MARKUP = Markup(
    limit=JIRA_DESCRIPTION_MAX_CHARACTERS,
    begin=lambda marker: f"{{anchor:{marker}-begin}}",
    end=lambda marker: f"{{anchor:{marker}-end}}",
    heading=lambda level, text: f"h{level}. {text}",
    strong=lambda text: f"*{text}*",
    small=lambda text: f"_{text}_",
    link=lambda label, url: f"[{label}|{url}]",
    bullet="*",
    quote=neutralize.wiki_quote,
    inline=neutralize.wiki_inline,
    permalink=permalink,
    code=neutralize.wiki_quote,
    duplicate=lambda key: f"Duplicate of {key}.",
)


def new_description(draft: Draft) -> str:
    """The description of a new ticket: the managed block, below what its rule says."""
    return introduced(WIKI_MARKUP, draft, JIRA_DESCRIPTION_MAX_CHARACTERS)


def merged_description(description: str | None, draft: Draft) -> str:
    """The description a ticket has, with the block in it brought up to date. Raises TrackerError
    ``body_full``."""
    return merge(WIKI_MARKUP, description or "", draft)

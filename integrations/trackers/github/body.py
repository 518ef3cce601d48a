"""The text of a GitHub issue: Markdown, with the managed block between two hidden comments."""

from __future__ import annotations

import re

from integrations import neutralize
from integrations.text.markdown import markdown_to_text
from integrations.tracker_contract import Draft
from integrations.trackers.text_block import Markup, introduced, merge

GITHUB_BODY_MAX_CHARACTERS = 65_536
GITHUB_TITLE_MAX_CHARACTERS = 256

# A link to an issue makes GitHub write "mentioned this" into that issue. Its own redirecting host
# does not (Renovate and Dependabot link through it for the same reason).
_BACKLINKING_HOST = re.compile(
    r"^https?://(?:www\.)?github\.com(?=/[^/]+/[^/]+/(?:issues|pull|discussions|commit)/)", re.I
)


def marker_line(marker: str) -> str:
    """The hidden comment that begins a block, by which a ticket is recognised."""
    return f"<!-- {marker}:begin -->"


def permalink(url: str) -> str | None:
    """A safe address that leaves no backlink in the GitHub thread it leads to; None where it is not
    http or https."""
    safe = neutralize.link(url)
    return _BACKLINKING_HOST.sub("https://redirect.github.com", safe) if safe else None


GITHUB_MARKUP = Markup(
    limit=GITHUB_BODY_MAX_CHARACTERS,
    begin=marker_line,
    end=lambda marker: f"<!-- {marker}:end -->",
    heading=lambda level, text: f"{'#' * level} {text}",
    strong=lambda text: f"**{text}**",
    small=lambda text: f"<sub>{text}</sub>",
    link=lambda label, url: f"[{label}](<{url}>)",
    bullet="-",
    quote=neutralize.markdown_quote,
    inline=neutralize.markdown_inline,
    permalink=permalink,
    code=neutralize.markdown_code,
    duplicate=lambda key: f"Duplicate of #{key}",
)


def title(draft: Draft) -> str:
    """The title of a new issue."""
    return cut_title(draft.title)


def cut_title(words: str) -> str:
    """A title as GitHub holds it."""
    return neutralize.title(words, GITHUB_TITLE_MAX_CHARACTERS)


def new_body(draft: Draft) -> str:
    """The body of a new issue: the managed block, below what its rule says."""
    return introduced(GITHUB_MARKUP, draft, GITHUB_BODY_MAX_CHARACTERS)


def posted_text(draft: Draft) -> str:
    """What a new issue says, as the source for GitHub reads it."""
    return markdown_to_text(new_body(draft))


def merged_body(body: str, draft: Draft) -> str:
    """The body an issue has, with the block in it brought up to date. Raises TrackerError
    ``body_full``."""
    return merge(GITHUB_MARKUP, body, draft)

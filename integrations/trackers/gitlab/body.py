"""The text of a GitLab issue: Markdown, with the managed block between two hidden comments."""

from __future__ import annotations

from integrations import neutralize
from integrations.text.markdown import markdown_to_text
from integrations.tracker_contract import Draft
from integrations.trackers.gitlab import text
from integrations.trackers.text_block import Markup, introduced

GITLAB_BODY_MAX_CHARACTERS = 1_048_576
GITLAB_BLOCK_MAX_CHARACTERS = 60_000
"""More than that nobody reads in a ticket."""
GITLAB_TITLE_MAX_CHARACTERS = 255


def marker_line(marker: str) -> str:
    """The hidden comment that begins a block, by which a ticket is recognised."""
    return f"<!-- {marker}:begin -->"


GITLAB_MARKUP = Markup(
    limit=GITLAB_BODY_MAX_CHARACTERS,
    block_limit=GITLAB_BLOCK_MAX_CHARACTERS,
    begin=marker_line,
    end=lambda marker: f"<!-- {marker}:end -->",
    heading=lambda level, words: f"{'#' * level} {words}",
    strong=lambda words: f"**{words}**",
    small=lambda words: f"<sub>{words}</sub>",
    link=lambda label, url: f"[{label}](<{url}>)",
    bullet="-",
    quote=text.gitlab_quote,
    inline=text.gitlab_inline,
    permalink=neutralize.link,
    code=text.gitlab_code,
    duplicate=lambda key: f"Duplicate of {key if '#' in key else '#' + key}",
)


def cut_title(words: str) -> str:
    """A title as GitLab holds it."""
    return text.gitlab_title(words, GITLAB_TITLE_MAX_CHARACTERS)


def posted_text(draft: Draft) -> str:
    """What a new issue says, as the source for GitLab reads it."""
    return markdown_to_text(new_body(draft))


def new_body(draft: Draft) -> str:
    """The description of a new issue, below what its rule says, or our comment in one: the managed
    block."""
    return introduced(GITLAB_MARKUP, draft, GITLAB_BLOCK_MAX_CHARACTERS)

"""What a ticket of Gitea says. Its text is people's, since Gitea can neither be told "write only
where nobody wrote since" nor what stood there before; what the community says stands in one comment
of ours.
"""

from __future__ import annotations

import re

from integrations import neutralize
from integrations.neutralize import BREAK
from integrations.tracker_contract import Draft
from integrations.trackers import wording
from integrations.trackers.text_block import Markup, introduction, render

GITEA_TITLE_MAX_CHARACTERS = 255
GITEA_COMMENT_MAX_CHARACTERS = 60_000
# !1 is a pull request, :x: an emoji, and ABC-1 a ticket of an outer tracker.
_GITEA_REFERENCE = re.compile(
    r"!(?=\d)|:(?=[a-z+-][a-z0-9_+-]*:)|\b[A-Z]{1,10}-(?=[1-9])", re.IGNORECASE
)


def marker_line(marker: str) -> str:
    """The hidden comment by which a ticket and our comment are recognised."""
    return f"<!-- {marker}:begin -->"


def unreferenced(text: str) -> str:
    """Cleaned text in which nothing is a reference of Gitea's own; those that GitHub has as well
    are left to ``neutralize``."""
    return _GITEA_REFERENCE.sub(lambda match: match[0] + BREAK, neutralize.clean(text))


GITEA_MARKUP = Markup(
    limit=GITEA_COMMENT_MAX_CHARACTERS,
    begin=marker_line,
    end=lambda marker: f"<!-- {marker}:end -->",
    heading=lambda level, words: f"{'#' * level} {words}",
    strong=lambda words: f"**{words}**",
    small=lambda words: f"<sub>{words}</sub>",
    link=lambda label, url: f"[{label}](<{url}>)",
    bullet="-",
    quote=lambda text, limit: neutralize.markdown_quote(unreferenced(text), limit),
    inline=lambda text, limit: neutralize.markdown_inline(unreferenced(text), limit),
    permalink=neutralize.link,
    code=neutralize.markdown_code,
    duplicate=lambda key: f"Duplicate of #{key}",
)


def gitea_title(words: str) -> str:
    """A title as Gitea holds it."""
    return neutralize.title(unreferenced(words), GITEA_TITLE_MAX_CHARACTERS)


def new_issue_body(draft: Draft) -> str:
    """What a new issue says: where to look, and the marker."""
    page = neutralize.link(draft.theme_url)
    lead = f"**{wording.BLOCK_HEADING}**" + (f" ([theme page](<{page}>))" if page else "")
    return introduction(GITEA_MARKUP, draft) + (
        f"{marker_line(draft.marker)}\n{lead}: how many people say this, and what they say, is "
        "kept current in a comment below. This text is yours.\n"
        f"{GITEA_MARKUP.end(draft.marker)}"
    )


def comment_text(draft: Draft) -> str:
    """Our comment."""
    return render(GITEA_MARKUP, draft, GITEA_COMMENT_MAX_CHARACTERS)

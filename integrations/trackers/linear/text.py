"""What a ticket of Linear says. Its description is people's; what the community says stands in one
comment of ours, with Linear's own words and references broken in what people wrote.

Linear keeps texts as documents and gives them back as Markdown of its own, so texts are compared by
their words.
"""

from __future__ import annotations

import hashlib
import re
import uuid

from integrations import neutralize
from integrations.neutralize import BREAK
from integrations.tracker_contract import Draft
from integrations.trackers import wording
from integrations.trackers.text_block import Markup, introduction, render

LINEAR_TITLE_MAX_CHARACTERS = 255
LINEAR_COMMENT_MAX_CHARACTERS = 50_000
_IDENTIFIER = re.compile(r"\b([A-Za-z][A-Za-z0-9]{0,6}-)(?=\d)")
_LINEAR_HOST = re.compile(r"(?i)\b(linear)(?=\.app)")
_LINEAR_EMOJI = re.compile(r"(?i):(?=[a-z+-][a-z0-9_+-]*:)")
_COLLAPSIBLE = re.compile(r"^\+{3}", re.MULTILINE)


def unreferenced(text: str) -> str:
    """Cleaned text in which nothing is an issue, a page or an emoji of Linear; people and addresses
    are left to ``neutralize``."""
    cleaned = _IDENTIFIER.sub(lambda match: match[1] + BREAK, neutralize.clean(text))
    cleaned = _LINEAR_HOST.sub(lambda match: match[1] + BREAK, cleaned)
    cleaned = _LINEAR_EMOJI.sub(":" + BREAK, cleaned)
    return _COLLAPSIBLE.sub(f"+{BREAK}++", cleaned)


LINEAR_MARKUP = Markup(
    limit=LINEAR_COMMENT_MAX_CHARACTERS,
    # Linear keeps no hidden comments: the marker stands in the description.
    begin=lambda marker: "",
    end=lambda marker: "",
    heading=lambda level, words: f"{'#' * level} {words}",
    strong=lambda words: f"**{words}**",
    small=lambda words: f"_{words}_",
    link=lambda label, url: f"[{label}](<{url}>)",
    bullet="-",
    quote=lambda text, limit: neutralize.markdown_quote(unreferenced(text), limit),
    inline=lambda text, limit: neutralize.markdown_inline(unreferenced(text), limit),
    permalink=neutralize.link,
    code=neutralize.markdown_code,
    duplicate=lambda key: f"Duplicate of {key}",
)


def linear_title(words: str) -> str:
    """A title as Linear holds it."""
    return neutralize.title(unreferenced(words), LINEAR_TITLE_MAX_CHARACTERS)


def description(draft: Draft) -> str:
    """What a new issue says: where to look, and the marker by which it is found."""
    page = neutralize.link(draft.theme_url)
    lead = f"**{wording.BLOCK_HEADING}**"
    if page:
        lead += f" ([theme page](<{page}>))"
    return introduction(LINEAR_MARKUP, draft) + (
        f"{lead}: how many people say this, and what they say, is kept current in a comment below. "
        f"This text is yours.\n\n`{draft.marker}`"
    )


def comment_text(draft: Draft) -> str:
    """Our comment."""
    return render(LINEAR_MARKUP, draft, LINEAR_COMMENT_MAX_CHARACTERS).strip()


def says_the_same(text: str, other: str) -> bool:
    """Whether two texts have the same words in the same order."""
    return _words(text) == _words(other)


def comment_id(issue_id: str, marker: str, place: int) -> str:
    """The id of our comment about a theme in an issue, so that it is added once; ``place`` counts
    those that people deleted. It has the shape of a random one, which is what Linear takes."""
    digest = hashlib.sha256(f"{issue_id} {marker} {place}".encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.replace(BREAK, ""))

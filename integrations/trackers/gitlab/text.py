"""Quoting people in GitLab: what its Markdown does beyond GitHub's is broken as well.

Sources: "GitLab Flavored Markdown" (references, inline diff, placeholders, emoji), "Quick actions"
(a line that begins with a slash acts, in descriptions and comments, also through the API; GitLab
leaves code alone, but finds its end by lines of three backticks).
"""

from __future__ import annotations

import re

from integrations import neutralize
from integrations.neutralize import BREAK

_GITLAB_REFERENCE = re.compile(
    r"""[!&$](?=\d)          # a merge request, an epic, a snippet
    | [~%](?=[\w"'{])        # a label, a milestone or a placeholder
    | \*(?=iteration:)
    | :(?=[a-z+-][a-z0-9_+-]*:)  # an emoji; a time such as 12:30:45 is none
    | [{\[](?=[-+])          # an inline difference
    | \[(?=\[)              # a page of the wiki
    | \bGL-(?=\d)            # an issue
    """,
    re.VERBOSE | re.IGNORECASE,
)
_NAMED_REFERENCE = re.compile(r"\[(?=[a-z_]+:)", re.IGNORECASE)  # [vulnerability:1], [epic:a&1]
_ACTING_LINE = re.compile(r"^([ \t]*/)(?=[A-Za-z_]+(?:[ \t]|$))", re.MULTILINE)
_FENCE_LINE = re.compile(r"^([ \t]*)(?=```)", re.MULTILINE)


def broken_references(text: str) -> str:
    """Cleaned text in which nothing is a reference of GitLab's own; those that GitHub has as well
    are left to ``neutralize``."""
    cleaned = neutralize.clean(text)
    cleaned = _GITLAB_REFERENCE.sub(lambda match: match[0] + BREAK, cleaned)
    return _NAMED_REFERENCE.sub("[" + BREAK, cleaned)


def gitlab_title(text: str, limit: int) -> str:
    """A title, which GitLab shows with references and emoji."""
    return neutralize.title(broken_references(text), limit)


def gitlab_inline(text: str, limit: int) -> str:
    """Text for the middle of a line."""
    return neutralize.markdown_inline(broken_references(text), limit)


def gitlab_quote(text: str, limit: int) -> str:
    """A block quote; each of its lines begins with ``>``, so none is a quick action."""
    return neutralize.markdown_quote(broken_references(text), limit)


def gitlab_code(text: str, limit: int) -> str:
    """A code block in which no line can end it for GitLab's search of quick actions, or be one."""
    cleaned = _FENCE_LINE.sub(lambda match: match[1] + BREAK, neutralize.clean(text))
    return neutralize.markdown_code(inert_lines(cleaned), limit)


def gitlab_plain(text: str) -> str:
    """Plain text, as a comment that shows these very words."""
    return inert_lines(neutralize.markdown_plain(broken_references(text)))


def inert_lines(text: str) -> str:
    """Text without a line that begins like a quick action."""
    return _ACTING_LINE.sub(lambda match: match[1] + BREAK, text)

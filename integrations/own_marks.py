"""What a ticket or comment that we wrote carries, by which it is told from what people write."""

from __future__ import annotations

import re
from collections.abc import Iterable
from uuid import UUID

OWN_MARKER = re.compile(r"relay-[0-9a-f]{32}")
OWN_BLOCK_EDGE = re.compile(rf"<!-- {OWN_MARKER.pattern}:(?:begin|end) -->")
"""The hidden comments around our block; in quoted text of people they are neutralised."""
_OWN_LINE = re.compile(rf"^{OWN_BLOCK_EDGE.pattern}", re.MULTILINE)


def is_own_ticket(body: str, labels: Iterable[str] = ()) -> bool:
    """Whether a ticket is one that we wrote: by an edge of our block, or by a label of ours."""
    named = any(OWN_MARKER.fullmatch(label) for label in labels)
    return named or OWN_BLOCK_EDGE.search(body) is not None


def is_own_comment(body: str) -> bool:
    """Whether a comment is one that we wrote: by an edge of our block on a line of its own, which
    whoever quotes us does not have."""
    return _OWN_LINE.search(body) is not None


def reply_mark(key: UUID) -> str:
    """What an answer of ours carries on a line of its own, hidden from readers."""
    return f"<!-- relay-{key.hex}:end -->"

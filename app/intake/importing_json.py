"""Rows of one JSON document: an array of objects, or an object with one such array in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from app.errors import Invalid
from app.intake.importing_columns import has_text

NESTING_MAX = 4
"""How deep in objects the array may stand: ``{"data": {"repository": {"issues": {"nodes": [`` is
three objects below the first."""
ROW_ARRAYS = ("items", "data", "comments", "results", "nodes", "posts", "messages", "reviews")
"""Which of several arrays holds the rows, where one has such a name."""
_DECODER = json.JSONDecoder()
_BLANK = re.compile(r"[ \t\r\n]*")


def document_rows(content: str, name: str) -> Iterator[tuple[int, Any]]:
    """The line that each row begins at, and the row, of any JSON type.

    Raises Invalid (``json_unclear``) where nobody can tell which of several arrays is meant, and
    json.JSONDecodeError or RecursionError where the JSON ends or breaks.
    """
    start = _next(content, 0)
    if start == len(content):
        return
    if content[start] == "[":
        yield from _numbered(content, start)
        return
    value, _ = _DECODER.raw_decode(content, start)
    if not isinstance(value, dict) or has_text(value) or is_event(value):
        yield content.count("\n", 0, start) + 1, value
        return
    yield from _numbered_or_one(content, start, value, name)


def is_event(value: dict[str, Any]) -> bool:
    """Whether this is a body as the generic source takes it."""
    return str(value.get("type", "")).startswith("comment.") and "data" in value


def _numbered_or_one(
    content: str, start: int, value: dict[str, Any], name: str
) -> Iterator[tuple[int, Any]]:
    arrays = list(_arrays(content, start, NESTING_MAX))
    chosen = arrays if len(arrays) == 1 else [one for one in arrays if one[0] in ROW_ARRAYS]
    if len(chosen) == 1:
        yield from _numbered(content, chosen[0][1])
    elif arrays:
        listed = ", ".join(array_name for array_name, _ in arrays)
        raise Invalid(
            f"{name} holds several arrays ({listed}), and it is not clear which has the comments: "
            "keep that one alone.",
            reason="json_unclear",
        )
    elif not any(value.get(array_name) == [] for array_name in value):
        yield content.count("\n", 0, start) + 1, value


def _numbered(content: str, start: int) -> Iterator[tuple[int, Any]]:
    """The elements of the array at ``start``, with their lines."""
    line, counted = 1, 0
    position = _next(content, start + 1)
    while content[position : position + 1] != "]":
        line += content.count("\n", counted, position)
        counted = position
        value, end = _DECODER.raw_decode(content, position)
        yield line, value
        position = _after_comma(content, end, "]")


def _arrays(content: str, start: int, depth: int) -> Iterator[tuple[str, int]]:
    """Name and place of every array of objects in the object at ``start``."""
    position = _next(content, start + 1)
    while content[position : position + 1] != "}":
        name, end = _DECODER.raw_decode(content, position)
        position = _next(content, _next(content, end) + 1)
        value, end = _DECODER.raw_decode(content, position)
        if isinstance(value, list) and any(isinstance(element, dict) for element in value):
            yield str(name), position
        elif isinstance(value, dict) and depth:
            yield from _arrays(content, position, depth - 1)
        position = _after_comma(content, end, "}")


def _after_comma(content: str, end: int, closing: str) -> int:
    """Where the next element or the end is. Raises json.JSONDecodeError."""
    position = _next(content, end)
    mark = content[position : position + 1]
    if mark == ",":
        return _next(content, position + 1)
    if mark != closing:
        raise json.JSONDecodeError("Expecting ',' delimiter", content, position)
    return position


def _next(content: str, position: int) -> int:
    match = _BLANK.match(content, position)
    return match.end() if match else position

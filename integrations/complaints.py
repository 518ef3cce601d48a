"""What is wrong with a value that somebody sent or typed, in plain words: neither a pattern nor a
sentence of the library that checks reaches a person.

The library names every kind of error (https://docs.pydantic.dev/latest/errors/validation_errors/);
each has its words here, and one that is new says no more than that the value cannot be used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any, get_args

_SENTENCE_VERBS = ("should ", "is ", "are ", "must ", "has ", "have ", "cannot ", "does ")
_WORDS: Mapping[str, str] = {
    "missing": "is missing",
    "extra_forbidden": "is not a known field",
    "string_pattern_mismatch": "does not have the form that it should have",
    "string_unicode": "should be valid text in UTF-8",
    "string_not_ascii": "should hold ASCII characters only",
    "bool_type": "should be true or false",
    "bool_parsing": "should be true or false",
    "int_from_float": "should be a whole number",
    "int_parsing_size": "is too large a number",
    "finite_number": "should be a finite number",
    "none_required": "should be null",
    "path_type": "should be a path",
    "iterable_type": "should be a list",
    "iteration_error": "should be a list",
    "no_such_attribute": "is missing",
    "greater_than": "should be more than {gt}",
    "greater_than_equal": "should be at least {ge}",
    "less_than": "should be less than {lt}",
    "less_than_equal": "should be at most {le}",
    "multiple_of": "should be a multiple of {multiple_of}",
    "string_too_short": "should have at least {min_length} character(s)",
    "string_too_long": "should have at most {max_length} characters",
    "bytes_too_short": "should have at least {min_length} byte(s)",
    "bytes_too_long": "should have at most {max_length} bytes",
    "too_short": "should have at least {min_length} entries",
    "too_long": "should have at most {max_length} entries",
    "literal_error": "should be {expected}",
    "enum": "should be {expected}",
}
_FAMILIES: Sequence[tuple[str, str]] = (
    ("string", "should be a text"),
    ("int", "should be a whole number"),
    ("float", "should be a number"),
    ("decimal", "should be a number"),
    ("complex", "should be a number"),
    ("dict", "should be an object"),
    ("mapping", "should be an object"),
    ("model", "should be an object"),
    ("dataclass", "should be an object"),
    ("arguments", "should be an object"),
    ("list", "should be a list"),
    ("tuple", "should be a list"),
    ("set", "should be a list"),
    ("frozen_set", "should be a list"),
    ("json", "should be JSON"),
    ("uuid", "should be an id, such as 0d6f9f3e-8c1b-4d53-9b1f-5a1a6f1ca001"),
    ("url", "should be a web address, such as https://forum.example.com"),
    ("datetime", "should be an ISO 8601 time, such as 2026-11-02T09:15:00Z"),
    ("timezone", "should be an ISO 8601 time with its offset from UTC"),
    ("date", "should be a date, such as 2026-11-02"),
    ("time", "should be a length of time in seconds"),
    ("bytes", "should be a text"),
)
"""The rest of the library's kinds, by how their names begin."""


def complaint(problem: Mapping[str, Any], example: object = None) -> str:
    """One error of a ``ValidationError`` as the rest of a sentence that begins with the field's
    name; ``example`` is a value that would do. The value that was sent is never repeated.

    >>> complaint({"type": "int_parsing", "msg": "Input should be a valid integer, unable to ..."})
    'should be a whole number'
    """
    kind = str(problem["type"])
    if kind in ("value_error", "assertion_error") or kind not in _library_kinds():
        return _ours(problem)
    words = _words(kind, problem.get("ctx") or {})
    if example and kind != "missing":
        return f"{words}, such as {example}" if "such as" not in words else words
    return f"{words} (such as {example})" if example else words


def _words(kind: str, limits: Mapping[str, Any]) -> str:
    words = _WORDS.get(kind, "")
    if words:
        try:
            sentence = words.format_map(limits)
        except KeyError:
            return "cannot be used"
        return sentence.replace("least 1 character(s)", "least one character").replace("(s)", "s")
    for beginning, sentence in _FAMILIES:
        if kind.startswith(f"{beginning}_"):
            return sentence
    return "cannot be used"


def _ours(problem: Mapping[str, Any]) -> str:
    """What a check of our own says."""
    message = str(problem["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    message = message.rstrip(".")
    if message.startswith(_SENTENCE_VERBS):
        return message
    return f"cannot be used ({message[:1].lower() + message[1:]})"


@cache
def _library_kinds() -> frozenset[str]:
    from pydantic_core.core_schema import ErrorType

    return frozenset(get_args(ErrorType))


def unknown_names(names: Sequence[str], declared: Sequence[str], noun: str) -> str:
    """A sentence about names that nobody declared, with the nearest one and all there are; blank
    where every name is known."""
    unknown = sorted(set(names) - set(declared))
    if not unknown:
        return ""
    sentence = f"there is no {noun} {', '.join(unknown)}"
    nearest = get_close_matches(unknown[0], declared, 1)
    if nearest:
        sentence += f" (did you mean {nearest[0]}?)"
    declared_names = ", ".join(sorted(declared))
    return (
        f"{sentence}; there are: {declared_names}"
        if declared_names
        else f"{sentence}; there are none"
    )

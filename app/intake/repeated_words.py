"""Finds stored requests that repeat a comment without having become one: ignored on purpose,
unknown, or failed. When the comment is taken back, they must not keep what it said.

Nothing says of which comment such a request speaks, so it is looked into: for the comment's id
beside words, and for its text.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from app.storage.db import Connection
from app.storage.rows import fetch_all

PHRASE_WORDS_LEAST = 4
"""Fewer words in a row are said by many."""
DISTINCT_ID_CHARACTERS = 8
"""An id of that length is nothing else's number by chance, wherever it stands."""
NEEDLE_CHARACTERS_LEAST = 4
BODIES_READ_AT_ONCE = 200
NEWEST_ID = 2**63 - 1
_BEFORE_NUMBERS = ('":', '": ', "%22%3A", "%22%3a", "%22%3A+", "%22%3A%20", "=")
"""What stands before a number in JSON, in JSON that a form holds, and in a form."""
WORDED_KEYS = frozenset(
    "body comment content cooked description html message raw subject text title".split()
)
"""Where platforms put what somebody wrote; an object with an id and one of these is a comment."""

# Bytes are searched first, which is quick; what they find is read.
SELECT_REPEATING_BODIES = """
    select d.id, d.body from delivery d
    where d.source_id = %(source)s and d.id < %(below)s
      and d.stage in ('ignored', 'unknown', 'failed') and d.body <> ''
      and exists (
          select from unnest(%(needles)s::bytea[]) as n(needle)
          where position(n.needle in d.body) > 0
      )
    order by d.id desc limit %(limit)s
"""
EMPTY_REPEATING_BODIES = """
    update delivery set body = '', reason = %(reason)s, detail = %(detail)s
    where id = any(%(ids)s::bigint[]) and stage in ('ignored', 'unknown', 'failed')
"""


@dataclass(frozen=True, slots=True)
class GoneComment:
    """What a source no longer says: the ``texts`` of a comment, and the comment as a whole where it
    was ``deleted``."""

    source_id: uuid.UUID
    external_id: str
    deleted: bool
    texts: Sequence[str]

    @property
    def ids(self) -> frozenset[str]:
        """How its id may stand in a request: whole, or without the kind in front (``post:7``)."""
        if not self.deleted:
            return frozenset()
        return frozenset({self.external_id, self.external_id.rpartition(":")[2]}) - {""}

    @property
    def needles(self) -> list[bytes]:
        """Bytes of which a request that speaks of it holds at least one."""
        needles = {written for id_ in self.ids for written in _id_as_written(id_)}
        for text in self.texts:
            words = sorted(re.findall(r"\w+", text), key=len, reverse=True)
            if words and len(words[0]) >= NEEDLE_CHARACTERS_LEAST:
                needles.update(_as_written(words[0]))
        return sorted(needles)


@dataclass(frozen=True, slots=True)
class _RepeatingBody:
    id: int
    body: bytes


async def empty_repeating_bodies(
    connection: Connection, gone: Sequence[GoneComment], reason: str, detail: str
) -> None:
    """Empty the bodies of requests that repeat these comments, and say why."""
    by_source: dict[uuid.UUID, list[GoneComment]] = {}
    for comment in gone:
        by_source.setdefault(comment.source_id, []).append(comment)
    for source_id, comments in sorted(by_source.items()):
        needles = sorted({needle for comment in comments for needle in comment.needles})
        if not needles:
            continue
        values = {"source": source_id, "needles": needles, "limit": BODIES_READ_AT_ONCE}
        below = NEWEST_ID
        while True:
            bodies = await fetch_all(
                connection, SELECT_REPEATING_BODIES, {**values, "below": below}, of=_RepeatingBody
            )
            ids = [body.id for body in bodies if repeats(bytes(body.body), comments)]
            if ids:
                emptied = {"ids": ids, "reason": reason, "detail": detail}
                await connection.execute(EMPTY_REPEATING_BODIES, emptied)
            if len(bodies) < BODIES_READ_AT_ONCE:
                break
            below = bodies[-1].id


def repeats(body: bytes, comments: Sequence[GoneComment]) -> bool:
    """Whether a request speaks of one of these comments, by its id or in its words."""
    content = _content(body)
    ids = frozenset[str]().union(*(comment.ids for comment in comments))
    if any(_names(part, ids) for part in _objects(content)):
        return True
    phrases = [
        phrase
        for comment in comments
        for phrase in map(_plain, comment.texts)
        if len(phrase.split()) >= PHRASE_WORDS_LEAST
    ]
    return bool(phrases) and any(
        phrase in plain_text for plain_text in map(_plain, _strings(content)) for phrase in phrases
    )


def _names(part: Mapping[str, Any], ids: frozenset[str]) -> bool:
    """Whether an object is about one of these ids: it has words beside it, or the id is long."""
    has_words = any(isinstance(part.get(key), str) and part[key] for key in WORDED_KEYS)
    for key, value in part.items():
        if isinstance(value, bool) or not isinstance(value, str | int):
            continue
        text = str(value)
        if text in ids and (
            len(text) >= DISTINCT_ID_CHARACTERS or (has_words and _is_id_key(str(key)))
        ):
            return True
    return False


def _is_id_key(key: str) -> bool:
    return key.lower() in ("id", "ts", "number") or key.lower().endswith(("_id", "_ts"))


def _content(body: bytes) -> Any:
    """A request as JSON, in a form's fields where it is a form, else as text."""
    text = body.decode("utf-8", "replace").lstrip("\ufeff")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    fields = dict(parse_qsl(text))
    content = []
    for value in fields.values():
        try:
            content.append(json.loads(value))
        except (ValueError, RecursionError):
            content.append(value)
    return content or text


def _objects(content: Any) -> Iterator[Mapping[str, Any]]:
    """Every object in JSON, however deep; without recursion, since the sender chose the depth."""
    waiting = [content]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            yield part
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)


def _strings(content: Any) -> Iterator[str]:
    waiting = [content]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict):
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)


def _plain(text: str) -> str:
    """The words of a text with a space on both sides of each, so that phrases are found whole."""
    words = re.findall(r"\w+", re.sub(r"<[^<>]*>", " ", text).casefold())
    return f" {' '.join(words)} "


def _id_as_written(id_: str) -> set[bytes]:
    """The bytes that an id is found by. A short number is a part of many others, so it is looked
    for as a value: behind a name, or in quotes."""
    if len(id_) >= DISTINCT_ID_CHARACTERS or not (id_.isascii() and id_.isdecimal()):
        return _as_written(id_)
    quoted = (f'"{id_}"', f"%22{id_}%22")
    return {text.encode() for text in (*quoted, *(before + id_ for before in _BEFORE_NUMBERS))}


def _as_written(word: str) -> set[bytes]:
    """The bytes of a word as JSON may hold it: plain, or escaped in either case."""
    escaped = json.dumps(word)[1:-1]
    upper = re.sub(r"(?<=\\u)[0-9a-f]{4}", lambda digits: digits[0].upper(), escaped)
    return {word.encode("utf-8", "replace"), escaped.encode(), upper.encode()}

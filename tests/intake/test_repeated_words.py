"""Requests that became no comment keep nothing of one that was taken back."""

from __future__ import annotations

import json
import uuid
from typing import Any
from urllib.parse import urlencode

import pytest

from app.intake import repeated_words
from app.intake.repeated_words import GoneComment, repeats
from tests.scenes.forum import Forum

SPOKEN = "Qu\u00e9b\u00e9c's invoices vanish whenever Tabea exports them"
SOURCE = uuid.UUID(int=1)
SET_ASIDE = """
    update delivery set stage = %s, reason = 'as_it_was'
    where id > (select min(id) from delivery)
"""


def gone(
    external_id: str = "post:71", deleted: bool = True, texts: tuple[str, ...] = (SPOKEN,)
) -> GoneComment:
    return GoneComment(SOURCE, external_id, deleted, texts)


def as_bytes(content: Any) -> bytes:
    return json.dumps(content).encode()


@pytest.mark.parametrize(
    "body",
    [
        as_bytes({"note": {"quoted": f"<p>{SPOKEN}</p>"}}),
        as_bytes({"post": {"id": 71, "raw": "something newer"}}),
        as_bytes([{"message": {"post_id": "71", "text": "something newer"}}]),
        as_bytes({"about": "post:1730538900.000100"}),
        urlencode({"payload": json.dumps({"text": SPOKEN})}).encode(),
        f"no JSON at all: {SPOKEN}".encode(),
        b"\xef\xbb\xbf" + as_bytes({"text": SPOKEN}),
    ],
)
def test_a_request_that_speaks_of_it_is_known(body: bytes) -> None:
    comments = [gone(), gone("post:1730538900.000100", texts=())]
    assert repeats(body, comments)
    assert any(needle in body for comment in comments for needle in comment.needles)


@pytest.mark.parametrize(
    "body",
    [
        as_bytes({"likes": 71, "text": "somebody else's words"}),
        as_bytes({"user": {"id": 71, "name": "nobody"}}),
        as_bytes({"post": {"id": 72, "raw": "invoices vanish"}}),
        b"",
        b"[" * 100_000,
    ],
)
def test_another_request_is_left_alone(body: bytes) -> None:
    assert not repeats(body, [gone()])


def test_an_edit_is_known_by_its_words_alone() -> None:
    edited = gone(deleted=False)
    assert not repeats(as_bytes({"id": "71", "text": "what it says now"}), [edited])
    assert repeats(as_bytes({"id": "71", "text": SPOKEN}), [edited])


def test_few_words_are_said_by_many() -> None:
    assert not repeats(as_bytes({"text": "It crashes"}), [gone(texts=("It crashes",))])


@pytest.mark.parametrize("stage", ["ignored", "unknown", "failed"])
async def test_a_deletion_empties_what_became_no_comment(forum: Forum, stage: str) -> None:
    comment = await forum.say(SPOKEN, "tabea")
    await forum.deliver({"type": f"{stage}.of.it", "data": {"quote": SPOKEN}})
    await forum.deliver(
        {"type": "of.another", "data": {"quote": "dark mode would be nice to have"}}
    )
    await forum.work()
    async with forum.database.transaction() as connection:
        await connection.execute(SET_ASIDE, [stage])
    await forum.deliver({"type": "comment.deleted", "data": {"id": comment["id"]}})
    await forum.work()
    rows = await forum.rows("select body, stage, reason from delivery order by id")
    assert (bytes(rows[1]["body"]), rows[1]["stage"]) == (b"", stage)
    assert rows[1]["reason"] == "taken_back"
    assert rows[2]["reason"] == "as_it_was"
    assert bytes(rows[2]["body"]) != b""


async def test_every_request_is_looked_through(
    forum: Forum, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many hold one of its words."""
    monkeypatch.setattr(repeated_words, "BODIES_READ_AT_ONCE", 2)
    comment = await forum.say(SPOKEN, "tabea")
    await forum.deliver({"type": "first.of.all", "data": {"quote": SPOKEN}})
    for number in range(5):
        await forum.deliver({"type": "of.another", "data": {"note": f"{number} invoices"}})
    await forum.work()
    await forum.deliver({"type": "comment.deleted", "data": {"id": comment["id"]}})
    await forum.work()
    rows = await forum.rows("select body <> '' as stays from delivery order by id")
    assert [row["stays"] for row in rows] == [False, False, *[True] * 5, False]


def test_a_short_number_is_not_found_in_longer_ones() -> None:
    body = as_bytes({"at": "2026-11-02T09:71:00Z", "author": "x71", "size": 1710})
    assert not any(needle in body for needle in gone(texts=()).needles)

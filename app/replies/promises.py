"""What the team said that it would do, until it is kept or taken back."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from app.errors import Conflict, Invalid, NotFound
from app.models.states import PromiseState
from app.storage.db import Connection
from app.storage.rows import fetch_one, fetch_value

PROMISE_WORDS_MAX_CHARACTERS = 2_000
MADE_TO_MAX_CHARACTERS = 200

INSERT_PROMISE = """
    insert into promise
        (product_id, theme_id, comment_id, reply_id, made_to, words, promised_by, due_on)
    values (%(product)s, %(theme)s, %(comment)s, %(reply)s, %(made_to)s, %(words)s, %(by)s, %(due)s)
    returning id
"""
SELECT_COMMENT_ADDRESSEE = """
    select product_id, id as comment_id, theme_id from comment where id = %s and deleted_at is null
"""
SELECT_REPLY_ADDRESSEE = "select product_id, comment_id, theme_id from reply where id = %s"
SELECT_PROMISING_PRODUCT = "select id from product where id = %s"
LOCK_PROMISE = "select id, state from promise where id = %s for update"
SETTLE_PROMISE = """
    update promise
    set state = %(state)s, settled_at = case when %(state)s <> 'open' then now() end,
        settled_by = case when %(state)s <> 'open' then %(actor)s else '' end,
        evidence = %(evidence)s
    where id = %(promise)s
"""


@dataclass(frozen=True, slots=True)
class NewPromise:
    """A promise that is to be written down: to whoever wrote ``comment_id``, to whoever
    ``reply_id`` answers, or to ``made_to`` in the product."""

    words: str
    promised_by: str
    due_on: date | None = None
    comment_id: int | None = None
    reply_id: uuid.UUID | None = None
    made_to: str = ""
    product_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class _Addressee:
    product_id: uuid.UUID
    comment_id: int | None
    theme_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class _LockedPromise:
    id: int
    state: PromiseState


async def make_promise(connection: Connection, new: NewPromise) -> int:
    """Write a promise down; returns its number. Raises NotFound, Invalid (``promise_empty``,
    ``promise_to_nobody``, ``text_too_long``)."""
    words = new.words.strip()
    if not words:
        raise Invalid("Say what was promised.", reason="promise_empty")
    if len(words) > PROMISE_WORDS_MAX_CHARACTERS or len(new.made_to) > MADE_TO_MAX_CHARACTERS:
        raise Invalid(
            f"A promise has {PROMISE_WORDS_MAX_CHARACTERS:,} characters at most, and a name "
            f"{MADE_TO_MAX_CHARACTERS}.",
            reason="text_too_long",
        )
    addressee = await _addressee(connection, new)
    values = {
        "product": addressee.product_id,
        "theme": addressee.theme_id,
        "comment": addressee.comment_id,
        "reply": new.reply_id,
        "made_to": new.made_to.strip(),
        "words": words,
        "by": new.promised_by,
        "due": new.due_on,
    }
    return int(await fetch_value(connection, INSERT_PROMISE, values))


async def settle_promise(
    connection: Connection,
    promise_id: int,
    state: PromiseState,
    *,
    actor: str,
    evidence: str = "",
) -> None:
    """Say that a promise was kept (``evidence``: the address where that is seen), is withdrawn, or
    stands after all. Raises NotFound, Invalid (``evidence_invalid``), Conflict
    (``promise_settled``)."""
    checked = _checked_address(evidence)
    promise = await fetch_one(connection, LOCK_PROMISE, [promise_id], of=_LockedPromise)
    if promise is None:
        raise NotFound("There is no promise of this number.", reason="promise_not_found")
    if promise.state is state:
        raise Conflict(
            f"Somebody was faster: the promise is {state} already.", reason="promise_settled"
        )
    values = {"promise": promise_id, "state": state, "actor": actor, "evidence": checked}
    await connection.execute(SETTLE_PROMISE, values)


async def _addressee(connection: Connection, new: NewPromise) -> _Addressee:
    if new.reply_id is not None:
        answered = await fetch_one(
            connection, SELECT_REPLY_ADDRESSEE, [new.reply_id], of=_Addressee
        )
        if answered is None:
            raise NotFound("There is no answer with this id.", reason="reply_not_found")
        return answered
    if new.comment_id is not None:
        comment = await fetch_one(
            connection, SELECT_COMMENT_ADDRESSEE, [new.comment_id], of=_Addressee
        )
        if comment is None:
            raise NotFound(f"There is no comment {new.comment_id}.", reason="comment_not_found")
        return comment
    if not new.made_to.strip():
        raise Invalid(
            "Say to whom: name a comment, an answer, or somebody.", reason="promise_to_nobody"
        )
    product_id = await fetch_value(connection, SELECT_PROMISING_PRODUCT, [new.product_id])
    if product_id is None:
        raise NotFound("There is no product with this id.", reason="product_not_found")
    return _Addressee(product_id, None, None)


def _checked_address(text: str) -> str:
    """An address that a page may link to, or nothing. Raises Invalid (``evidence_invalid``)."""
    address = text.strip()
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = urlsplit("")
    is_address = parts.scheme in ("http", "https") and bool(parts.netloc)
    if address and (not is_address or len(address) > PROMISE_WORDS_MAX_CHARACTERS):
        raise Invalid(
            "Where it can be seen is an address that begins with https://.",
            reason="evidence_invalid",
        )
    return address

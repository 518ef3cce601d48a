"""One of everything that the API can name, in the state in which each operation does its work."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

from app.models.states import TicketState
from app.setup import api_tokens
from app.setup.sources import rotate_secret
from app.storage.db import Connection, Database
from app.storage.vault import Vault
from app.triage import decisions
from tests.scenes.reading import (
    add_author,
    add_comment,
    add_delivery,
    add_product,
    add_source,
    add_theme,
    add_ticket,
    one,
)

ADD_TRACKER = """
    insert into tracker (id, product_id, type, name, settings, credentials)
    values (%s, %s, 'github', 'Repository', %s, %s)
"""
TOKEN = "ghp_" + "x" * 36
UNREACHABLE = {"repository": "example/desktop", "base_url": "http://127.0.0.1:1"}
ADD_SUGGESTION = """
    insert into theme_suggestion (product_id, theme_id, other_id, score) values (%s, %s, %s, 0.7)
    returning id
"""
ADD_MODEL = """
    insert into product_model (product_id, what, number, weights, settings, status, activated_at)
    values (%s, 'kind', %s, '', %s, %s, case when %s = 'active' then now() end)
"""
NAME_THE_FORUM = """
    update source set settings = '{"base_url": "https://forum.example"}' where id = %s
"""
ADD_REPLY_ACCOUNT = "insert into source_replies (source_id, credentials) values (%s, %s)"
ADD_REPLY = """
    insert into reply (id, product_id, theme_id, source_id, thread, comment_id, meaning, text)
    values (gen_random_uuid(), %s, %s, %s, '7', %s, 'free', 'Done: {title}') returning id
"""
ADD_PROMISE = """
    insert into promise (product_id, comment_id, words) values (%s, %s, 'A guide') returning id
"""
ADD_ACCOUNT_LINK = """
    insert into account_link (product_id, low_id, high_id) values (%s, %s, %s) returning id
"""
ADD_NOTE = "insert into person_note (author_id, text) values (%s, 'Knows a lot.') returning id"
ADD_SUBSCRIPTION = """
    insert into digest_subscription (id, channel, address, shown)
    values (gen_random_uuid(), 'email', %s, 'kim@example.org') returning id
"""
ADD_SPIKE = """
    insert into spike (product_id, sort, subject, theme_id, day, people, expected)
    values (%s, 'theme', %s, %s, '2026-11-12', 14, 2.1) returning id
"""
MARK_DONE = "update ticket set status = 'done' where theme_id = %s"
ADD_HISTORY = "insert into source_history (source_id, cursor) values (%s, '{}')"
ADD_USER = """
    insert into user_account (id, email, name, password_hash)
    values (gen_random_uuid(), %s, 'Ada', 'nobody knows it') returning id
"""
LEARNED = json.dumps({"unsure_below": 0.6, "empty": False, "shifts": {"join": {}, "suggest": {}}})


@dataclass(frozen=True)
class Everything:
    """Ids by the names that paths and bodies have for them; ``decided`` is an ignored theme whose
    ticket is done, ``fetching`` a source whose history is being fetched."""

    ids: dict[str, object]
    decided: str
    fetching: str

    def for_path(self, operation: str) -> dict[str, object]:
        """The ids for the path of an operation."""
        if operation in ("reopen_theme", "mark_told"):
            return self.ids | {"theme_id": self.decided}
        if operation in ("write_reply", "set_replies_wanted"):
            return self.ids | {"comment_id": self.ids["answered_id"]}
        if operation in ("assign_question", "link_answer", "unlink_answer"):
            return self.ids | {"comment_id": self.ids["question_id"]}
        if operation == "cancel_source_history":
            return self.ids | {"source_id": self.fetching}
        return self.ids

    def in_body(self, operation: str, body: Any) -> Any:
        """The body of an operation, with the ids of what exists."""
        if not isinstance(body, dict):
            return body
        other = self.ids["other_id"]
        named = {
            "product_id": self.ids["product_id"],
            "theme_ids": [other],
            "ids": [other],
            "comment_ids": [self.ids["comment_id"]],
            "theme_id": other if operation == "move_comment" else self.ids["theme_id"],
            "user_id": self.ids["user_id"],
            "question_id": self.ids["like_id"],
            "comment_id": self.ids["comment_id"],
            "reply_id": None,
            "evidence": "",
            "words": "A guide",
            "one_id": self.ids["person_id"],
            "other_id": self.ids["lone_id"],
            "version": None,
            "tickets_of": None,
            "name": f"Named {self.decided}",
        }
        if operation == "settle_promise":
            named |= {"state": "kept"}
        if operation == "promote_model":
            named |= {"what": "kind", "number": 1}
        if operation == "create_tracker":
            named |= {"credentials": {"token": TOKEN}}
        if operation == "set_source_credentials":
            named |= {"credentials": {"api_key": TOKEN, "api_username": "ada"}}
        if operation == "try_source_settings":
            named |= {"settings": {"base_url": "https://forum.example"}}
        if operation == "answer_suggestions":
            named |= {"ids": [self.ids["suggestion_id"]]}
        if operation in ("save_routing_rules", "try_routing_rules"):
            named |= {"rules": [{"name": "All", "tracker_id": self.ids["tracker_id"]}]}
        if operation == "merge_many_themes":
            named |= {"theme_ids": [self.ids["theme_id"], other], "into": None, "versions": {}}
        if operation == "roll_back_model":
            named |= {"what": "kind"}
        return {key: named.get(key, value) for key, value in body.items()}


async def add_everything(database: Database, vault: Vault) -> Everything:
    """A product of its own with one of everything."""
    async with database.transaction() as connection:
        return await _add(connection, vault)


async def _add(connection: Connection, vault: Vault) -> Everything:
    name = uuid.uuid4().hex[:12]
    product = await add_product(connection, f"product-{name}")
    source = await add_source(connection, product)
    await rotate_secret(connection, vault, source)
    fetching = await add_source(connection, product, "Fetching")
    for polled in (source, fetching):
        await connection.execute("insert into source_poll (source_id) values (%s)", [polled])
    await connection.execute(ADD_HISTORY, [fetching])
    tracker = uuid.uuid4()
    credentials = vault.encrypt_fields({"token": TOKEN})
    await connection.execute(ADD_TRACKER, [tracker, product, json.dumps(UNREACHABLE), credentials])
    await connection.execute(NAME_THE_FORUM, [source])
    theme = await add_theme(connection, product, mentions=2)
    other = await add_theme(connection, product, "Near")
    decided = await add_theme(connection, product, "Decided")
    delivery = await add_delivery(connection, product, source, body=b"\xff\x00", query={"a": "b"})
    comment = await add_comment(
        connection,
        product,
        source,
        theme_id=theme,
        vector=[1, 0],
        delivery_id=delivery,
        visibility="private",
    )
    await add_comment(connection, product, source, theme_id=theme, vector=[1, 0.2])
    author = await add_author(connection, product, "ada")
    answered = await add_comment(
        connection,
        product,
        source,
        theme_id=other,
        vector=[0.8, 0.1],
        thread_id="7",
        author_id=author,
    )
    await add_comment(connection, product, source, theme_id=other, vector=[0.9, 0.1])
    await add_comment(connection, product, source, theme_id=decided, vector=[0, 1])
    ticket = await add_ticket(
        connection, product, theme, tracker, state=TicketState.blocked, reason="invalid_request"
    )
    await add_ticket(connection, product, decided, tracker, state=TicketState.created)
    await connection.execute(MARK_DONE, [decided])
    suggestion = await one(connection, ADD_SUGGESTION, product, theme, other)
    action = await decisions.ignore(connection, decided, actor="user:ada", reason="Done.")
    for number, status in ((1, "candidate"), (2, "active")):
        await connection.execute(ADD_MODEL, [product, number, LEARNED, status, status])
    reply = await one(connection, ADD_REPLY, product, other, source, answered)
    key = vault.encrypt_fields({"api_key": "a-key", "api_username": "team"})
    await connection.execute(ADD_REPLY_ACCOUNT, [source, key])
    question, like = [
        await add_comment(connection, product, source, "How?", kind="question", thread_id=thread)
        for thread in ("q1", "q2")
    ]
    promise = await one(connection, ADD_PROMISE, product, question)
    subscription = await one(connection, ADD_SUBSCRIPTION, vault.encrypt("kim@example.org"))
    spike = await one(connection, ADD_SPIKE, product, str(theme), theme)
    user = await one(connection, ADD_USER, f"{name}@example.org")
    linked = await add_author(connection, product, "adam")
    lone = await add_author(connection, product, "eve")
    link = await one(connection, ADD_ACCOUNT_LINK, product, author, linked)
    note = await one(connection, ADD_NOTE, author)
    token, _ = await api_tokens.create_token(connection, name, ["read"])
    ids: dict[str, object] = {
        "product_id": str(product),
        "source_id": str(source),
        "tracker_id": str(tracker),
        "theme_id": str(theme),
        "other_id": str(other),
        "comment_id": comment,
        "ticket_id": str(ticket),
        "reply_id": str(reply["id"]),
        "answered_id": answered,
        "question_id": question,
        "like_id": like,
        "promise_id": promise["id"],
        "person_id": author,
        "lone_id": lone,
        "link_id": link["id"],
        "note_id": note["id"],
        "spike_id": spike["id"],
        "subscription_id": str(subscription["id"]),
        "period": "2026-W46",
        "delivery_id": delivery,
        "suggestion_id": suggestion["id"],
        "action_id": action,
        "user_id": str(user["id"]),
        "token_id": str(token.id),
    }
    return Everything(ids, str(decided), str(fetching))

"""Real messages of Discord give the comments that a reader of them expects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from integrations.contract import PayloadError
from integrations.source_contract import EventType
from tests.contract.reading_samples import comments_in, each_sample, holders, outcome_of, sample


def is_message(value: dict[str, Any]) -> bool:
    return {"id", "channel_id", "author", "content"} <= set(value)


@pytest.mark.parametrize("path", each_sample("discord"))
def test_every_sample_is_read_or_left_alone(path: Path) -> None:
    body = sample(path)
    assert isinstance(body, dict | list)
    for message in holders(body, is_message):
        edited = bool(message.get("edited_timestamp"))
        name = "MESSAGE_UPDATE" if edited else "MESSAGE_CREATE"
        delivery = {"t": name, "d": {"guild_id": "1", **message}}
        if message.get("type", 0) not in (0, 19, 20, 23):
            assert outcome_of("discord", delivery) == "ignored"
            continue
        (comment,) = comments_in("discord", delivery, keep_private=True)
        assert comment.external_id == message["id"]
        assert comment.type is (EventType.edited if edited else EventType.created)
        assert comment.author is not None
        assert comment.author.external_id == message["author"]["id"]
        assert comment.text or not (message["content"] or message.get("attachments"))
        assert comment.permalink.endswith(f"/{message['channel_id']}/{message['id']}")
    if isinstance(body, dict):
        try:
            comments_in("discord", body, keep_private=True)
        except PayloadError as refused:
            assert refused.reason == "wrong_shape"


@pytest.mark.parametrize(
    "path", [one for one in each_sample("discord") if one.id == "MessageDelete"]
)
def test_a_deletion_takes_a_message_away(path: Path) -> None:
    body = sample(path)
    deleted = body.get("d", body)
    (comment,) = comments_in("discord", {"t": "MESSAGE_DELETE", "d": deleted})
    assert (comment.type, comment.external_id) == (EventType.deleted, deleted["id"])

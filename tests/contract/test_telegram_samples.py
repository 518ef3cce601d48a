"""Real updates of Telegram give the comments that a reader of them expects."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.reading_samples import comments_in, each_sample, outcome_of, sample

KINDS = ("message", "edited_message", "channel_post", "edited_channel_post")
SERVICE_NOTES = ("boost_added", "paid_message_price_changed", "suggested_post_", "chat_background")


@pytest.mark.parametrize("path", each_sample("telegram"))
def test_every_update_and_every_message_of_a_sample_is_read(path: Path) -> None:
    value = sample(path)
    if not isinstance(value, dict):
        return
    if "message_id" in value and "chat" in value and value.get("date"):
        value = {"update_id": 1, "message": value}
    if "update_id" not in value:
        return
    outcome = outcome_of("telegram", value)
    message = next((value[kind] for kind in KINDS if kind in value), None)
    if message is None:
        assert outcome == "ignored"
        return
    words = message.get("text") or message.get("caption") or ""
    if any(name.startswith(SERVICE_NOTES) for name in message):
        assert outcome == "ignored"
        return
    if outcome == "ignored":
        assert not words
        return
    (comment,) = comments_in("telegram", value)
    assert comment.external_id == f"{message['chat']['id']}:{message['message_id']}"
    assert comment.text
    assert comment.text in words or not words
    assert comment.author is not None
    assert bool(comment.edited_at) is ("edit_date" in message)

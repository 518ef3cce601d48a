"""Real deliveries of GitLab give the comments that a reader of them expects."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from integrations.sources.gitlab.polling import issue_item, note_item
from tests.contract.reading_samples import (
    comments_in,
    each_sample,
    holders,
    outcome_of,
    sample,
)


def is_delivery(value: Any) -> bool:
    return isinstance(value, dict) and "object_kind" in value


@pytest.mark.parametrize("path", each_sample("gitlab"))
def test_every_delivery_and_every_row_of_a_sample_is_read(path: Path) -> None:
    value = sample(path)
    if not is_delivery(value):
        for row in holders(value, lambda one: "noteable_type" in one and "body" in one):
            delivery = json.loads(note_item({}, {"id": 3, "iid": 3}, row).body)
            if row["noteable_type"] != "Issue" or row["system"]:
                assert outcome_of("gitlab", delivery) == "ignored"
                continue
            (note,) = comments_in("gitlab", delivery)
            assert note.external_id == f"note:{row['id']}"
            assert note.text == row["body"]
        for row in holders(value, lambda one: "iid" in one and "description" in one):
            (issue,) = comments_in("gitlab", json.loads(issue_item({}, row).body))
            assert issue.external_id == f"issue:{row['id']}"
        return
    inner = value["object_attributes"]
    is_read = inner.get("noteable_type", "Issue") == "Issue" and inner.get("action") not in (
        "close",
        "reopen",
    )
    assert outcome_of("gitlab", value) == ("handled" if is_read else "ignored")
    if not is_read:
        return
    (comment,) = comments_in("gitlab", value)
    is_note = value["object_kind"] == "note"
    assert comment.external_id == f"{value['object_kind']}:{inner['id']}"
    assert comment.thread_id == f"issue:{value['issue']['id'] if is_note else inner['id']}"
    assert comment.opens_thread is not is_note
    assert comment.permalink == inner["url"]
    assert comment.author is not None
    assert comment.author.external_id == str(inner["author_id"])
    assert comment.author.handle in (value["user"]["username"], str(inner["author_id"]))
    assert str(comment.created_at)[:10] == inner["created_at"][:10]
    source = inner.get("note") or f"{inner['title']}\n\n{inner['description'] or ''}"
    shown = re.sub(r"<!--.*?-->", "", source, flags=re.DOTALL)
    assert re.findall(r"\w+", comment.text) == re.findall(r"\w+", shown)

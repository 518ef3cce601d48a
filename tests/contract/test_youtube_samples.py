"""Real comments of YouTube give the comments that a reader of them expects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from integrations.sources.youtube.polling import comment_item
from tests.contract.reading_samples import comments_in, each_sample, holders, sample


def is_comment(value: dict[str, Any]) -> bool:
    return value.get("kind") == "youtube#comment" and "snippet" in value


@pytest.mark.parametrize("path", each_sample("youtube"))
def test_every_comment_of_a_sample_is_read(path: Path) -> None:
    rows = holders(sample(path), is_comment)
    assert rows
    for row in rows:
        snippet = row["snippet"]
        (comment,) = comments_in("youtube", json.loads(comment_item(row, "v").body))
        assert comment.external_id == row["id"]
        assert comment.text
        assert comment.parent_id == snippet.get("parentId", "")
        assert comment.author is not None
        assert comment.author.external_id == snippet["authorChannelId"]["value"]
        assert bool(comment.edited_at) is (snippet["publishedAt"] != snippet["updatedAt"])
        assert comment.permalink.endswith(f"&lc={row['id']}")

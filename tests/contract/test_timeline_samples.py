"""Real posts of Mastodon, Bluesky and Hacker News give the comments that a reader expects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from integrations.sources.bluesky.polling import post_item
from integrations.sources.mastodon.polling import status_item
from integrations.text.html import html_to_text
from tests.contract.reading_samples import comments_in, each_sample, holders, outcome_of, sample


def is_status(value: dict[str, Any]) -> bool:
    return {"uri", "account", "content", "visibility"} <= set(value) and bool(value["account"])


@pytest.mark.parametrize("path", each_sample("mastodon"))
def test_every_post_of_mastodon_is_read(path: Path) -> None:
    for status in holders(sample(path), is_status):
        delivery = json.loads(status_item(status).body)
        if status.get("reblog"):
            assert outcome_of("mastodon", delivery) == "ignored"
            continue
        (comment,) = comments_in("mastodon", delivery)
        assert comment.external_id == status["uri"]
        assert comment.permalink == (status["url"] or "")
        assert comment.author is not None
        assert comment.author.handle == status["account"]["acct"]
        assert html_to_text(status["content"]) in comment.text
        assert bool(comment.edited_at) is bool(status.get("edited_at"))
        is_open = status["visibility"] in ("public", "unlisted")
        assert comment.visibility == ("public" if is_open else "private")


@pytest.mark.parametrize("path", each_sample("bluesky"))
def test_every_post_of_bluesky_is_read(path: Path) -> None:
    fields = {"uri", "cid", "author", "record", "indexedAt"}
    for post in holders(sample(path), lambda value: fields <= set(value)):
        if post["record"].get("$type") != "app.bsky.feed.post":
            continue
        (comment,) = comments_in("bluesky", json.loads(post_item(post).body))
        assert comment.external_id == post["uri"]
        assert comment.permalink.endswith(post["uri"].rpartition("/")[2])
        assert comment.author is not None
        assert comment.author.external_id == post["author"]["did"]
        assert comment.opens_thread is not bool(post["record"].get("reply"))
        assert comment.text or not post["record"]["text"]


@pytest.mark.parametrize("path", each_sample("hackernews"))
def test_every_hit_of_hacker_news_is_read(path: Path) -> None:
    for hit in holders(sample(path), lambda value: {"objectID", "_tags"} <= set(value)):
        if outcome_of("hackernews", hit) != "handled":
            assert not {"comment", "story"} & set(hit["_tags"])
            continue
        (comment,) = comments_in("hackernews", hit)
        assert comment.external_id == hit["objectID"]
        assert comment.text
        assert comment.author is not None
        assert comment.author.handle == hit["author"]
        is_comment = "comment" in hit["_tags"]
        assert comment.thread_id == (str(hit["story_id"]) if is_comment else hit["objectID"])

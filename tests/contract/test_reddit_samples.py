"""Real posts and comments of Reddit give the comments that a reader of them expects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from integrations import registry
from integrations.source_contract import EventType
from tests.contract.reading_samples import comments_in, each_sample, holders, sample


def is_thing(value: dict[str, Any]) -> bool:
    return value.get("kind") in ("t1", "t3") and isinstance(value.get("data"), dict)


@pytest.mark.parametrize("path", each_sample("reddit"))
def test_every_thing_of_a_sample_is_read(path: Path) -> None:
    things = holders(sample(path), is_thing)
    assert things
    for thing in things:
        inner = thing["data"]
        (comment,) = comments_in("reddit", thing)
        assert comment.external_id == inner["name"]
        if inner.get("body", inner.get("selftext")) in ("[deleted]", "[removed]"):
            assert comment.type is EventType.deleted
            continue
        assert comment.author is not None
        assert comment.author.handle == inner["author"]
        assert comment.text or inner.get("body") == ""
        assert comment.opens_thread is (thing["kind"] == "t3")
        assert comment.thread_id == inner.get("link_id", inner["name"])
        assert bool(comment.edited_at) is bool(inner["edited"])
        number = inner["name"].partition("_")[2]
        address = inner.get("permalink") or f"/comments/{inner['link_id'][3:]}/-/{number}/"
        assert comment.permalink == f"https://www.reddit.com{address}"


def test_people_of_reddit_are_known_in_one_source_alone() -> None:
    assert not registry.source("reddit").global_authors

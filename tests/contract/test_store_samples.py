"""Real reviews of stores, views of Lemmy and a form of Mattermost give what a reader expects."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from integrations import registry
from integrations.contract import Inbound
from integrations.sources.googleplay.polling import review_row
from integrations.sources.lemmy.polling import view_item
from tests.contract.reading_samples import (
    SAMPLES_NOW,
    comments_in,
    each_sample,
    holders,
    sample,
)
from tests.paths import shared


@pytest.mark.parametrize("path", each_sample("steam"))
def test_every_review_of_steam_is_read(path: Path) -> None:
    for review in holders(sample(path), lambda value: "recommendationid" in value):
        delivery = {"event": "review", "app": "730", "review": review}
        (comment,) = comments_in("steam", delivery)
        assert comment.external_id == review["recommendationid"]
        assert comment.text == review["review"].strip()
        assert comment.extras["recommended"] is review["voted_up"]


@pytest.mark.parametrize("path", each_sample("appstore"))
def test_every_review_of_the_app_store_is_read(path: Path) -> None:
    for review in holders(sample(path), lambda value: value.get("type") == "customerReviews"):
        (comment,) = comments_in("appstore", review)
        words = review["attributes"]
        assert comment.text == f"{words['title']}\n\n{words['body']}"
        assert comment.extras["rating"] == words["rating"]
        assert comment.created_at is not None


@pytest.mark.parametrize("path", each_sample("googleplay"))
def test_every_review_of_google_play_is_read(path: Path) -> None:
    for review in holders(sample(path), lambda value: "reviewId" in value):
        delivery = json.loads(review_row(review).item.body)
        (comment,) = comments_in("googleplay", delivery, package="com.acme.app")
        words = review["comments"][0]["userComment"]
        assert comment.external_id == review["reviewId"]
        assert comment.text == words["text"].replace("\t", "\n\n").strip()
        assert comment.extras["rating"] == words["starRating"]
        assert comment.created_at is not None


@pytest.mark.parametrize("path", each_sample("lemmy"))
def test_every_view_of_lemmy_is_read(path: Path) -> None:
    for view in holders(sample(path), lambda value: {"post", "creator", "counts"} <= set(value)):
        kind = "comment" if "comment" in view else "post"
        delivery = json.loads(view_item(kind, view).body)
        (comment,) = comments_in("lemmy", delivery, base_url="https://lemmy.example")
        words = view[kind]
        assert comment.external_id == words["ap_id"]
        if words["deleted"] or words["removed"]:
            assert comment.type == "deleted"
            continue
        assert comment.text
        assert comment.author is not None
        assert comment.author.handle == view["creator"]["name"]
        assert bool(comment.edited_at) is bool(words.get("updated"))


def test_the_form_of_a_mattermost_webhook_is_read() -> None:
    body = shared("samples", "mattermost", "outgoing.form.txt").read_bytes().strip()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    inbound = Inbound("POST", headers, body, {}, SAMPLES_NOW)
    source = registry.source("mattermost")
    assert source.event(inbound) == "post"
    (comment,) = source.parse(inbound, source.settings())
    assert (comment.external_id, comment.text) == ("axdygg1957njfe5pu38saikdho", "some text here")
    assert str(comment.created_at) == "2015-10-22 16:44:26+00:00"

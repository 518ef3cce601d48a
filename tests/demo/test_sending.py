"""What the sample community sends is what the sources read: the intended comments, signed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from app.demo.community import DemoEvent, events, load
from app.demo.sending import DemoRequest, SourceAddress, request, requests, settings
from integrations import registry
from integrations.contract import Inbound, SignatureRefused
from integrations.signatures import verify
from integrations.source_contract import CommentEvent, EventType

EPOCH = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
COMMENTS = load()
EVENTS = events(COMMENTS, EPOCH)
PLATFORMS = ("discourse", "generic", "github", "slack")
SOURCES = {
    platform: SourceAddress(
        f"id-{platform}", platform, "whsec_c2FtcGxlLXNlY3JldC1vZi10aGUtdGVzdA=="
    )
    for platform in PLATFORMS
}
NOT_WORDS = re.compile(
    r"\[quote[^\]]*\][\s\S]*?\[/quote\]|(?<!`)<img[^>]*>|https?://\S+|^```\w*|^> .*$", re.MULTILINE
)
MARKED = re.compile(r"[*_`<>#\[\]~|\\]|^[-+>\d]|\n[-+>\d]|https?:|:\w+:|‮|\n[^\n]")


def inbound(sent: DemoRequest) -> Inbound:
    return Inbound("POST", dict(sent.headers), sent.body, {}, NOW)


def read(event: DemoEvent) -> CommentEvent:
    """What the platform's source makes of the event's request: it must be handled, and be one
    comment."""
    platform = event.comment.platform
    source = registry.source(platform)
    sent = inbound(request(event, platform, SOURCES[platform], NOW))
    assert registry.outcome(source, source.event(sent)) == ("handled", ""), source.event(sent)
    [comment] = source.parse(sent, source.settings(**settings(platform)))
    return comment


def described(event: DemoEvent) -> str:
    return f"{event.comment.key}-{event.type}"


READ = {described(event): read(event) for event in EVENTS}


def words(text: str) -> list[str]:
    """The words of a text outside quotes, links, images and markup."""
    text = NOT_WORDS.sub(" ", text)
    return re.findall(r"\w{3,}", text)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_delivery_gives_the_intended_comment(platform: str) -> None:
    for event in (event for event in EVENTS if event.comment.platform == platform):
        got, meant = READ[described(event)], event.comment
        assert got.type is event.type
        if event.type is EventType.deleted:
            continue
        assert got.author is not None
        assert (got.author.handle, got.author.is_staff, got.author.is_bot) == (
            meant.handle,
            meant.staff,
            False,
        )
        assert got.created_at is not None
        assert got.created_at.replace(microsecond=0) == event.created_at
        assert got.permalink.startswith("https://")
        if event.type is EventType.edited:
            assert got.edited_at == event.at


@pytest.mark.parametrize("event", EVENTS, ids=described)
def test_the_text_arrives(event: DemoEvent) -> None:
    got = READ[described(event)]
    if event.type is EventType.deleted:
        assert got.text == ""
        return
    opens_github = event.comment.platform == "github" and event.comment is event.opener
    wanted = f"{event.comment.thread_title}\n\n{event.text}" if opens_github else event.text
    if not MARKED.search(wanted):
        assert got.text == wanted
    missing = [word for word in words(wanted) if word not in got.text]
    assert not missing


def test_most_texts_are_compared_word_for_word() -> None:
    assert sum(not MARKED.search(event.text) for event in EVENTS) >= 250


def test_no_script_survives_as_markup_and_texts_of_hostile_comments_arrive() -> None:
    [hostile] = [event for event in EVENTS if "<script>" in event.text]
    assert "alert" in READ[described(hostile)].text


@pytest.mark.parametrize("platform", PLATFORMS)
def test_events_of_a_comment_share_its_id_and_their_versions_rise(platform: str) -> None:
    versions: dict[str, list[tuple[int, str]]] = {}
    ids: dict[str, str] = {}
    for event in (event for event in EVENTS if event.comment.platform == platform):
        got = READ[described(event)]
        assert ids.setdefault(event.comment.key, got.external_id) == got.external_id
        versions.setdefault(event.comment.key, []).append((event.revision, got.version))
    assert len(set(ids.values())) == len(ids)
    for rising in versions.values():
        assert [version for _, version in sorted(rising)] == sorted(
            {version for _, version in rising}
        )


def test_threads_and_answers_are_kept_together() -> None:
    created = {
        event.comment.key: READ[described(event)]
        for event in EVENTS
        if event.type is EventType.created
    }
    for comment in COMMENTS:
        got = created[comment.key]
        if comment.platform == "slack":
            root = created[comment.parent or comment.key]
            assert got.thread_id == root.external_id
            assert got.parent_id == (root.external_id if comment.parent else "")
        if comment.platform == "generic":
            assert got.parent_id == (created[comment.parent].external_id if comment.parent else "")
        if comment.platform in ("discourse", "github"):
            assert got.thread_title == comment.thread_title
    for platform in ("discourse", "github", "generic"):
        threads = {
            (c.thread_id, created[c.key].thread_id) for c in COMMENTS if c.platform == platform
        }
        assert (
            len({ours for ours, _ in threads})
            == len({theirs for _, theirs in threads})
            == len(threads)
        )


def test_an_author_is_one_account_per_handle() -> None:
    accounts: dict[tuple[str, str], set[str]] = {}
    for event in EVENTS:
        if author := READ[described(event)].author:
            accounts.setdefault((event.comment.platform, event.comment.handle), set()).add(
                author.external_id
            )
    assert all(len(ids) == 1 for ids in accounts.values())
    assert len({(platform, *ids) for (platform, _), ids in accounts.items()}) == len(accounts)


def test_delivery_ids_are_distinct_and_repeat_at_a_second_replay() -> None:
    def ids(now: datetime) -> list[tuple[str, str | None, bytes]]:
        sent = list(requests(COMMENTS, EPOCH, lambda: now, SOURCES))
        return [
            (r.source_name, registry.source(r.source_name).delivery_id(inbound(r)), r.body)
            for r in sent
        ]

    first = ids(NOW)
    assert None not in {delivery for _, delivery, _ in first}
    assert len({(name, delivery) for name, delivery, _ in first}) == len(EVENTS)
    assert ids(NOW + timedelta(days=3)) == first


def test_signatures_verify_now_and_bodies_cannot_be_changed() -> None:
    for sent in requests(COMMENTS, EPOCH, lambda: NOW, SOURCES):
        source = SOURCES[sent.source_name]
        signature = registry.source(source.platform).signature
        verify(signature, inbound(sent), [source.secret], NOW)
        changed = DemoRequest(sent.source_name, sent.comment_key, sent.headers, sent.body + b" ")
        with pytest.raises(SignatureRefused):
            verify(signature, inbound(changed), [source.secret], NOW)


def independently_signed(
    platform: str, headers: Mapping[str, str], body: bytes, secret: str
) -> bool:
    """The platform's own documentation, spelled out with nothing but the standard library."""
    if platform == "generic":
        key = base64.b64decode(secret.removeprefix("whsec_"))
        message = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        signed = base64.b64encode(hmac.digest(key, message, "sha256")).decode()
        return headers["webhook-signature"] == f"v1,{signed}"
    if platform == "slack":
        message = f"v0:{headers['x-slack-request-timestamp']}:".encode() + body
        wanted = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
        return headers["x-slack-signature"] == f"v0={wanted}"
    header = {"github": "x-hub-signature-256", "discourse": "x-discourse-event-signature"}[platform]
    return (
        headers[header] == "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    )


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_platform_would_have_signed_the_same(platform: str) -> None:
    first = next(event for event in EVENTS if event.comment.platform == platform)
    sent = request(first, platform, SOURCES[platform], NOW)
    assert independently_signed(platform, sent.headers, sent.body, SOURCES[platform].secret)


def test_the_truth_is_never_sent() -> None:
    themes = {comment.truth.theme for comment in COMMENTS if "-" in (comment.truth.theme or "")}
    for sent in requests(COMMENTS, EPOCH, lambda: NOW, SOURCES):
        body = json.loads(sent.body)
        assert "truth" not in sent.body.decode()
        assert not themes & set(re.findall(r"[\w-]+", json.dumps(body)))


def test_a_platform_without_a_source_is_left_out() -> None:
    only = {"forum": SourceAddress("7", "discourse", "secret")}
    sent = list(requests(COMMENTS, EPOCH, lambda: NOW, only))
    assert {r.source_name for r in sent} == {"forum"}
    assert len(sent) == sum(event.comment.platform == "discourse" for event in EVENTS)

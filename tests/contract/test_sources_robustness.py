"""Whatever a sender makes of a documented body, a source answers with comments that can be stored,
or PayloadError."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from integrations import registry
from integrations.contract import Inbound, PayloadError
from integrations.source_contract import CommentEvent, EventType
from integrations.sources import generic
from integrations.text.plain import TEXT_MAX_CHARACTERS
from tests.contract.source_cases import CASES, Case
from tests.scenes.growth import grows_at_most, repeated

DISCOURSE = registry.source("discourse")
GITHUB = registry.source("github")
SLACK = registry.source("slack")

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from(
        [
            10**400,
            -(10**4000),
            float("inf"),
            float("nan"),
            1e308,
            "9999999999.999999",
            "0001-01-01T00:00:00+23:59",
        ]
    ),
    st.text(st.characters(), max_size=30),
    st.sampled_from(
        [
            "\ud800",
            "a\x00b",
            "",
            " ",
            "javascript:alert(1)",
            'https://x.example/"><script>',
            "x" * 5000,
            "🙂" * 400,
        ]
    ),
    st.lists(st.none(), max_size=2),
    st.dictionaries(st.sampled_from(["id", "ts", "type"]), st.integers(), max_size=2),
)


def paths(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value, the value itself left out."""
    children: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        children = value.items()
    elif isinstance(value, list):
        children = enumerate(value)
    places: list[tuple[Any, ...]] = []
    for key, child in children:
        places += [(*place, key), *paths(child, (*place, key))]
    return places


@st.composite
def mutated(draw: st.DrawFn) -> tuple[Any, Inbound]:
    """A fixture with up to three of its fields dropped or replaced."""
    case = draw(st.sampled_from(CASES))
    body = json.loads(case.inbound.body)
    for _ in range(draw(st.integers(1, 3))):
        if not (places := paths(body)):
            break
        *way, last = draw(st.sampled_from(places))
        holder = body
        for key in way:
            holder = holder[key]
        if draw(st.booleans()) and isinstance(holder, dict):
            del holder[last]
        else:
            holder[last] = draw(ODD)
    return case, replace(case.inbound, body=json.dumps(body).encode())


def check(comment: CommentEvent) -> None:
    """A comment that the database and the dashboard can take."""
    assert 0 < len(comment.external_id) <= 300
    assert max(len(comment.thread_id), len(comment.parent_id), len(comment.thread_title)) <= 300
    assert comment.version.isascii()
    assert len(comment.text) <= TEXT_MAX_CHARACTERS
    assert comment.permalink == "" or comment.permalink.startswith(("https://", "http://"))
    assert not set(comment.permalink) & set("\"'<> \n")
    assert 0 <= comment.likes < 2**31
    for moment in (comment.created_at, comment.edited_at):
        assert moment is None or moment.tzinfo is not None
    if comment.type is not EventType.deleted:
        assert comment.author is not None
        assert comment.author.external_id
        assert comment.author.handle
        assert (
            max(
                len(comment.author.external_id),
                len(comment.author.handle),
                len(comment.author.name),
            )
            <= 300
        )
        assert comment.thread_id
    stored = json.dumps(asdict(comment), default=datetime.isoformat, ensure_ascii=False)
    stored.encode("utf-8")
    assert "\\u0000" not in stored


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutated())
def test_a_changed_body_gives_comments_or_a_payload_error(drawn: tuple[Any, Inbound]) -> None:
    case, inbound = drawn
    source = case.source
    try:
        if source.validate is not None:
            source.validate(inbound)
        delivery_id = source.delivery_id(inbound)
        assert delivery_id is None or (0 < len(delivery_id) <= 200 and "\x00" not in delivery_id)
        if source.challenge is not None:
            source.challenge(inbound, ["secret"])
        event = source.event(inbound)
        event.encode("utf-8")
        assert len(event) <= 250
        registry.outcome(source, event)
        for comment in source.parse(inbound, case.settings):
            check(comment)
    except PayloadError as error:
        assert error.reason in ("wrong_shape", "invalid_json", "invalid_encoding")
        error.detail.encode("utf-8")


def body_of(platform: str, name: str) -> dict[str, Any]:
    value = json.loads(Case(platform, name).inbound.body)
    assert isinstance(value, dict)
    return value


def parsed(platform: str, name: str, body: dict[str, Any], **options: Any) -> list[CommentEvent]:
    case = Case(platform, name)
    given_settings = case.source.settings.model_validate(options) if options else case.settings
    comments: list[CommentEvent] = case.source.parse(
        replace(case.inbound, body=json.dumps(body).encode()), given_settings
    )
    return comments


def test_a_long_text_is_cut_and_says_so() -> None:
    for platform, name, way in [
        ("generic", "comment_created", ("data", "text")),
        ("discourse", "post_created", ("post", "raw")),
        ("github", "issue_comment_created", ("comment", "body")),
        ("slack", "message", ("event", "text")),
    ]:
        body = body_of(platform, name)
        body[way[0]][way[1]] = "a" * (TEXT_MAX_CHARACTERS + 1)
        (comment,) = parsed(platform, name, body)
        assert len(comment.text) == TEXT_MAX_CHARACTERS
        assert comment.extras["truncated"] is True


def test_versions_of_one_comment_sort_in_the_order_of_what_happened() -> None:
    def versions(platform: str, *names: str) -> list[str]:
        comments = [parsed(platform, name, body_of(platform, name))[0] for name in names]
        assert len({comment.external_id for comment in comments}) == 1
        return [comment.version for comment in comments]

    for ordered in (
        versions("generic", "comment_created", "comment_edited", "comment_deleted"),
        versions("discourse", "post_created", "post_edited", "post_destroyed", "post_recovered"),
        versions("github", "issues_opened", "issues_edited", "issues_deleted"),
        versions(
            "github", "issue_comment_created", "issue_comment_edited", "issue_comment_deleted"
        ),
        versions("github", "discussion_comment_created", "discussion_comment_edited"),
        versions("slack", "message", "message_changed", "message_deleted"),
    ):
        assert ordered == sorted(ordered)
        assert len(set(ordered)) == len(ordered)


def test_an_edit_within_discourses_grace_period_is_a_delivery_of_its_own() -> None:
    case = Case("discourse", "post_edited")
    body = body_of("discourse", "post_edited")
    body["post"]["updated_at"] = "2026-11-02T09:33:00.000Z"
    later = replace(case.inbound, body=json.dumps(body).encode())
    assert DISCOURSE.delivery_id(later) != DISCOURSE.delivery_id(case.inbound)
    repeated = replace(
        case.inbound, headers={**case.inbound.headers, "x-discourse-event-id": "999"}
    )
    assert DISCOURSE.delivery_id(repeated) == DISCOURSE.delivery_id(case.inbound)


def test_discourse_links_to_the_address_in_its_settings() -> None:
    body = body_of("discourse", "post_created")
    (comment,) = parsed(
        "discourse", "post_created", body, base_url="https://community.example.org/"
    )
    assert comment.permalink == "https://community.example.org/t/export-to-csv/88/3"
    (comment,) = parsed("discourse", "post_created", body, base_url="community.example.org")
    assert comment.permalink == "https://community.example.org/t/export-to-csv/88/3"
    for wrong in ("javascript://alert(1)", "https://a b", "ftp://a.example"):
        with pytest.raises(ValidationError, match="should be an address"):
            DISCOURSE.settings(base_url=wrong)
    inbound = Case("discourse", "post_created").inbound
    sent = replace(
        inbound, headers={**inbound.headers, "x-discourse-instance": "javascript:alert(1)"}
    )
    assert DISCOURSE.parse(sent, DISCOURSE.settings())[0].permalink == ""


@pytest.mark.parametrize("piece", ["[quote", "[quote=a]", "![a", "[details=", "[/quote][quote]"])
def test_discourse_text_takes_work_in_step_with_its_length(piece: str) -> None:
    body = body_of("discourse", "post_created")

    def parse(text: str) -> object:
        body["post"]["raw"] = text
        return parsed("discourse", "post_created", body)

    # Eight times the text: 64 times the work where it grew with the square.
    assert grows_at_most(24, parse, repeated(piece, 12_000), repeated(piece, 96_000))
    assert len(parsed("discourse", "post_created", body)) == 1


def test_github_follows_only_the_repositories_in_its_settings() -> None:
    body = body_of("github", "issues_opened")
    assert len(parsed("github", "issues_opened", body, repositories="acme/other, Acme/Notes")) == 1
    assert parsed("github", "issues_opened", body, repositories="acme/other") == []


def test_github_may_send_its_default_form() -> None:
    inbound = Case("github", "issues_opened").inbound
    form = urlencode({"payload": inbound.body.decode()}).encode()
    headers = {**inbound.headers, "content-type": "application/x-www-form-urlencoded"}
    sent = replace(inbound, headers=headers, body=form)
    assert GITHUB.event(sent) == "issues.opened"
    assert GITHUB.parse(sent, GITHUB.settings()) == GITHUB.parse(inbound, GITHUB.settings())


def test_slack_follows_only_the_channels_in_its_settings() -> None:
    body = body_of("slack", "message")
    assert len(parsed("slack", "message", body, channels="C0OTHER C0FEEDBACK")) == 1
    assert parsed("slack", "message", body, channels="C0OTHER") == []


def test_slack_without_its_workspace_links_to_the_channel() -> None:
    (comment,) = parsed("slack", "message", body_of("slack", "message"), staff="U0X,U0ANA")
    assert comment.permalink == "https://slack.com/app_redirect?team=T0ACME&channel=C0FEEDBACK"
    assert comment.author is not None
    assert comment.author.is_staff


def test_slack_handshake_is_answered_and_nothing_else_is() -> None:
    inbound = Case("slack", "message").inbound
    assert SLACK.challenge is not None
    handshake = replace(
        inbound, body=b'{"token": "x", "challenge": "3eZbrw", "type": "url_verification"}'
    )
    answer = SLACK.challenge(handshake, ["secret"])
    assert answer is not None
    assert json.loads(answer.body) == {"challenge": "3eZbrw"}
    assert (answer.status, answer.content_type) == (200, "application/json")
    assert SLACK.challenge(inbound, ["secret"]) is None
    assert (
        SLACK.challenge(replace(inbound, body=b'{"type": "url_verification"}'), ["secret"]) is None
    )
    assert (
        SLACK.challenge(
            replace(inbound, body=b'{"text": "url_verification", "challenge": "x"}'), []
        )
        is None
    )
    assert SLACK.challenge_signed


def test_slack_delivery_without_an_event_id_is_known_by_its_body() -> None:
    inbound = Case("slack", "app_rate_limited").inbound
    assert SLACK.delivery_id(inbound) is None


def test_generic_sender_is_told_what_is_wrong() -> None:
    inbound = Case("generic", "comment_created_without_author").inbound
    for body in (inbound.body, b"{}", b'{"type": 7}', b'{"type": "comment.deleted"}'):
        assert refusal(replace(inbound, body=body)).reason == "wrong_shape"
    generic.validate(replace(inbound, body=b'{"type": "reaction.added"}'))
    assert "a secret value" not in str(
        refusal(
            replace(
                inbound,
                body=b'{"type": "comment.deleted", "data": {"id": {"x": "a secret value"}}}',
            )
        )
    )


def refusal(inbound: Inbound) -> PayloadError:
    with pytest.raises(PayloadError) as caught:
        generic.validate(inbound)
    return caught.value

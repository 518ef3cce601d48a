"""The field types that clean and bound what a platform sends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from integrations import payload
from integrations.contract import Inbound, PayloadError


class Everything(payload.Shape):
    """One field of each type."""

    id: payload.Identifier
    parent: payload.OptionalId = ""
    line: payload.Line = ""
    text: payload.Text = ""
    url: payload.Url = ""
    likes: payload.Count = 0
    at: payload.Time = None
    staff: payload.Flag = False


@pytest.mark.parametrize(
    ("field", "sent", "read"),
    [
        ("id", 7, "7"),
        ("id", " a\x00b ", "ab"),
        ("parent", None, ""),
        ("parent", 0, "0"),
        ("line", None, ""),
        ("line", "two\nlines \ud800", "two lines \ufffd"),
        ("line", "x" * 500, "x" * 300),
        ("text", "kept\n as it is\x00", "kept\n as it is\x00"),
        ("text", "\udfff", "\ufffd"),
        ("url", "https://a.example/b?c#d", "https://a.example/b?c#d"),
        ("url", "JavaScript:alert(1)", ""),
        ("url", 'https://a.example/"><script>', ""),
        ("url", "https://a b", ""),
        ("url", None, ""),
        ("likes", 3.0, 3),
        ("likes", -3, 0),
        ("likes", True, 0),
        ("likes", 10**400, 2**31 - 1),
        ("likes", float("nan"), 0),
        ("likes", float("inf"), 2**31 - 1),
        ("at", "2026-11-02T09:15:00Z", datetime(2026, 11, 2, 9, 15, tzinfo=UTC)),
        ("at", "2026-11-02T11:15:00+02:00", datetime(2026, 11, 2, 9, 15, tzinfo=UTC)),
        ("at", "2026-11-02T09:15:00", datetime(2026, 11, 2, 9, 15, tzinfo=UTC)),
        ("at", None, None),
        ("staff", True, True),
        ("staff", "yes", False),
        ("staff", None, False),
    ],
)
def test_field_reads(field: str, sent: object, read: object) -> None:
    assert getattr(payload.read(Everything, {"id": 1, field: sent}), field) == read


@pytest.mark.parametrize(
    ("field", "sent", "says"),
    [
        ("id", None, "should be a text or a whole number"),
        ("id", True, "should be a text or a whole number"),
        ("id", 1.5, "should be a text or a whole number"),
        ("id", " \x00", "is blank"),
        ("line", 7, "should be a text"),
        ("text", ["x"], "should be a text"),
        ("at", 1730538900, "should be an ISO 8601 time"),
        ("at", "0001-01-01T00:00:00+23:59", "should be an ISO 8601 time"),
    ],
)
def test_field_refuses(field: str, sent: object, says: str) -> None:
    with pytest.raises(PayloadError) as refused:
        payload.read(Everything, {"id": 1, field: sent})
    assert (refused.value.reason, refused.value.detail) == ("wrong_shape", f"{field} {says}.")


def test_what_is_missing_is_named() -> None:
    with pytest.raises(PayloadError, match=r"^wrong_shape: id is missing"):
        payload.read(Everything, {})
    with pytest.raises(PayloadError, match=r"The body should be "):
        payload.read(Everything, None)


def test_long_ids_stay_apart() -> None:
    first, second = (payload.read(Everything, {"id": "x" * 1000 + end}).id for end in "ab")
    assert first != second
    assert len(first) == len(second) == 300
    assert len(payload.joined("x" * 300, "y" * 300)) == 300
    assert payload.joined("C1", "2") == "C1:2"


def test_delivery_key() -> None:
    assert payload.delivery_key("a", "b") == "a:b"
    assert payload.delivery_key("a", " \x00") is None
    assert payload.delivery_key("") is None
    long = payload.delivery_key("x" * 201)
    assert long is not None
    assert len(long) == 200
    assert long != payload.delivery_key("x" * 202)


def test_versions_sort_by_time_then_by_what_follows() -> None:
    moment = datetime(2026, 11, 2, 9, 15, tzinfo=UTC)
    ordered = [
        payload.version(None, "9"),
        payload.version(datetime(987, 1, 1, tzinfo=UTC), "0"),
        payload.version(moment, "0"),
        payload.version(moment, "1"),
        payload.version(moment + timedelta(microseconds=1), "0"),
        payload.version(moment + timedelta(days=400), "0"),
    ]
    assert ordered == sorted(ordered)
    assert len({len(version) for version in ordered[1:]}) == 1


def test_setting_address_may_leave_the_scheme_out() -> None:
    class Form(payload.Shape):
        address: payload.SettingAddress = ""

    assert Form.model_validate({"address": " acme.slack.com/ "}).address == "https://acme.slack.com"
    assert Form.model_validate({"address": ""}).address == ""


def test_listed_takes_commas_and_blanks() -> None:
    assert payload.listed(" a,b  c,\n") == ["a", "b", "c"]


def test_times_are_in_utc() -> None:
    read = payload.read(Everything, {"id": 1, "at": "2026-11-02T09:15:00-05:00"}).at
    assert read == datetime(2026, 11, 2, 9, 15, tzinfo=timezone(timedelta(hours=-5)))
    assert read is not None
    assert read.tzinfo is UTC


class Note(payload.Shape):
    id: payload.Identifier
    text: payload.Text = ""
    likes: payload.Count = 0


def read_note(body: bytes) -> Note:
    now = datetime(2026, 11, 2, tzinfo=UTC)
    return payload.read(Note, Inbound("POST", {}, body, {}, now).json())


@pytest.mark.parametrize(
    ("body", "fits"),
    [
        (b'{"id": 7, "text": null, "likes": 1e400, "more": NaN}', True),
        (b'{"id": "", "id": "last"}', True),
        (b'{"id": "last", "id": ""}', False),
        (b'{"text": "no id"}', False),
        (b'["id"]', False),
        (b"no JSON", False),
        (b'{"id": "\xff"}', False),
        (b'{"id": "a", "more": %s}' % (b"9" * 5_000), False),
        (b'{"id": "a", "text": "a\x01"}', False),
    ],
)
def test_one_pass_over_a_body_says_what_reading_it_says(body: bytes, fits: bool) -> None:
    assert payload.fits(Note, body) is fits
    if fits:
        assert read_note(body).id
    else:
        with pytest.raises(PayloadError):
            read_note(body)


@pytest.mark.parametrize(
    "body",
    [
        b'\xef\xbb\xbf{"id": "a"}',
        b'{"id": "\\ud800"}',
        b'{"id": 1, "more": %s1%s}' % (b"[" * 300, b"]" * 300),
    ],
)
def test_what_one_pass_cannot_tell_is_read_all_the_same(body: bytes) -> None:
    assert not payload.fits(Note, body)
    assert read_note(body).id

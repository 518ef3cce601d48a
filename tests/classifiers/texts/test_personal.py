"""Personal data is found by its shape, and what only looks like it stays."""

from __future__ import annotations

import pytest

from classifiers.texts.personal import redact, without_handles
from tests.scenes.growth import grows_at_most, repeated

HOME = "/home"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write to ann.other+x@mail.example.co.uk please", "write to [e-mail address] please"),
        ("call +49 30 901820 now", "call [number] now"),
        ("call (030) 9018 2033 now", "call [number] now"),
        ("card 4111 1111 1111 1111", "card [number]"),
        ("IBAN DE89 3704 0044 0532 0130 00, thanks", "IBAN [account], thanks"),
        ("server 203.0.113.7 is down", "server [IP address] is down"),
        ("password: hunter2hunter2", "password: [secret]"),
        ("my token is abcdef123456", "my token is [secret]"),
        ("Authorization: Bearer abcdef123456", "Authorization: Bearer [secret]"),
        ("key sk-abcdefghijklmnop1234", "key [secret]"),
        (
            r"in C:\Users\ann\notes and " + HOME + "/bob/x",
            r"in C:\Users\[name]\notes and " + HOME + "/[name]/x",
        ),
    ],
)
def test_redacted(text: str, expected: str) -> None:
    assert redact(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "version 10.15.7 on 2026-11-21 at 10:15",
        "I have 1,204,551 items and 3000000 rows",
        "since 21.11.2026 the token is refused",
        "it costs $1200 a year, 99.9% of it wasted",
        "order 123456789 of 20-30 seconds",
        "the password is never accepted" * 0 + "forgot my password again",
        "page @ 2 and ratio 16:9",
    ],
)
def test_kept(text: str) -> None:
    assert redact(text) == text


def test_handles_become_somebody() -> None:
    assert without_handles("thanks @ann_o, ask @bob.x!") == "thanks somebody, ask somebody!"
    assert without_handles("mail a@b") == "mail a@b"


@pytest.mark.parametrize(
    "unit", ["a@", "1 ", "DE89 ", "1.", "password is ", "eyJaaaaaaaaaaa.", "/home/", "+"]
)
def test_linear(unit: str) -> None:
    assert grows_at_most(24, redact, repeated(unit, 5_000), repeated(unit, 40_000))

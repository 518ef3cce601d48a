"""Fifty texts with something personal in them, and forty with what only looks like it.

Keys are put together here, so that nobody's scanner takes them for real ones.
"""

from __future__ import annotations

import pytest

from classifiers.texts.personal import redact, redact_name

LEAST_REDACTED = 47
MOST_WRONG = 1
HEX_32 = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
LONG = "Zq3vT8mK1xWb5nRc7yLd9pHf2sGj4aUe6"

POSITIVES: list[tuple[str, str]] = [
    ("write to ann.other+x@mail.example.co.uk please", "ann.other"),
    ("contact: mailto:ann@example.org?subject=hi", "ann@example"),
    ("ann [at] example [dot] org is my address", "ann [at]"),
    ("mail ann(at)example.org about it", "ann(at)"),
    ("ANN.OTHER@EXAMPLE.ORG never got the invoice", "OTHER@"),
    ("call +49 30 901820 now", "901820"),
    ("call (030) 9018 2033 now", "9018"),
    ("ring me: tel:+4930901820", "4930901820"),
    ("Phone: 0170 1234567", "1234567"),
    ("my number is 0170 12 34 567", "34 567"),
    ("+1 (415) 555-0132 is the support line I called", "555-0132"),
    ("card 4111 1111 1111 1111 was charged twice", "4111"),
    ("card 5500005555555559 was refused", "5500005555555559"),
    ("IBAN DE89 3704 0044 0532 0130 00, thanks", "3704"),
    ("iban de89370400440532013000 please refund", "370400440532013000"),
    ("refund to GB82 WEST 1234 5698 7654 32", "5698"),
    ("server 203.0.113.7 is down", "203.0.113.7"),
    ("203.0.113.7:8080 refuses the connection", "203.0.113.7"),
    ("requests from 198.51.100.23 are blocked", "198.51.100.23"),
    ("IP: 198.51.100.23", "198.51"),
    ("it listens on 2001:db8:85a3::8a2e:370:7334 only", "85a3"),
    ("my address 2001:0db8:85a3:0000:0000:8a2e:0370:7334 is blocked", "8a2e"),
    ("fe80::1ff:fe23:4567:890a cannot be pinged", "fe23"),
    (r"in C:\Users\ann.other\notes it crashes", "ann.other"),
    ("the log is in /home/" + "ann/app.log", "ann"),
    ("see /Users/" + "ann/Library/Logs", "ann"),
    ("C:/Users/" + "ann/AppData/x.log is locked", "ann"),
    ("password: hunter2hunter2", "hunter2"),
    ("pwd=hunter2hunter2 in the config", "hunter2"),
    ("my password is hunter22", "hunter22"),
    ("Password: correcthorsebattery", "correcthorse"),
    ('DB_PASSWORD="tr0ub4dor&3"', "tr0ub4dor"),
    ("my token is abcdef123456", "abcdef123456"),
    ("Authorization: Bearer abcdef123456", "abcdef123456"),
    ("Authorization: Basic YW5uOnNlY3JldA==", "YW5uOnNlY3JldA"),
    ("client_secret: 9f8e7d6c5b4a", "9f8e7d6c5b4a"),
    ("postgres://ann:s3cr3tpw@db.example.org/app does not connect", "s3cr3tpw"),
    ("key sk-" + LONG, LONG),
    ("the bot uses ghp_" + LONG + "abc", LONG),
    ("ghs_" + "12345_" + "eyJhbGciOiJSUzI1NiJ9." + LONG + "." + LONG, LONG),
    ("STRIPE: sk_live_" + LONG, LONG),
    ("we send with SG." + LONG[:22] + "." + LONG, LONG[:22]),
    ("AIza" + LONG + "Qq is in the page", LONG),
    ("AKIA" + "ABCDEFGHIJKLMNOP has no rights", "ABCDEFGHIJKLMNOP"),
    ("AWS_SECRET_ACCESS_KEY=" + LONG + "abcdefg", LONG),
    ("https://hooks.slack.com/services/" + "T0001/B0002/" + LONG[:24], LONG[:24]),
    ("https://discord.com/api/webhooks/" + "1234567890/" + LONG, LONG),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIEow" + LONG + "\n-----END RSA PRIVATE KEY-----", LONG),
    ("open https://app.example.org/reset?token=" + HEX_32 + "&lang=en", HEX_32),
    ("https://example.org/unsubscribe?email=ann%40example.org", "ann%40"),
]
NEGATIVES: list[str] = [
    "Chrome 119.0.6045.199 on Windows 11",
    "Firefox 121.0.1 freezes since 2026-11-21",
    "version 10.15.7 on 2026-11-21 at 10:15",
    "version 4.18.2.1 broke the export",
    "v1.2.3.4 works, v1.2.3.5 does not",
    "Edge 120.0.2210.91 shows a blank page",
    "Windows 10.0.19.45 build",
    "build 10.0.22.31 of the app",
    "it fails on 127.0.0.1 and on 0.0.0.0 as well",
    "I have 1,204,551 items and 3000000 rows",
    "since 21.11.2026 the token is refused",
    "2026-11-21T10:15:30Z was the last time",
    "from 21/11/2026 to 30/11/2026 nothing came",
    "it costs $1200 a year, 99.9% of it wasted",
    "order 123456789 took 20-30 seconds",
    "issue 4711 and ticket 12345678",
    "forgot my password again",
    "the password is never accepted",
    "Password: required, but the form does not say so",
    "password: wrong, says the app, although it is right",
    "the secret: patience",
    "token expired after an hour",
    "the token is refused with 401",
    "API key: see the docs",
    "page @ 2 and ratio 16:9",
    "thanks @ann, this works",
    "std::vector and abc::def do not compile",
    "at 10:15:30 the sync stopped",
    "::1 is refused, localhost works",
    "error 0x80070057 while saving",
    "HTTP 500 at /api/v1/users/profile",
    "commit 1a2b3c4d5e6f broke it",
    "https://docs.example.org/guide?page=2&sort=new",
    "https://example.org/search?q=dark+mode",
    "in /usr/share/app/config.ini line 12",
    r"in C:\Program Files\App\app.exe",
    "the shortcut Ctrl+Shift+K does nothing",
    "resolution 2560x1440 at 144 Hz",
    "the UUID 123e4567-e89b-12d3-a456-426614174000 is shown twice",
    "meet me at the cafe at noon",
]


def test_there_are_as_many_as_promised() -> None:
    assert len(POSITIVES) == 50
    assert len(NEGATIVES) == 40


def test_what_is_personal_goes() -> None:
    left = [text for text, secret in POSITIVES if secret in redact(text)]
    assert len(POSITIVES) - len(left) >= LEAST_REDACTED, left


def test_what_only_looks_like_it_stays() -> None:
    changed = {text: redact(text) for text in NEGATIVES if redact(text) != text}
    assert len(changed) <= MOST_WRONG, changed


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("pat.doe@example.com", "[name]"),
        ("Pat Doe <pat.doe@example.com>", "[name]"),
        ("+49 170 1234567", "[name]"),
        ("Ann O'Hara", "Ann O'Hara"),
        ("user_4711", "user_4711"),
    ],
)
def test_names_that_are_addresses_are_not_shown(name: str, shown: str) -> None:
    assert redact_name(name) == shown

"""Signatures are judged against vectors that this code did not make, then with one byte changed."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from integrations.contract import Inbound, SignatureRefused
from integrations.signatures import Signature, sign, verify

GITHUB = Signature(header="x-hub-signature-256", prefix="sha256=")
DISCOURSE = Signature(header="x-discourse-event-signature", prefix="sha256=")
OLD_HUB = Signature(header="x-hub-signature", algorithm="hmac-sha1", prefix="sha1=")
SLACK = Signature(
    header="x-slack-signature",
    prefix="v0=",
    signed="v0:{timestamp}:{body}",
    timestamp_header="x-slack-request-timestamp",
)
STANDARD = Signature(
    header="webhook-signature",
    encoding="base64",
    prefix="v1,",
    signed="{id}.{timestamp}.{body}",
    id_header="webhook-id",
    timestamp_header="webhook-timestamp",
    separator=" ",
    secret_prefix="whsec_",
)
TOKEN = Signature(header="x-gitlab-token", algorithm="token")
DISCORD = Signature(
    header="x-signature-ed25519",
    algorithm="ed25519",
    signed="{timestamp}{body}",
    timestamp_header="x-signature-timestamp",
)
PLAIN_ED25519 = Signature(header="x-signature", algorithm="ed25519")

NOW = datetime(2026, 11, 2, 9, 15, tzinfo=UTC)
STAMP = int(NOW.timestamp())

# Slack, "Verifying requests from Slack": the page's worked example.
SLACK_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
SLACK_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SLACK_HEADERS = {
    "x-slack-request-timestamp": "1531420618",
    "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
}
# Standard Webhooks: the test vector of its reference libraries.
STANDARD_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
STANDARD_HEADERS = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}

VECTORS = {
    # GitHub, "Validating webhook deliveries", "Testing the webhook payload validation".
    "github": (
        GITHUB,
        "It's a Secret to Everybody",
        b"Hello, World!",
        {
            "x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        },
        NOW,
    ),
    "slack": (
        SLACK,
        SLACK_SECRET,
        SLACK_BODY,
        SLACK_HEADERS,
        datetime.fromtimestamp(1531420618, UTC),
    ),
    "standard": (
        STANDARD,
        STANDARD_SECRET,
        b'{"test": 2432232314}',
        STANDARD_HEADERS,
        datetime.fromtimestamp(1614265330, UTC),
    ),
    # printf '{"post":{"id":7}}' | openssl dgst -sha256 -hmac 'a forum secret'
    "discourse": (
        DISCOURSE,
        "a forum secret",
        b'{"post":{"id":7}}',
        {
            "x-discourse-event-signature": "sha256=946e0d7edf896814dc6dc753dca3955966f596a964635622f3b4a0cb7c09e119"
        },
        NOW,
    ),
    # printf 'The quick brown fox jumps over the lazy dog' | openssl dgst -sha1 -hmac key
    "sha1": (
        OLD_HUB,
        "key",
        b"The quick brown fox jumps over the lazy dog",
        {"x-hub-signature": "sha1=de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9"},
        NOW,
    ),
    # RFC 8032, section 7.1, TEST 2.
    "ed25519": (
        PLAIN_ED25519,
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        b"\x72",
        {
            "x-signature": "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        },
        NOW,
    ),
    "token": (TOKEN, "a token", b"{}", {"x-gitlab-token": "a token"}, NOW),
}


def request(headers: dict[str, str], body: bytes) -> Inbound:
    return Inbound("POST", headers, body, {}, NOW)


def refusal(
    signature: Signature, headers: dict[str, str], body: bytes, *secrets: str, now: datetime = NOW
) -> str:
    with pytest.raises(SignatureRefused) as caught:
        verify(signature, request(headers, body), secrets, now)
    return caught.value.reason


@pytest.mark.parametrize("name", VECTORS)
def test_known_vector_is_accepted(name: str) -> None:
    signature, secret, body, headers, now = VECTORS[name]
    verify(signature, request(headers, body), [secret], now)


@pytest.mark.parametrize("name", sorted(VECTORS.keys() - {"token"}))
def test_one_changed_byte_of_the_body_is_refused(name: str) -> None:
    signature, secret, body, headers, now = VECTORS[name]
    for position in range(len(body)):
        changed = bytearray(body)
        changed[position] ^= 1
        assert refusal(signature, headers, bytes(changed), secret, now=now) == "signature_wrong"


@pytest.mark.parametrize("name", VECTORS)
def test_one_changed_character_of_a_header_is_refused(name: str) -> None:
    signature, secret, body, headers, now = VECTORS[name]
    for header, value in headers.items():
        for position, character in enumerate(value):
            other = "1" if character != "1" else "2"
            changed = {**headers, header: value[:position] + other + value[position + 1 :]}
            assert refusal(signature, changed, body, secret, now=now) in (
                "signature_wrong",
                "signature_malformed",
            )


@pytest.mark.parametrize("name", VECTORS)
def test_sign_makes_the_known_vector(name: str) -> None:
    signature, secret, body, headers, now = VECTORS[name]
    if signature.algorithm == "ed25519":
        with pytest.raises(ValueError, match="platform"):
            sign(signature, secret, body)
        return
    assert (
        sign(signature, secret, body, headers.get("webhook-id", ""), int(now.timestamp()))
        == headers
    )


def test_the_standard_webhooks_library_agrees_both_ways() -> None:
    webhooks = pytest.importorskip(
        "standardwebhooks", reason="the reference library is not installed"
    )
    now = datetime.now(UTC)  # the library has no other clock
    body = '{"text": "prints twice \N{GRINNING FACE}"}'
    theirs = webhooks.Webhook(STANDARD_SECRET).sign("msg_1", now, body)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": theirs,
    }
    verify(STANDARD, request(headers, body.encode()), [STANDARD_SECRET], now)
    ours = sign(STANDARD, STANDARD_SECRET, body.encode(), "msg_1", int(now.timestamp()))
    assert webhooks.Webhook(STANDARD_SECRET).verify(body, ours) == {
        "text": "prints twice \N{GRINNING FACE}"
    }


def test_a_timestamped_ed25519_request_is_accepted_and_its_copy_is_not() -> None:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw().hex()
    signed = private.sign(f"{STAMP}".encode() + b'{"type":1}').hex()
    headers = {"x-signature-ed25519": signed, "x-signature-timestamp": str(STAMP)}
    verify(DISCORD, request(headers, b'{"type":1}'), ["00" * 32, public], NOW)
    assert refusal(DISCORD, headers, b'{"type":2}', public) == "signature_wrong"
    assert (
        refusal(DISCORD, headers, b'{"type":1}', public, now=NOW + timedelta(hours=1))
        == "signature_stale"
    )
    assert refusal(DISCORD, headers, b'{"type":1}', "not a key") == "secret_missing"


@pytest.mark.parametrize("signature", [GITHUB, SLACK, STANDARD, TOKEN, PLAIN_ED25519])
@pytest.mark.parametrize("secrets", [[], [""], ["  "], ["", "\n"]])
def test_no_secret_accepts_nothing(signature: Signature, secrets: list[str]) -> None:
    forged = hmac.new(b"", b"{}", hashlib.sha256).hexdigest()
    assert (
        refusal(signature, {signature.header: signature.prefix + forged}, b"{}", *secrets)
        == "secret_missing"
    )
    assert refusal(signature, {signature.header: ""}, b"{}", *secrets) == "secret_missing"


def test_a_secret_that_is_not_base64_behind_its_prefix_is_not_a_secret() -> None:
    assert refusal(STANDARD, STANDARD_HEADERS, b"{}", "whsec_") == "secret_missing"
    assert refusal(STANDARD, STANDARD_HEADERS, b"{}", "whsec_!!!!") == "secret_missing"


def test_a_secret_without_the_prefix_is_used_as_it_is() -> None:
    wanted = base64.b64encode(
        hmac.new(b"plain words", f"m.{STAMP}.x".encode(), hashlib.sha256).digest()
    ).decode()
    headers = {
        "webhook-id": "m",
        "webhook-timestamp": str(STAMP),
        "webhook-signature": f"v1,{wanted}",
    }
    verify(STANDARD, request(headers, b"x"), ["plain words"], NOW)


@pytest.mark.parametrize("signature", [GITHUB, SLACK, STANDARD, TOKEN])
def test_every_active_secret_is_tried(signature: Signature) -> None:
    headers = sign(signature, "the new one", b"{}", "msg_1", STAMP)
    verify(signature, request(headers, b"{}"), ["the old one", "the new one"], NOW)
    assert refusal(signature, headers, b"{}", "the old one", "a third") == "signature_wrong"


def test_one_right_signature_among_several_is_enough() -> None:
    headers = sign(STANDARD, "one", b"{}", "msg_1", STAMP)
    wrong = sign(STANDARD, "another", b"{}", "msg_1", STAMP)["webhook-signature"]
    several = {**headers, "webhook-signature": f"v1a,AAAA {wrong} {headers['webhook-signature']}"}
    verify(STANDARD, request(several, b"{}"), ["one"], NOW)
    assert (
        refusal(STANDARD, {**headers, "webhook-signature": "v1a,AAAA v2,BBBB"}, b"{}", "one")
        == "signature_malformed"
    )


@pytest.mark.parametrize("signature", [SLACK, STANDARD])
def test_the_age_of_a_signed_time_is_bounded_on_both_sides(signature: Signature) -> None:
    headers = sign(signature, "secret", b"{}", "msg_1", STAMP)
    for seconds in (-300, 300):
        verify(signature, request(headers, b"{}"), ["secret"], NOW + timedelta(seconds=seconds))
    for seconds in (-301, 301):
        moved = NOW + timedelta(seconds=seconds)
        assert refusal(signature, headers, b"{}", "secret", now=moved) == "signature_stale"
    narrow = replace(signature, tolerance=10)
    assert (
        refusal(narrow, headers, b"{}", "secret", now=NOW + timedelta(seconds=11))
        == "signature_stale"
    )


@pytest.mark.parametrize("signature", [GITHUB, SLACK, STANDARD, TOKEN])
def test_no_refusal_repeats_a_secret_or_a_signature(signature: Signature) -> None:
    headers = sign(signature, "the-right-one", b"{}", "msg_1", STAMP)
    with pytest.raises(SignatureRefused) as refused:
        verify(signature, request(headers, b"{}"), ["the-other-one"], NOW)
    for hidden in ("the-right-one", "the-other-one", headers[signature.header]):
        assert hidden not in str(refused.value)


def test_what_is_missing_is_named() -> None:
    slack = sign(SLACK, "secret", b"{}", timestamp=STAMP)
    assert refusal(SLACK, {}, b"{}", "secret") == "signature_missing"
    assert (
        refusal(SLACK, {"x-slack-signature": slack["x-slack-signature"]}, b"{}", "secret")
        == "timestamp_missing"
    )
    standard = sign(STANDARD, "secret", b"{}", "msg_1", STAMP)
    del standard["webhook-id"]
    assert refusal(STANDARD, standard, b"{}", "secret") == "signature_malformed"
    with pytest.raises(ValueError, match="id"):
        sign(STANDARD, "secret", b"{}")


@pytest.mark.parametrize(
    "value",
    [
        "sha256=",
        "sha256=12",
        "757107ea",
        "sha1=" + "0" * 64,
        "sha256=" + "g" * 64,
        "sha256=" + "é" * 64,
        "\ud800",
    ],
)
def test_a_malformed_signature_is_refused(value: str) -> None:
    assert refusal(GITHUB, {"x-hub-signature-256": value}, b"{}", "secret") == "signature_malformed"


@pytest.mark.parametrize("value", ["soon", "-1", "1e9", "٣٣٣", "9" * 400, " 1", "1.5"])
def test_a_timestamp_that_is_not_unix_seconds_is_refused(value: str) -> None:
    headers = {**sign(SLACK, "secret", b"{}", timestamp=STAMP), "x-slack-request-timestamp": value}
    assert refusal(SLACK, headers, b"{}", "secret") == "signature_malformed"


@given(
    signature=st.sampled_from([GITHUB, OLD_HUB, SLACK, STANDARD, TOKEN]),
    secret=st.text(min_size=1, max_size=60).filter(
        lambda text: text.strip() and not text.startswith("whsec_") and text.isprintable()
    ),
    body=st.binary(max_size=200),
    id=st.text(st.characters(min_codepoint=33, max_codepoint=255), min_size=1, max_size=40),
)
def test_what_sign_signs_verify_accepts(
    signature: Signature, secret: str, body: bytes, id: str
) -> None:
    headers = sign(signature, secret, body, id, STAMP)
    verify(signature, request(headers, body), [secret], NOW)
    if signature.algorithm != "token":
        assert refusal(signature, headers, body + b"!", secret) == "signature_wrong"


@given(
    signature=st.sampled_from([GITHUB, OLD_HUB, SLACK, STANDARD, TOKEN, DISCORD]),
    values=st.lists(st.text(max_size=80), min_size=3, max_size=3),
    secrets=st.lists(st.text(max_size=20), max_size=3),
    body=st.binary(max_size=50),
)
def test_anything_else_is_refused_in_one_way(
    signature: Signature, values: list[str], secrets: list[str], body: bytes
) -> None:
    names = (signature.header, signature.id_header or "x-1", signature.timestamp_header or "x-2")
    headers = dict(zip(names, [signature.prefix + values[0], *values[1:]], strict=True))
    try:
        verify(signature, request(headers, body), secrets, NOW)
    except SignatureRefused as refused:
        assert refused.reason
    else:
        assert signature.algorithm == "token"
        assert values[0].encode("utf-8", "replace") in [
            secret.encode("utf-8", "replace") for secret in secrets
        ]

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

from integrations import registry
from integrations.contract import Inbound, SignatureRefused
from integrations.signatures import Signature, sign, verify
from tests.integrations.signature_vectors import (
    DISCORD,
    GITHUB,
    NOW,
    OLD_HUB,
    PLAIN_ED25519,
    SLACK,
    STAMP,
    STANDARD,
    STANDARD_HEADERS,
    STANDARD_SECRET,
    TOKEN,
    VECTORS,
)


def request(headers: dict[str, str], body: bytes) -> Inbound:
    return Inbound("POST", headers, body, {}, NOW)


def refusal(
    signature: Signature, headers: dict[str, str], body: bytes, *secrets: str, now: datetime = NOW
) -> str:
    with pytest.raises(SignatureRefused) as caught:
        verify(signature, request(headers, body), secrets, now)
    return caught.value.reason


def test_every_declared_scheme_has_a_vector() -> None:
    """A token proves itself by being the same; every other scheme is judged by a vector."""
    declared = {source.signature for source in registry.sources().values() if source.sends}
    declared |= {tracker.signature for tracker in registry.trackers().values()}
    declared = {signature for signature in declared if signature.algorithm != "token"}
    judged = {replace(signature, otherwise=None) for signature, *_ in VECTORS.values()}
    assert {replace(signature, otherwise=None) for signature in declared} - judged == set()


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
            replacement = "1" if character != "1" else "2"
            changed = {**headers, header: value[:position] + replacement + value[position + 1 :]}
            assert refusal(signature, changed, body, secret, now=now) in (
                "signature_wrong",
                "signature_malformed",
                "timestamp_missing",
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
    library_signature = webhooks.Webhook(STANDARD_SECRET).sign("msg_1", now, body)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": library_signature,
    }
    verify(STANDARD, request(headers, body.encode()), [STANDARD_SECRET], now)
    signed_headers = sign(STANDARD, STANDARD_SECRET, body.encode(), "msg_1", int(now.timestamp()))
    assert webhooks.Webhook(STANDARD_SECRET).verify(body, signed_headers) == {
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
    signature = base64.b64encode(
        hmac.new(b"plain words", f"m.{STAMP}.x".encode(), hashlib.sha256).digest()
    ).decode()
    headers = {
        "webhook-id": "m",
        "webhook-timestamp": str(STAMP),
        "webhook-signature": f"v1,{signature}",
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

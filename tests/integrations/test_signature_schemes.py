"""What the schemes of platforms add: a token in the body, one of two schemes, times in other forms;
and every known answer that lies beside the repository."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from integrations.contract import Inbound, SignatureRefused
from integrations.signatures import Signature, sign, verify
from integrations.signed_times import read_time
from integrations.weak_secrets import weakness
from tests.integrations.signature_vectors import (
    DISCORD,
    FRONT,
    GITHUB,
    GITLAB,
    INTERCOM,
    MATTERMOST,
    NOW,
    SLACK,
    STAMP,
    STANDARD,
    STANDARD_SECRET,
    TEAMS,
    TIKTOK,
    TOKEN,
    ZENDESK,
    X,
)
from tests.paths import SHARED

FORM = {"content-type": "application/x-www-form-urlencoded"}


def refusal(signature: Signature, headers: dict[str, str], body: bytes, *secrets: str) -> str:
    with pytest.raises(SignatureRefused) as caught:
        verify(signature, Inbound("POST", headers, body, {}, NOW), secrets, NOW)
    return caught.value.reason


def accepted(signature: Signature, headers: dict[str, str], body: bytes, *secrets: str) -> None:
    verify(signature, Inbound("POST", headers, body, {}, NOW), secrets, NOW)


def test_a_token_may_stand_in_a_body() -> None:
    accepted(MATTERMOST, {}, b'{"token": "one", "text": "x"}', "two", "one")
    accepted(MATTERMOST, FORM, urlencode({"text": "x", "token": "one"}).encode(), "one")
    assert refusal(MATTERMOST, {}, b'{"token": "one"}', "two") == "signature_wrong"
    assert refusal(MATTERMOST, FORM, b"token=one&token=two", "two") == "signature_wrong"
    for body in (b"{}", b'{"token": ""}', b'{"token": 7}', b'{"token": ["one"]}', b"[", b"", b"[]"):
        assert refusal(MATTERMOST, {}, body, "one") == "signature_missing"
    assert refusal(MATTERMOST, FORM, b"a=1&" * 5_000 + b"token=one", "one") == "signature_missing"
    assert refusal(MATTERMOST, {}, b'{"token": "one"}', "") == "secret_missing"
    with pytest.raises(ValueError, match="body"):
        sign(MATTERMOST, "one", b"{}")


def test_a_signature_that_came_is_never_passed_over_for_a_token() -> None:
    signed = sign(GITLAB, STANDARD_SECRET, b"{}", "msg_1", STAMP)
    accepted(GITLAB, signed, b"{}", "a plain token", STANDARD_SECRET)
    with_token = {**signed, "x-gitlab-token": "a plain token"}
    secrets = ("a plain token", STANDARD_SECRET)
    assert refusal(GITLAB, with_token, b"changed", *secrets) == "signature_wrong"
    accepted(GITLAB, {"x-gitlab-token": "a plain token"}, b"{}", *secrets)
    accepted(GITLAB, with_token, b"changed", "a plain token")
    as_token = {"x-gitlab-token": STANDARD_SECRET}
    assert refusal(GITLAB, as_token, b"{}", STANDARD_SECRET) == "secret_missing"
    assert sign(GITLAB, "a plain token", b"{}") == {"x-gitlab-token": "a plain token"}


@pytest.mark.parametrize("signature", [ZENDESK, FRONT, TIKTOK])
def test_the_age_of_a_time_is_bounded_however_it_is_written(signature: Signature) -> None:
    headers = sign(signature, "secret", b"{}", timestamp=STAMP)
    for seconds in (-300, 300):
        moved = NOW + timedelta(seconds=seconds)
        verify(signature, Inbound("POST", headers, b"{}", {}, moved), ["secret"], moved)
    for seconds in (-301, 301):
        moved = NOW + timedelta(seconds=seconds)
        with pytest.raises(SignatureRefused) as caught:
            verify(signature, Inbound("POST", headers, b"{}", {}, moved), ["secret"], moved)
        assert caught.value.reason == "signature_stale"


@pytest.mark.parametrize(
    "value", ["soon", "1700000000", "2026-11-02", "2026-11-02T09:15:00", "-1", "9" * 400, "٣"]
)
def test_a_time_that_is_not_in_its_form_is_refused(value: str) -> None:
    headers = sign(ZENDESK, "secret", b"{}", timestamp=STAMP)
    headers["x-zendesk-webhook-signature-timestamp"] = value
    assert refusal(ZENDESK, headers, b"{}", "secret") == "signature_malformed"


@pytest.mark.parametrize("value", ["", "s=00", "t=1", "t=1,s=", ",,", "t=a,s=00", "t=1;s=00"])
def test_a_header_of_parts_that_lacks_one_is_refused(value: str) -> None:
    reasons = {"signature_missing", "timestamp_missing", "signature_malformed"}
    assert refusal(TIKTOK, {"tiktok-signature": value}, b"{}", "secret") in reasons


def test_a_secret_that_has_to_be_base64_is() -> None:
    assert refusal(TEAMS, {"authorization": "HMAC AAAA"}, b"{}", "not base64!") == "secret_missing"
    assert weakness(TEAMS, "not base64!")[0] == "secret_malformed"
    assert weakness(TEAMS, "vqF0En+Z0ucuRTM/01o2GuhMH3hKKk/N2bOmlM31zaA=") == ("", "")


SCHEMES: dict[str, Signature] = {
    "hub_sha256_hex": GITHUB,
    "hub_sha1_hex": INTERCOM,
    "hmac_sha256_hex": replace(GITHUB, prefix=""),
    "hmac_sha256_base64": replace(X, prefix=""),
    "zendesk_ts_body_base64": ZENDESK,
    "ed25519_timestamp_body": DISCORD,
    "slack_v0": SLACK,
    "standard_webhooks_v1": STANDARD,
    "x_crc_sha256_base64": X,
}
SIGNATURE_HEADER_ENDS = ("signature", "signature-256", "ed25519", "response_token")
OTHER_SCHEMES = {"twilio_url_params_sha1_base64": "it signs the address and sorted fields"}
VECTORS_FILE = SHARED / "samples" / "signature_vectors.json"
KNOWN_ANSWERS: list[Any] = json.loads(VECTORS_FILE.read_text()) if VECTORS_FILE.exists() else []


NO_ANSWERS = pytest.mark.skip(reason="no known answers are at hand here")


@pytest.mark.parametrize(
    "vector", [*map(pytest.param, KNOWN_ANSWERS)] or [pytest.param({}, marks=NO_ANSWERS)]
)
def test_a_known_answer_is_accepted_and_a_changed_body_is_not(vector: dict[str, Any]) -> None:
    if reason := OTHER_SCHEMES.get(vector["scheme"]):
        pytest.skip(reason)
    scheme = SCHEMES[vector["scheme"]]
    sent = {name.lower(): value for name, value in vector["headers"].items()}
    own = [value for name, value in sent.items() if name.endswith(SIGNATURE_HEADER_ENDS)]
    headers = {**sent, scheme.header: own[0]}
    stamp = sent.get(scheme.timestamp_header, "")
    if stamp and not stamp.isdigit() and scheme is not ZENDESK:
        pytest.skip("its time is no number")
    if scheme is ZENDESK and stamp.isdigit():
        scheme = replace(ZENDESK, timestamp_format="seconds")
    moment = NOW
    if stamp:
        moment = datetime.fromtimestamp(read_time(stamp, scheme.timestamp_format), UTC)
    body = vector["body"].encode()
    inbound = Inbound("POST", headers, body, {}, moment)
    verify(scheme, inbound, [vector["secret"]], moment)
    with pytest.raises(SignatureRefused):
        verify(scheme, replace(inbound, body=body + b" "), [vector["secret"]], moment)


def test_every_kind_of_token_is_compared_whole() -> None:
    assert refusal(TOKEN, {"x-gitlab-token": "a tok"}, b"{}", "a token") == "signature_wrong"

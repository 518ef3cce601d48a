"""Requests as a platform would sign them, by any scheme."""

from __future__ import annotations

import base64
import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from integrations.contract import Inbound
from integrations.signatures import Signature, sign
from tests.contract.source_cases import NOW

SECRETS = ("a secret of thirty-two characters", "and another one of some characters")
STAMP = int(NOW.timestamp())


def _private_key(number: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([number + 1] * 32))


def usable_secret(signature: Signature, number: int = 0) -> str:
    """A secret of the form that a scheme wants; the same one for the same number."""
    if signature.algorithm == "ed25519":
        return _private_key(number).public_key().public_bytes_raw().hex()
    if signature.is_base64_secret:
        return base64.b64encode(SECRETS[number].encode()).decode()
    return SECRETS[number]


def signed_by_sender(signature: Signature, secret: str, body: bytes) -> Inbound:
    """A request that holds ``body``, signed with ``secret`` at ``NOW``. For ed25519 the secret is
    one of ``usable_secret``."""
    if signature.body_token:
        body = json.dumps({**json.loads(body), signature.body_token: secret}).encode()
        return Inbound("POST", {}, body, {}, NOW)
    if signature.algorithm != "ed25519":
        return Inbound("POST", sign(signature, secret, body, "msg_1", STAMP), body, {}, NOW)
    number = next(one for one in range(2) if usable_secret(signature, one) == secret)
    signed = _private_key(number).sign(str(STAMP).encode() + body)
    headers = {signature.header: signed.hex(), signature.timestamp_header: str(STAMP)}
    return Inbound("POST", headers, body, {}, NOW)

"""Every signature scheme, declared as data and verified in one place: review this file first.

A platform declares what it does; nothing here is written for one of them:

    GitHub   Signature(header="x-hub-signature-256", prefix="sha256=")
    Slack    Signature(header="x-slack-signature", prefix="v0=", signed="v0:{timestamp}:{body}",
                       timestamp_header="x-slack-request-timestamp")
"""

from __future__ import annotations

import binascii
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal

from integrations.contract import Inbound, SignatureRefused

_HASH_NAMES = {"hmac-sha256": "sha256", "hmac-sha1": "sha1"}
_SIGNATURE_BYTES = {"hmac-sha256": 32, "hmac-sha1": 20, "ed25519": 64}
_MOST_SIGNATURES = 16  # in one header; rotation needs two
_TIMESTAMP_MOST_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Signature:
    """How a platform signs a request. Header names are lower case.

    ``header`` holds the signature, behind ``prefix`` and in ``encoding``; ``separator`` splits a
    header that holds several. ``algorithm`` ``token`` means that the header is the secret itself;
    for ``ed25519`` the secret is the platform's public key in hex. ``signed`` is the string to
    sign, with ``{id}``, ``{timestamp}`` and ``{body}`` filled in; ``id_header`` and
    ``timestamp_header`` (Unix seconds) name where those come from. ``tolerance`` in seconds bounds
    the age (and the future) of a signed timestamp. ``secret_prefix`` marks secrets that are base64
    behind it (``whsec_``).
    """

    header: str
    algorithm: Literal["hmac-sha256", "hmac-sha1", "ed25519", "token"] = "hmac-sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    signed: str = "{body}"
    id_header: str = ""
    timestamp_header: str = ""
    tolerance: int = 300
    separator: str = ""
    secret_prefix: str = ""


SENDS_NOTHING = Signature(header="")
"""Of a platform that sends nothing: no request carries it, and no source has a secret for it."""


def verify(signature: Signature, inbound: Inbound, secrets: Sequence[str], now: datetime) -> None:
    """Return if a holder of one of ``secrets`` signed this request lately, else raise
    SignatureRefused.

    ``secrets`` are all the active ones (public keys for ed25519); ``now`` is an aware time. The
    signature is compared in constant time over the raw bytes, before the age of the timestamp is
    looked at. Reasons: ``secret_missing``, ``signature_missing``, ``timestamp_missing``,
    ``signature_malformed``, ``signature_wrong``, ``signature_stale``.
    """
    keys = [key for secret in secrets if (key := _key(signature, secret))]
    if not keys:
        raise SignatureRefused(
            "secret_missing", "No usable secret is stored for this source: store one and try again."
        )
    header = inbound.headers.get(signature.header, "")
    if not header:
        raise SignatureRefused(
            "signature_missing", f"The {signature.header} header is missing: sign the request."
        )
    if signature.algorithm == "token":
        _verify_token(signature, header, keys)
        return
    timestamp = _timestamp(signature, inbound)
    candidates = list(_candidates(signature, header))
    if not candidates:
        raise SignatureRefused(
            "signature_malformed",
            f"The {signature.header} header holds no signature of this scheme.",
        )
    message = _message(signature, inbound.body, _signed_id(signature, inbound), timestamp)
    matches = _matches_ed25519 if signature.algorithm == "ed25519" else _matches_hmac
    if not matches(signature, keys, message, candidates):
        raise SignatureRefused(
            "signature_wrong",
            "The signature does not match: check that both sides hold the same secret.",
        )
    if timestamp and abs(now.timestamp() - int(timestamp)) > signature.tolerance:
        raise SignatureRefused(
            "signature_stale",
            f"The signed time is more than {signature.tolerance} seconds away from ours: check "
            "both clocks.",
        )


def sign(
    signature: Signature, secret: str, body: bytes, id: str = "", timestamp: int = 0
) -> dict[str, str]:
    """The headers that make ``body`` a request signed with ``secret``: what a sender does.

    ``timestamp`` is Unix seconds. Raises ValueError for ed25519 (only the platform holds the
    private key), for an unusable secret, and where the scheme signs an ``id`` or ``timestamp`` that
    is not given.
    """
    if signature.algorithm == "ed25519":
        raise ValueError("ed25519 requests can only be signed by the platform.")
    key = _key(signature, secret)
    if not key:
        raise ValueError("The secret is empty or not base64 behind its prefix.")
    if signature.algorithm == "token":
        return {signature.header: signature.prefix + secret}
    if (signature.id_header and not id) or (signature.timestamp_header and not timestamp):
        raise ValueError("This scheme signs an id or a timestamp: give both.")
    stamp = str(timestamp)
    digest = hmac.digest(
        key, _message(signature, body, id, stamp), _HASH_NAMES[signature.algorithm]
    )
    headers = {signature.header: signature.prefix + _encoded(signature, digest)}
    if signature.id_header:
        headers[signature.id_header] = id
    if signature.timestamp_header:
        headers[signature.timestamp_header] = stamp
    return headers


def _key(signature: Signature, secret: str) -> bytes:
    """The key bytes of a secret; empty for one that must never be accepted (blank, or not base64
    behind its prefix)."""
    if not secret or secret.isspace():
        return b""
    try:
        if signature.secret_prefix and secret.startswith(signature.secret_prefix):
            encoded = secret[len(signature.secret_prefix) :].rstrip("=")
            return binascii.a2b_base64(encoded + "=" * (-len(encoded) % 4), strict_mode=True)
        if signature.algorithm == "ed25519":
            return bytes.fromhex(secret)
        return secret.encode()
    except ValueError:
        return b""


def _verify_token(signature: Signature, header: str, keys: Sequence[bytes]) -> None:
    token = header.removeprefix(signature.prefix).encode("utf-8", "replace")
    # A list, not a generator: the time must not tell which secret matched.
    if not any([hmac.compare_digest(token, key) for key in keys]):
        raise SignatureRefused(
            "signature_wrong", "The token does not match: check that both sides hold the same one."
        )


def _timestamp(signature: Signature, inbound: Inbound) -> str:
    if not signature.timestamp_header:
        return ""
    timestamp = inbound.headers.get(signature.timestamp_header, "")
    if not timestamp:
        raise SignatureRefused(
            "timestamp_missing", f"The {signature.timestamp_header} header is missing."
        )
    if not (
        timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= _TIMESTAMP_MOST_DIGITS
    ):
        raise SignatureRefused(
            "signature_malformed", f"The {signature.timestamp_header} header is not Unix seconds."
        )
    return timestamp


def _signed_id(signature: Signature, inbound: Inbound) -> str:
    if not signature.id_header:
        return ""
    if not (value := inbound.headers.get(signature.id_header, "")):
        raise SignatureRefused(
            "signature_malformed", f"The {signature.id_header} header, a signed part, is missing."
        )
    return value


def _candidates(signature: Signature, header: str) -> Iterator[bytes]:
    """The decoded signatures of this scheme in the header: others (``v1a``, a wrong length, no
    base64) are left out."""
    parts = [header]
    if signature.separator:
        parts = header.split(signature.separator, _MOST_SIGNATURES)[:_MOST_SIGNATURES]
    for part in parts:
        if not part.startswith(signature.prefix):
            continue
        try:
            value = _decoded(signature, part.removeprefix(signature.prefix))
        except ValueError:
            continue
        if len(value) == _SIGNATURE_BYTES[signature.algorithm]:
            yield value


def _decoded(signature: Signature, text: str) -> bytes:
    """The bytes of a signature. Raises ValueError for what is not in the scheme's encoding."""
    if signature.encoding == "hex":
        return bytes.fromhex(text)
    return binascii.a2b_base64(text, strict_mode=True)


def _encoded(signature: Signature, value: bytes) -> str:
    if signature.encoding == "hex":
        return value.hex()
    return binascii.b2a_base64(value, newline=False).decode()


@lru_cache(maxsize=64)
def _template(signed: str) -> tuple[str, ...]:
    """``v0:{timestamp}:{body}`` as ("v0:", "{timestamp}", ":", "{body}"), so that filling it in is
    one join."""
    for name in ("{id}", "{timestamp}", "{body}"):
        signed = signed.replace(name, f"\0{name}\0")
    return tuple(part for part in signed.split("\0") if part)


def _message(signature: Signature, body: bytes, id: str, timestamp: str) -> bytes:
    if signature.signed == "{body}":
        return body
    values = {
        "{body}": body,
        "{id}": id.encode("utf-8", "replace"),
        "{timestamp}": timestamp.encode(),
    }
    return b"".join(
        [values[part] if part in values else part.encode() for part in _template(signature.signed)]
    )


def _matches_hmac(
    signature: Signature, keys: Sequence[bytes], message: bytes, candidates: Sequence[bytes]
) -> bool:
    hash_name = _HASH_NAMES[signature.algorithm]
    expected = [hmac.digest(key, message, hash_name) for key in keys]
    # A list, not a generator: the time must not tell which secret or signature matched.
    return any([hmac.compare_digest(digest, sent) for digest in expected for sent in candidates])


def _matches_ed25519(
    signature: Signature, keys: Sequence[bytes], message: bytes, candidates: Sequence[bytes]
) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    for key in keys:
        for sent in candidates:
            try:
                Ed25519PublicKey.from_public_bytes(key).verify(sent, message)
            except (InvalidSignature, ValueError):
                continue
            return True
    return False

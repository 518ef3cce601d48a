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
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal
from urllib.parse import parse_qs

from integrations.contract import Inbound, PayloadError, SignatureRefused
from integrations.signed_times import TIME_WORDS, TimeFormat, read_time, written_time

_HASH_NAMES = {"hmac-sha256": "sha256", "hmac-sha1": "sha1"}
_SIGNATURE_BYTES = {"hmac-sha256": 32, "hmac-sha1": 20, "ed25519": 64}
_MOST_SIGNATURES = 16  # in one header; rotation needs two
_MOST_FORM_FIELDS = 200


@dataclass(frozen=True, slots=True)
class Signature:
    """How a platform signs a request. Header names are lower case.

    ``header`` holds the signature, behind ``prefix`` and in ``encoding``; ``separator`` splits a
    header that holds several. ``algorithm`` ``token`` means that the header is the secret itself;
    for ``ed25519`` the secret is the platform's public key in hex. ``signed`` is the string to
    sign, with ``{id}``, ``{timestamp}`` and ``{body}`` filled in; ``id_header`` and
    ``timestamp_header`` name where those come from, and ``timestamp_format`` how the time is
    written: Unix seconds, Unix milliseconds, or RFC 3339. ``tolerance`` in seconds bounds the age
    (and the future) of a signed timestamp. ``secret_prefix`` marks secrets that are base64 behind
    it (``whsec_``); ``is_base64_secret`` says that every secret is, as a whole.

    ``signature_key`` and ``timestamp_key`` name parts of one header that holds both, split by
    ``separator``: ``t=1700000000,s=5257a8..``. ``body_token`` names the field of a JSON body or a
    form that holds the secret itself, where no header does.

    ``otherwise`` is the scheme of senders that do not sign: it holds for requests without this
    header, and for sources without a secret behind ``secret_prefix``. The two never share a secret,
    and a signature that came is never passed over.
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
    timestamp_format: TimeFormat = "seconds"
    is_base64_secret: bool = False
    signature_key: str = ""
    timestamp_key: str = ""
    body_token: str = ""
    otherwise: Signature | None = None


SENDS_NOTHING = Signature(header="")
"""Of a platform that sends nothing: no request carries it, and no source has a secret for it."""


STANDARD_WEBHOOKS = Signature(
    header="webhook-signature",
    encoding="base64",
    prefix="v1,",
    signed="{id}.{timestamp}.{body}",
    id_header="webhook-id",
    timestamp_header="webhook-timestamp",
    separator=" ",
    secret_prefix="whsec_",  # noqa: S106 - the prefix of every such secret
)
"""How requests are signed as https://www.standardwebhooks.com says."""


def verify(signature: Signature, inbound: Inbound, secrets: Sequence[str], now: datetime) -> None:
    """Return if a holder of one of ``secrets`` signed this request lately, else raise
    SignatureRefused.

    ``secrets`` are all the active ones (public keys for ed25519); ``now`` is an aware time. The
    signature is compared in constant time over the raw bytes, before the age of the timestamp is
    looked at. Reasons: ``secret_missing``, ``signature_missing``, ``timestamp_missing``,
    ``signature_malformed``, ``signature_wrong``, ``signature_stale``.
    """
    if signature.otherwise is not None:
        signature, secrets = _scheme(signature, signature.otherwise, inbound, secrets)
    keys = [key for secret in secrets if (key := _key(signature, secret))]
    if not keys:
        raise SignatureRefused(
            "secret_missing", "No usable secret is stored for this source: store one and try again."
        )
    if signature.body_token:
        _verify_token(signature, _token_in_body(signature, inbound), keys)
        return
    header = inbound.headers.get(signature.header, "")
    if not header:
        raise SignatureRefused(
            "signature_missing", f"The {signature.header} header is missing: sign the request."
        )
    if signature.algorithm == "token":
        _verify_token(signature, header, keys)
        return
    timestamp, stamped_at = _timestamp(signature, inbound, header)
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
    if timestamp and abs(now.timestamp() - stamped_at) > signature.tolerance:
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
    private key), for a secret that stands in the body, for an unusable one, and where the scheme
    signs an ``id`` or ``timestamp`` that is not given.
    """
    if signature.otherwise is not None and not secret.startswith(signature.secret_prefix):
        return sign(signature.otherwise, secret, body, id, timestamp)
    if signature.body_token:
        raise ValueError("The secret of this scheme stands in the body.")
    if signature.algorithm == "ed25519":
        raise ValueError("ed25519 requests can only be signed by the platform.")
    key = _key(signature, secret)
    if not key:
        raise ValueError("The secret is empty or not base64 behind its prefix.")
    if signature.algorithm == "token":
        return {signature.header: signature.prefix + secret}
    is_timed = bool(signature.timestamp_header or signature.timestamp_key)
    if (signature.id_header and not id) or (is_timed and not timestamp):
        raise ValueError("This scheme signs an id or a timestamp: give both.")
    stamp = written_time(timestamp, signature.timestamp_format)
    digest = hmac.digest(
        key, _message(signature, body, id, stamp), _HASH_NAMES[signature.algorithm]
    )
    encoded = signature.prefix + _encoded(signature, digest)
    if signature.signature_key:
        parts = [f"{signature.timestamp_key}={stamp}", f"{signature.signature_key}={encoded}"]
        encoded = signature.separator.join(parts)
    headers = {signature.header: encoded}
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
        is_prefixed = bool(signature.secret_prefix) and secret.startswith(signature.secret_prefix)
        if is_prefixed or signature.is_base64_secret:
            encoded = secret.removeprefix(signature.secret_prefix).rstrip("=")
            return binascii.a2b_base64(encoded + "=" * (-len(encoded) % 4), strict_mode=True)
        if signature.algorithm == "ed25519":
            return bytes.fromhex(secret)
        return secret.encode()
    except ValueError:
        return b""


def _scheme(
    signature: Signature, otherwise: Signature, inbound: Inbound, secrets: Sequence[str]
) -> tuple[Signature, Sequence[str]]:
    """The scheme that a request has to fulfil, and the secrets that are meant for it."""
    signing = [secret for secret in secrets if secret.startswith(signature.secret_prefix)]
    if signing and inbound.headers.get(signature.header):
        return signature, signing
    return otherwise, [secret for secret in secrets if secret not in signing]


def _token_in_body(signature: Signature, inbound: Inbound) -> str:
    """The field that holds the secret, of a JSON object or a form. Raises SignatureRefused."""
    value: object = None
    if inbound.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        body = inbound.body.decode("utf-8", "replace")
        with suppress(ValueError):
            fields = parse_qs(body, max_num_fields=_MOST_FORM_FIELDS)
            value = fields.get(signature.body_token, [""])[0]
    else:
        with suppress(PayloadError):
            value = inbound.json().get(signature.body_token)
    if not isinstance(value, str) or not value:
        raise SignatureRefused(
            "signature_missing",
            f"The body has no {signature.body_token}: it holds the secret of the platform.",
        )
    return value


def _verify_token(signature: Signature, sent: str, keys: Sequence[bytes]) -> None:
    token = sent.removeprefix(signature.prefix).encode("utf-8", "replace")
    # A list, not a generator: the time must not tell which secret matched.
    if not any([hmac.compare_digest(token, key) for key in keys]):
        raise SignatureRefused(
            "signature_wrong", "The token does not match: check that both sides hold the same one."
        )


def _timestamp(signature: Signature, inbound: Inbound, header: str) -> tuple[str, float]:
    """The signed time as it was sent, and in Unix seconds; blank and 0 where none is signed."""
    if signature.timestamp_key:
        timestamp, where = _part(signature, header, signature.timestamp_key), "signed"
    elif signature.timestamp_header:
        timestamp = inbound.headers.get(signature.timestamp_header, "")
        where = signature.timestamp_header
    else:
        return "", 0.0
    if not timestamp:
        raise SignatureRefused("timestamp_missing", f"The {where} header is missing its time.")
    try:
        return timestamp, read_time(timestamp, signature.timestamp_format)
    except (ValueError, OverflowError):
        written = TIME_WORDS[signature.timestamp_format]
        raise SignatureRefused(
            "signature_malformed", f"The time in the {where} header is not {written}."
        ) from None


def _part(signature: Signature, header: str, key: str) -> str:
    """What stands behind ``key=`` in a header of several parts, or blank."""
    for part in header.split(signature.separator, _MOST_SIGNATURES):
        name, _, value = part.strip().partition("=")
        if name == key:
            return value
    return ""


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
    if signature.signature_key:
        parts = [_part(signature, header, signature.signature_key)]
    elif signature.separator:
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

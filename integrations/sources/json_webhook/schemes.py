"""How a webhook may be signed: the schemes to choose from, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from integrations.signatures import STANDARD_WEBHOOKS, Signature

Scheme = Literal[
    "sha256_hex",
    "sha256_base64",
    "sha1_hex",
    "timed_sha256_hex",
    "timed_in_one_header",
    "standard_webhooks",
    "slack",
    "token",
    "bearer_token",
    "canny",
]

SIGNING_SCHEMES: Mapping[Scheme, Signature] = {
    "sha256_hex": Signature(header="x-hub-signature-256", prefix="sha256="),
    "sha256_base64": Signature(header="x-signature", encoding="base64"),
    "sha1_hex": Signature(header="x-hub-signature", algorithm="hmac-sha1", prefix="sha1="),
    "timed_sha256_hex": Signature(
        header="x-webhook-signature",
        signed="{timestamp}.{body}",
        timestamp_header="x-webhook-timestamp",
    ),
    "timed_in_one_header": Signature(
        header="x-webhook-signature",
        signed="{timestamp}.{body}",
        signature_key="v1",
        timestamp_key="t",
        separator=",",
    ),
    "standard_webhooks": STANDARD_WEBHOOKS,
    "slack": Signature(
        header="x-slack-signature",
        prefix="v0=",
        signed="v0:{timestamp}:{body}",
        timestamp_header="x-slack-request-timestamp",
    ),
    "token": Signature(header="x-webhook-token", algorithm="token"),
    "bearer_token": Signature(header="authorization", algorithm="token", prefix="Bearer "),
    # It covers a nonce and not the body: who has seen one request can send others.
    "canny": Signature(
        header="canny-signature", encoding="base64", signed="{id}", id_header="canny-nonce"
    ),
}
DEFAULT_SCHEME: Scheme = "sha256_hex"


def signature_of(scheme: Scheme, header: str, prefix: str | None) -> Signature:
    """The scheme, with another header and prefix where those are given."""
    signature = SIGNING_SCHEMES[scheme]
    if header:
        signature = replace(signature, header=header.lower())
    return signature if prefix is None else replace(signature, prefix=prefix)

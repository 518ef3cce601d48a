"""Which signing secrets protect nothing: too short, the same over and over, or not in their
form."""

from __future__ import annotations

import binascii

from integrations.signatures import Signature

SECRET_CHARACTERS_LEAST = 8
SECRET_DIFFERENT_LEAST = 5
"""Different characters, or bytes, in a secret that somebody could not guess at once."""
STANDARD_KEY_BYTES_LEAST = 16
"""Standard Webhooks asks for 24 and more; what other programs made with fewer is let in."""
PUBLIC_KEY_BYTES = 32


def weakness(signature: Signature, secret: str) -> tuple[str, str]:
    """(reason, sentence) against a secret, without surrounding space; blank where there is
    none."""
    if len(secret) < SECRET_CHARACTERS_LEAST:
        return "secret_too_short", f"A secret has at least {SECRET_CHARACTERS_LEAST} characters."
    if signature.algorithm == "ed25519":
        return _public_key_weakness(secret)
    prefix = signature.secret_prefix
    if signature.is_base64_secret or (prefix and secret.startswith(prefix)):
        return _encoded_weakness(secret.removeprefix(prefix), prefix)
    return _sameness(secret)


def _encoded_weakness(encoded: str, prefix: str) -> tuple[str, str]:
    subject = f"What stands behind {prefix}" if prefix else "This secret"
    where = f" behind {prefix}" if prefix else ""
    encoded = encoded.rstrip("=")
    try:
        key = binascii.a2b_base64(encoded + "=" * (-len(encoded) % 4), strict_mode=True)
    except ValueError:
        return (
            "secret_malformed",
            f"{subject} is not base64: copy the whole secret again.",
        )
    if len(key) < STANDARD_KEY_BYTES_LEAST:
        return (
            "secret_too_short",
            f"A secret has at least {STANDARD_KEY_BYTES_LEAST} bytes{where}, this one has "
            f"{len(key)}: copy the whole of it, or leave it out to get one made.",
        )
    return _sameness(key)


def _public_key_weakness(secret: str) -> tuple[str, str]:
    try:
        key = bytes.fromhex(secret)
    except ValueError:
        key = b""
    if len(key) != PUBLIC_KEY_BYTES:
        sentence = "This is not a public key: it has 64 characters, 0 to 9 and a to f."
        return "secret_malformed", sentence
    return "", ""


def _sameness(secret: str | bytes) -> tuple[str, str]:
    if len(set(secret)) < SECRET_DIFFERENT_LEAST:
        return (
            "secret_weak",
            "This secret repeats the same few characters, so that anybody could guess it: make a "
            "random one.",
        )
    return "", ""

"""Tokens as they may stand in a header, and private keys."""

from __future__ import annotations

import re
from typing import Annotated

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import AfterValidator, ConfigDict, SecretStr

# An error of pydantic quotes what was entered: it must not quote a secret.
SECRETIVE = ConfigDict(hide_input_in_errors=True)
MULTILINE = "multiline"
"""Key of ``json_schema_extra`` for a secret of several lines."""
ASKED_WITH = "asked_with"
ASKED_WITHOUT = "asked_without"
"""Keys of ``json_schema_extra``: an optional secret is asked for where that field has a value, or
where it has none."""
RSA_LEAST_BITS = 2048

_PEM = re.compile(r"(-----BEGIN [A-Z ]+-----)(.*?)(-----END [A-Z ]+-----)", re.DOTALL)


def _sendable(token: SecretStr) -> SecretStr:
    value = token.get_secret_value().strip()
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError(
            "A token is one word of ASCII characters. Copy it again, without anything around it."
        )
    return SecretStr(value)


def _rsa_key(secret: SecretStr) -> SecretStr:
    """A key in PEM, whose line breaks may have become spaces or ``\\n`` on the way here."""
    match = _PEM.search(secret.get_secret_value().replace("\\n", "\n"))
    lines = "\n".join([match[1], *match[2].split(), match[3], ""]) if match else ""
    try:
        key = load_pem_private_key(lines.encode(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, RSAPrivateKey) or key.key_size < RSA_LEAST_BITS:
        raise ValueError(
            "This is no RSA key in PEM without a password. Enter the whole file, from "
            "-----BEGIN RSA PRIVATE KEY----- to the last line."
        )
    return SecretStr(lines)


Token = Annotated[SecretStr, AfterValidator(_sendable)]
PrivateKey = Annotated[SecretStr, AfterValidator(_rsa_key)]

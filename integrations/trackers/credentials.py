"""What lets us into a tracker: tokens, and private keys."""

from __future__ import annotations

import re
from typing import Annotated

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import AfterValidator, SecretStr

from integrations.entered_tokens import SECRETIVE as SECRETIVE
from integrations.entered_tokens import Token as Token

MULTILINE = "multiline"
"""Key of ``json_schema_extra`` for a secret of several lines."""
ASKED_WITH = "asked_with"
ASKED_WITHOUT = "asked_without"
"""Keys of ``json_schema_extra``: an optional secret is asked for where that field has a value, or
where it has none."""
RSA_LEAST_BITS = 2048

_PEM = re.compile(r"(-----BEGIN [A-Z ]+-----)(.*?)(-----END [A-Z ]+-----)", re.DOTALL)


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


PrivateKey = Annotated[SecretStr, AfterValidator(_rsa_key)]

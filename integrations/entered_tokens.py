"""Tokens that people enter, as they may stand in a header."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, ConfigDict, SecretStr

# An error of pydantic quotes what was entered: it must not quote a secret.
SECRETIVE = ConfigDict(hide_input_in_errors=True)


def _sendable(token: SecretStr) -> SecretStr:
    value = token.get_secret_value().strip()
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError(
            "A token is one word of ASCII characters. Copy it again, without anything around it."
        )
    return SecretStr(value)


Token = Annotated[SecretStr, AfterValidator(_sendable)]

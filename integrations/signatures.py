"""Every signature scheme, declared as data and verified in one place. Review this file before any other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Signature:
    """How a platform signs a request.

    ``signed`` is the string to sign, with ``{id}``, ``{timestamp}`` and ``{body}`` filled in. ``id_header`` and
    ``timestamp_header`` name where those come from. ``separator`` splits a header that holds several signatures.
    ``tolerance`` in seconds bounds the age (and the future) of a signed timestamp. ``secret_prefix`` marks secrets that
    are base64 behind it (``whsec_``).
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

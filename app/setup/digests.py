"""How cookies and tokens are kept: a stolen copy of the database opens nothing."""

from __future__ import annotations

import hashlib


def digest(secret: str) -> str:
    """SHA-256 in hexadecimal; enough for a random secret, and never used for a password."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()

"""Tokens of forms, written differently into every page.

Pages are compressed, and the length of what is compressed tells whether two parts of it are alike
(BREACH, https://breachattack.com): a token that always looked the same could be guessed by its
likeness to what an address puts into the page. A mask is the token combined with fresh random
bytes, beside these bytes.
"""

from __future__ import annotations

import base64
import hmac
import secrets


def masked(token: str) -> str:
    """``token`` as a form may carry it: another text each time."""
    plain = token.encode()
    pad = secrets.token_bytes(len(plain))
    return base64.urlsafe_b64encode(pad + _combined(plain, pad)).decode()


def is_mask_of(mask: str, token: str) -> bool:
    """Whether ``mask`` was made from this token; in constant time for masks of a right length."""
    try:
        both = base64.b64decode(mask, altchars=b"-_", validate=True)
    except ValueError:
        return False
    half = len(both) // 2
    return hmac.compare_digest(_combined(both[:half], both[half:]), token.encode())


def _combined(left: bytes, right: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(left, right, strict=False))

"""Takes our secrets out of what a tracker says: some repeat the request in an error."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from urllib.parse import quote, quote_plus

from integrations.tracker_contract import Finding

SCRUBBED = "[secret]"
SHORTEST_SECRET_CHARACTERS = 4
"""Anything shorter would take parts of common words away, and protects nothing."""
# A user and a token, or whatever stands before it, shift the letters of base64 by up to two bytes.
_SHIFTS = (b"", b"x", b"xx")
_HEADER = re.compile(r"\b(Basic|Bearer)(\s|%20|\+)+[^\s\"',;<>\\]+", re.IGNORECASE)


class Scrubber:
    """Knows the secrets of one connection, in every form in which they travel."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._forms: set[str] = set()
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Take this one out from now on as well."""
        if len(secret) >= SHORTEST_SECRET_CHARACTERS:
            self._forms.update(form for form in _forms(secret) if form)

    def clean(self, text: str) -> str:
        """``text`` without our secrets, and without any header that lets somebody in."""
        for form in sorted(self._forms, key=len, reverse=True):
            text = re.sub(re.escape(form), SCRUBBED, text, flags=re.IGNORECASE)
        return _HEADER.sub(rf"\1 {SCRUBBED}", text)

    def cleaned(self, findings: Iterable[Finding]) -> list[Finding]:
        """Findings with clean sentences."""
        return [
            replace(
                finding,
                subject=self.clean(finding.subject),
                detail=self.clean(finding.detail),
                remedy=self.clean(finding.remedy),
            )
            for finding in findings
        ]


def _forms(secret: str) -> Iterator[str]:
    yield secret
    yield quote(secret, safe="")
    yield quote_plus(secret)
    yield json.dumps(secret)[1:-1]
    for shift in _SHIFTS:
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode(shift + secret.encode()).decode().rstrip("=")
            # The letters at both ends hold bits of what stands beside the secret.
            inner = encoded[(4 if shift else 0) : -2 or None]
            if len(inner) >= 2 * SHORTEST_SECRET_CHARACTERS:
                yield inner
                yield quote(inner, safe="")
    yield secret.encode().hex()

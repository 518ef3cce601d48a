"""A digest for programs: the same fields on the command line and in webhooks as in the API."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from app.digests.digest import Digest


def digest_data(digest: Digest) -> dict[str, Any]:
    """The digest as JSON has it."""
    period = digest.period
    return {
        "period": period.key,
        "frequency": period.frequency.value,
        "span": _span(period.span),
        "compared": _span(period.span.before()),
        "product": digest.product,
        "path": digest.path,
        "figures": [{**asdict(figure), "change": figure.change.value} for figure in digest.figures],
        "sections": [asdict(section) for section in digest.sections],
        "notes": list(digest.notes),
        "ended": digest.ended,
        "eventful": digest.eventful,
        "read_at": digest.read_at.isoformat(),
    }


def _span(span: Any) -> dict[str, str]:
    return {"first": span.first.isoformat(), "last": span.last.isoformat(), "tz": span.tz}

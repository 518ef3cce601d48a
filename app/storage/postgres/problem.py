"""What a reader is told when the embedded server cannot serve."""

from __future__ import annotations

from app.errors import Unavailable


class PostgresProblem(Unavailable):
    """The embedded PostgreSQL cannot start or stop; the sentence names the remedy."""

    reason = "embedded_start_failed"

"""Why something could not be sent."""

from __future__ import annotations


class SendFailed(Exception):
    """A sending that failed.

    ``permanent``: trying again is of no use before somebody changes something. ``ambiguous``: the
    answer was lost, so it may have arrived. ``retry_after``: seconds that the other side asks for.
    ``detail`` is a sentence without secrets.
    """

    def __init__(
        self,
        reason: str,
        detail: str,
        *,
        permanent: bool = False,
        ambiguous: bool = False,
        retry_after: float = 0.0,
    ) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.permanent = permanent
        self.ambiguous = ambiguous
        self.retry_after = retry_after

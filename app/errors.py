"""The one base error of the service: a status, a reason code and what to do next."""

from __future__ import annotations


class RelayError(Exception):
    """Something the caller can act on.

    ``reason`` is one short snake_case word: it stands in the error body, the log, the metric label
    and the dashboard. ``detail`` is a sentence. ``status`` is the HTTP status of the answer.
    """

    status = 500
    reason = "internal_error"

    def __init__(
        self, detail: str, *, reason: str | None = None, status: int | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        if reason is not None:
            self.reason = reason
        if status is not None:
            self.status = status


class NotFound(RelayError):
    """What the caller names does not exist (any more)."""

    status = 404
    reason = "not_found"


class Invalid(RelayError):
    """A value the caller sent cannot be used."""

    status = 422
    reason = "invalid_value"


class Conflict(RelayError):
    """The state is another one than the caller thinks."""

    status = 409
    reason = "conflict"


class Unauthorized(RelayError):
    """Nobody is signed in, or the token is not valid."""

    status = 401
    reason = "unauthorized"


class Forbidden(RelayError):
    """Signed in, but not allowed to do this."""

    status = 403
    reason = "forbidden"


class TooMany(RelayError):
    """More is asked of us at once than we do; the caller should try again after ``retry_after``
    seconds."""

    status = 429
    reason = "too_many"
    retry_after = 5


class Unavailable(RelayError):
    """Something we need is down for now; the caller should try again."""

    status = 503
    reason = "unavailable"


class ConfigError(RelayError):
    """The service cannot start with these settings."""

    reason = "configuration_error"

"""Misbehaviour on demand: the sandbox answers as trackers do on their bad days."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, Literal

from pydantic import BaseModel, Field

Mode = Literal["rate_limit", "status", "timeout_after_work", "lost_response", "limit"]


_LIMIT_WAIT_SECONDS = 2.0

# What GitHub says.
_SECONDARY_LIMIT = "You have exceeded a secondary rate limit. Please wait before you try again."
_DEFAULT_MESSAGE = "Something failed in the sandbox, as it was told to."
_STATUS_MESSAGES = {
    400: "The request is not valid.",
    401: "Bad credentials",
    403: "Resource not accessible by this token",
    404: "Not Found",
    410: "Issues are disabled for this repo",
    422: "Validation Failed",
}


class Fault(BaseModel):
    """One rule. It fits requests by method and path (``*`` as in file names) and holds ``count``
    times, or for ever.

    - ``rate_limit``: 429 (or ``status`` 403), with ``Retry-After`` where ``retry_after`` seconds
      are given
    - ``status``: answers ``status`` without doing the work
    - ``timeout_after_work``: does the work, then stays silent for ``seconds`` or until the client
      leaves
    - ``lost_response``: does the work, then closes the connection
    - ``limit``: lets ``requests`` per ``per`` seconds through, then 429 with ``Retry-After`` (2
      unless given)
    """

    mode: Mode
    method: str = "*"
    path: str = "*"
    count: int | None = Field(default=1, ge=1)
    status: int | None = Field(default=None, ge=400, le=599)
    retry_after: float | None = Field(default=None, ge=0)
    seconds: float = Field(default=60.0, ge=0)
    requests: int = Field(default=2, ge=1)
    per: float = Field(default=1.0, gt=0)
    message: str = ""

    def fits(self, method: str, path: str) -> bool:
        """Whether the rule speaks about a request."""
        return fnmatchcase(method, self.method.upper()) and fnmatchcase(path, self.path)


class Faults:
    """The rules in force, in the order in which they were added."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._rules: list[Fault] = []
        self._passed: deque[float] = deque()

    @property
    def rules(self) -> list[Fault]:
        """What is still in force."""
        return list(self._rules)

    def add(self, fault: Fault) -> None:
        """Put a rule in force."""
        self._rules.append(fault)

    def clear(self) -> None:
        """Behave well again."""
        self._rules.clear()
        self._passed.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The rule for a request, used up once where it is counted."""
        for fault in self._rules:
            if not fault.fits(method, path):
                continue
            if fault.mode == "limit":
                if self._within(fault):
                    continue
                return fault
            if fault.count is not None:
                fault.count -= 1
                if fault.count == 0:
                    self._rules.remove(fault)
            return fault
        return None

    def _within(self, fault: Fault) -> bool:
        now = self._clock().timestamp()
        while self._passed and now - self._passed[0] >= fault.per:
            self._passed.popleft()
        if len(self._passed) >= fault.requests:
            return False
        self._passed.append(now)
        return True


def answer(fault: Fault, path: str) -> tuple[int, dict[str, str], dict[str, Any]] | None:
    """Status, headers and JSON of a rule that answers in the place of the work; None where the work
    is done first."""
    headers: dict[str, str] = {}
    if fault.mode in ("rate_limit", "limit"):
        wait = fault.retry_after
        if fault.mode == "limit":
            wait = wait or _LIMIT_WAIT_SECONDS
        if wait is not None:
            headers["retry-after"] = f"{wait:g}"
        return fault.status or 429, headers, _body(path, fault.message or _SECONDARY_LIMIT, {})
    if fault.mode == "status":
        status = fault.status or 500
        message = fault.message or _STATUS_MESSAGES.get(status, _DEFAULT_MESSAGE)
        fields = {"customfield_10010": "Team is required."} if status in (400, 422) else {}
        return status, headers, _body(path, message, fields)
    return None


def _body(path: str, message: str, fields: dict[str, str]) -> dict[str, Any]:
    """An error body in the shape of the API that the path belongs to."""
    if path.startswith("/rest/"):
        return {"errorMessages": [] if fields else [message], "errors": fields}
    errors = [
        {"resource": "Issue", "field": name, "code": "invalid", "message": text}
        for name, text in fields.items()
    ]
    return {
        "message": message,
        "documentation_url": "https://docs.github.com/rest",
        **({"errors": errors} if errors else {}),
    }

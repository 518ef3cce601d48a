"""Misbehaviour on demand: the sandbox answers as trackers do on their bad days."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, Literal

from pydantic import BaseModel, Field

Mode = Literal[
    "rate_limit",
    "status",
    "timeout_after_work",
    "lost_response",
    "limit",
    "anonymous",
    "no_access",
    "renamed",
    "hook_lost",
    "hook_twice",
    "hook_late",
]
HOOK_MODES = ("hook_lost", "hook_twice", "hook_late")


_LIMIT_WAIT_SECONDS = 2.0

# What GitHub says.
_SECONDARY_LIMIT = "You have exceeded a secondary rate limit. Please wait before you try again."
_NOT_TO_BE_SEEN = "Issue does not exist or you do not have permission to see it."
_NO_ISSUES: dict[str, Any] = {"issues": [], "isLast": True, "startAt": 0, "total": 0}
_DEFAULT_MESSAGE = "Something failed in the sandbox, as it was told to."
_STATUS_MESSAGES = {
    400: "The request is not valid.",
    401: "Bad credentials",
    403: "Resource not accessible by this token",
    404: "Not Found",
    410: "Issues are disabled for this repo",
    422: "Validation Failed",
}


_LINEAR_CODES = {
    _SECONDARY_LIMIT: "RATELIMITED",
    _STATUS_MESSAGES[401]: "AUTHENTICATION_ERROR",
    _STATUS_MESSAGES[403]: "FORBIDDEN",
    _DEFAULT_MESSAGE: "INTERNAL_SERVER_ERROR",
}
"""What Linear calls an error beside its words."""


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
    - ``anonymous``: the token expired; Jira answers a search with 200 and nothing, an issue with
      404, and says it in a header alone; GitHub answers 401
    - ``no_access``: the account is known and sees neither repository nor project any more: 404, and
      nothing from a search of Jira
    - ``hook_lost``, ``hook_twice``, ``hook_late``: a webhook is not sent, sent twice with the same
      delivery id, or held back until the next one was sent; ``path`` fits the ticket's slug
    - ``renamed``: the repository is called ``to`` (``owner/name``) now: 301 for GET, 307 otherwise;
      the project of GitLab at ``path`` has the id ``to``: 301 for GET, 405 otherwise
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
    to: str = ""

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
            if fault.mode in HOOK_MODES or not fault.fits(method, path):
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

    def take_hook(self, slug: str) -> Mode | None:
        """What goes wrong with the webhook about a ticket; used up where it is counted."""
        for fault in self._rules:
            if fault.mode in HOOK_MODES and fault.fits("*", slug):
                if fault.count is not None:
                    fault.count -= 1
                    if fault.count == 0:
                        self._rules.remove(fault)
                return fault.mode
        return None

    def _within(self, fault: Fault) -> bool:
        now = self._clock().timestamp()
        while self._passed and now - self._passed[0] >= fault.per:
            self._passed.popleft()
        if len(self._passed) >= fault.requests:
            return False
        self._passed.append(now)
        return True


Answer = tuple[int, dict[str, str], dict[str, Any]]


def answer(fault: Fault, method: str, path: str) -> Answer | None:
    """Status, headers and JSON of a rule that answers in the place of the work; None where the work
    is done first, or where the rule does not touch the path."""
    headers: dict[str, str] = {}
    if fault.mode == "anonymous":
        return _to_a_stranger(method, path)
    if fault.mode == "no_access":
        return _without_access(path)
    if fault.mode == "renamed" and path.startswith("/gitlab/"):
        return _moved_project(fault, method, path)
    if fault.mode == "renamed":
        status = 301 if method == "GET" else 307
        rest = "/".join(path.split("/")[4:])  # after /repos/owner/name
        location = f"/repos/{fault.to}" + (f"/{rest}" if rest else "")
        return status, {"location": location}, {"message": "Moved Permanently", "url": location}
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


def _moved_project(fault: Fault, method: str, path: str) -> Answer:
    if method != "GET":
        return 405, {}, {"message": "Non GET methods are not allowed for moved projects"}
    rest = path.removeprefix(fault.path.rstrip("*"))
    location = f"/gitlab/api/v4/projects/{fault.to}{rest}"
    return 301, {"location": location}, {"message": "Moved Permanently"}


def _to_a_stranger(method: str, path: str) -> Answer:
    if not path.startswith("/rest/"):
        return 401, {}, _body(path, "Bad credentials", {})
    cloud = path.startswith("/rest/api/3/")
    headers = (
        {"x-seraph-loginreason": "AUTHENTICATED_FAILED"} if cloud else {"x-ausername": "anonymous"}
    )
    if _is_jira_search(path):
        return 200, headers, _NO_ISSUES
    if method != "GET" or path.endswith("/myself"):
        return 401, headers, _body(path, "You are not authenticated.", {})
    return 404, headers, _body(path, _NOT_TO_BE_SEEN, {})


def _without_access(path: str) -> Answer | None:
    if path.endswith(("/user", "/rate_limit", "/myself", "/serverInfo", "/self")):
        return None
    if _is_jira_search(path):
        return 200, {}, _NO_ISSUES
    missing = _NOT_TO_BE_SEEN if path.startswith("/rest/") else "Not Found"
    return 404, {}, _body(path, missing, {})


def _is_jira_search(path: str) -> bool:
    return path.startswith("/rest/") and "/search" in path


def _body(path: str, message: str, fields: dict[str, str]) -> dict[str, Any]:
    """An error body in the shape of the API that the path belongs to."""
    if path.startswith("/rest/"):
        return {"errorMessages": [] if fields else [message], "errors": fields}
    if path.startswith("/linear/"):
        words = "; ".join(fields.values()) or message
        code = _LINEAR_CODES.get(message, "INVALID_INPUT")
        return {"errors": [{"message": words, "extensions": {"code": code}}]}
    if path.startswith("/gitlab/"):
        return {"message": {name: [text] for name, text in fields.items()} or message}
    errors = [
        {"resource": "Issue", "field": name, "code": "invalid", "message": text}
        for name, text in fields.items()
    ]
    return {
        "message": message,
        "documentation_url": "https://docs.github.com/rest",
        **({"errors": errors} if errors else {}),
    }

"""The tokens of a GitHub App: made from its private key, good for an hour, made anew in time.

Source: GitHub, "Generating a JSON Web Token (JWT) for a GitHub App" and "Authenticating as a GitHub
App installation".
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn

import httpx

from integrations import failures
from integrations.tracker_contract import TrackerError

CLOCK_AHEAD_SECONDS = 60
"""GitHub refuses a time of issue that its own clock has not reached."""
JWT_SECONDS = 540
"""GitHub refuses more than ten minutes."""
RENEW_BEFORE = timedelta(minutes=10)
CLOCK_WRONG_SECONDS = 30
NEEDED_PERMISSIONS = {"issues": "write", "metadata": "read"}

Send = Callable[[str, str, str, dict[str, Any] | None], Awaitable[httpx.Response]]
"""Sends one request: method, path, token, JSON."""


@dataclass(frozen=True, slots=True)
class GitHubApp:
    """Who the App is. ``installation_id`` is blank where GitHub is asked for it."""

    app_id: str
    private_key: str = field(repr=False)
    installation_id: str = ""


@dataclass(frozen=True, slots=True)
class _InstallationToken:
    token: str = field(repr=False)
    expires_at: datetime


_Key = tuple[str, str, str, str, bytes]

# Trackers are opened anew for every run, and a token is good for an hour: all of a process share
# it. Two that find none at the same time make one each, and both are good.
_TOKENS: dict[_Key, _InstallationToken] = {}


class InstallationTokens:
    """The token that calls to one repository carry. ``send`` makes the calls that fetch it,
    ``clean`` takes secrets out of what GitHub says; ``clock`` gives the time in UTC. Raises
    TrackerError and nothing else."""

    def __init__(
        self,
        app: GitHubApp,
        base_url: str,
        repository: str,
        send: Send,
        clock: Callable[[], datetime],
        clean: Callable[[str], str],
    ) -> None:
        self._app = app
        self._repository = repository
        self._send = send
        self._clock = clock
        self._clean = clean
        self._clock_is_behind = timedelta()
        digest = hashlib.sha256(app.private_key.encode()).digest()
        self._key: _Key = (base_url, repository.lower(), app.app_id, app.installation_id, digest)

    async def token(self, refused: str = "") -> str:
        """A token that is good for some minutes, and another one than ``refused``."""
        current = _TOKENS.get(self._key)
        if (
            current is None
            or current.token == refused
            or current.expires_at - self._now() < RENEW_BEFORE
        ):
            current = _TOKENS[self._key] = await self._fetch()
        return current.token

    async def app(self) -> dict[str, Any]:
        """What GitHub knows of the App: ``id``, ``slug``, ``name``."""
        return await self._as_app("GET", "/app", {})

    async def _fetch(self) -> _InstallationToken:
        installation = self._app.installation_id
        if not installation:
            answer = await self._as_app(
                "GET", f"/repos/{self._repository}/installation", {404: _not_installed}
            )
            installation = str(answer.get("id") or "")
        answer = await self._as_app(
            "POST",
            f"/app/installations/{installation}/access_tokens",
            {404: _no_installation, 403: _suspended, 422: _lacks_permission},
            {"permissions": NEEDED_PERMISSIONS},
        )
        try:
            expires_at = datetime.fromisoformat(str(answer["expires_at"]))
            token = str(answer["token"])
        except (KeyError, ValueError):
            raise failures.unreadable("GitHub") from None
        if expires_at.tzinfo is None:
            expires_at = expires_at.replace(tzinfo=UTC)
        return _InstallationToken(token, expires_at)

    async def _as_app(
        self,
        method: str,
        path: str,
        meanings: dict[int, Callable[[str], TrackerError]],
        json: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """A call as the App itself; where this machine's clock is wrong, a second one by GitHub's.
        ``meanings`` say what a status means here, with the repository's name."""
        response = await self._send(method, path, self._signed(), json)
        if response.status_code == 401 and self._set_clock(response):
            response = await self._send(method, path, self._signed(), json)
        if response.is_success:
            return _object(response)
        if response.status_code == 401:
            raise _key_refused()
        if response.status_code in meanings:
            raise meanings[response.status_code](self._repository)
        self._fail(response)

    def _fail(self, response: httpx.Response) -> NoReturn:
        complaint = self._clean(str(_object(response).get("message") or ""))
        raise failures.from_status(
            "GitHub", response.status_code, response.headers, [complaint], now=self._clock()
        )

    def _signed(self) -> str:
        import jwt  # only Apps need it

        now = int(self._now().timestamp())
        claims = {
            "iat": now - CLOCK_AHEAD_SECONDS,
            "exp": now + JWT_SECONDS,
            "iss": self._app.app_id,
        }
        return jwt.encode(claims, self._app.private_key, algorithm="RS256")

    def _set_clock(self, response: httpx.Response) -> bool:
        """Follow the clock of GitHub where ours is wrong; whether it was."""
        try:
            github_time = parsedate_to_datetime(response.headers.get("date", ""))
        except ValueError:
            return False
        difference = github_time.replace(tzinfo=github_time.tzinfo or UTC) - self._now()
        if abs(difference.total_seconds()) < CLOCK_WRONG_SECONDS:
            return False
        self._clock_is_behind += difference
        return True

    def _now(self) -> datetime:
        return self._clock() + self._clock_is_behind


def _object(response: httpx.Response) -> dict[str, Any]:
    try:
        value = response.json()
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise failures.unreadable("GitHub")
    return value


def _key_refused() -> TrackerError:
    return TrackerError(
        "unauthorized",
        "GitHub does not accept the App's key: App id and private key do not belong together, or "
        "the key was deleted. Enter both anew.",
        permanent=True,
    )


def _not_installed(repository: str) -> TrackerError:
    return TrackerError(
        "no_access",
        f"The GitHub App is not installed on {repository}, or its installation is suspended. "
        "Install it there; nothing is pushed until then.",
        permanent=True,
    )


def _no_installation(repository: str) -> TrackerError:
    return TrackerError(
        "no_access",
        "The GitHub App has no installation with this id any more. Correct installation_id, or "
        f"leave it blank and install the App on {repository}.",
        permanent=True,
    )


def _suspended(repository: str) -> TrackerError:
    return TrackerError(
        "no_access",
        f"The installation of the GitHub App for {repository} is suspended. An owner has to "
        "unsuspend it.",
        permanent=True,
    )


def _lacks_permission(repository: str) -> TrackerError:
    return TrackerError(
        "forbidden",
        "The GitHub App lacks the permission Issues: read and write. Give it that in the App's "
        f"settings, and let an owner of {repository} accept the change.",
        permanent=True,
    )

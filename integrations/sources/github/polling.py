"""Asks GitHub for issues, their comments and discussions, by the time of their last change.

1. On GitHub open **Settings → Developer settings → Personal access tokens → Fine-grained tokens**
   and choose **Generate new token**.
2. Resource owner: who owns the repositories; Repository access: those that this source follows.
3. Permissions: **Issues: read-only**, **Discussions: read-only** and **Metadata: read-only**. Of a
   classic token the scope `public_repo` does, or `repo` for private ones.
4. Generate, copy the token, and enter it here. Name the repositories in this source's settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from pydantic import BaseModel, Field

from integrations import payload
from integrations.contract import Finding
from integrations.entered_tokens import SECRETIVE, Token
from integrations.poll_contract import Poll, PollError, Polling
from integrations.sources.github.reading import (
    GITHUB_STREAMS,
    LISTED_PATHS,
    GitHubReader,
    GitHubWalk,
)
from integrations.sources.github.rechecking import recheck_threads
from integrations.sources.github.settings import Settings

OVERLAP_SECONDS = 60
"""A change shows up a little after the second that it has."""


class GitHubSourceCredentials(BaseModel):
    """What lets us read repositories."""

    model_config = SECRETIVE

    token: Token = Field(description="A personal access token that reads issues.")


def _begin(since: datetime | None) -> str:
    if since is None:
        return GitHubWalk().text()
    return GitHubWalk(start=since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")).text()


def _repositories(settings: Settings) -> list[str]:
    repositories = list(payload.listed(settings.repositories))
    if not repositories:
        raise PollError(
            "repositories_missing",
            "Name the repositories (owner/name) in this source's settings, so that they can be "
            "asked.",
            needs_person=True,
        )
    return repositories


async def _poll(
    settings: Settings, credentials: Mapping[str, Any], cursor: str, http: httpx.AsyncClient
) -> Poll:
    """The next page: issues, their comments, then discussions, of one repository after another."""
    walk = GitHubWalk.model_validate_json(cursor)
    repositories = _repositories(settings)
    if walk.place >= len(repositories) * len(GITHUB_STREAMS):  # some were taken out of the settings
        return Poll([], _begin_again(walk).text(), done=True)
    name = repositories[walk.place // len(GITHUB_STREAMS)]
    reader = GitHubReader(settings, credentials, http, walk, name)
    if not walk.repository:
        reader.walk = walk = walk.model_copy(update={"repository": await reader.details()})
    is_list = reader.stream in LISTED_PATHS
    items, following, is_last = await (reader.listed() if is_list else reader.discussions())
    reached = _time(following.moment or following.newest)
    if not is_last:
        return Poll(items, following.text(), reached=reached)
    following = _next_stream(following, reader.key, reader.since)
    done = following.place >= len(repositories) * len(GITHUB_STREAMS)
    if done:
        following = _begin_again(following)
    return Poll(items, following.text(), done=done, reached=reached)


def _next_stream(walk: GitHubWalk, key: str, since: str) -> GitHubWalk:
    """The walk at the beginning of the next stream; the one that ended goes on a little before the
    latest change that it saw."""
    place = walk.place + 1
    latest = _time(walk.newest)
    overlap = timedelta(seconds=OVERLAP_SECONDS)
    begins = (latest - overlap).strftime("%Y-%m-%dT%H:%M:%SZ") if latest else since
    stays = place % len(GITHUB_STREAMS) != 0
    begins = max(begins, walk.since.get(key, walk.start))
    etags = dict(walk.etags)
    if begins != walk.since.get(key, walk.start):
        etags.pop(key, None)  # it belongs to another question
    return GitHubWalk(
        start=walk.start,
        since=walk.since | {key: begins},
        etags=etags,
        place=place,
        repository=walk.repository if stays else {},
    )


def _begin_again(walk: GitHubWalk) -> GitHubWalk:
    return GitHubWalk(start=walk.start, since=walk.since, etags=walk.etags)


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


async def _check(
    settings: Settings, credentials: Mapping[str, Any], http: httpx.AsyncClient
) -> list[Finding]:
    findings = []
    try:
        repositories = _repositories(settings)
    except PollError as error:
        return [Finding("Repositories", False, error.detail, "Enter them in the settings.")]
    for name in repositories:
        reader = GitHubReader(settings, credentials, http, GitHubWalk(), name)
        try:
            details = await reader.details()
            await reader.listed()
            reader.walk = GitHubWalk(repository=details, place=2)
            await reader.discussions()
        except PollError as error:
            remedy = "Give the token Issues, Discussions and Metadata: read-only, for it."
            findings.append(Finding(f"Repository {name}", False, error.detail, remedy))
        else:
            findings.append(Finding(f"Repository {name}", True, "The token reads it."))
    return findings


def _account(settings: Settings, credentials: Mapping[str, Any]) -> str:
    """GitHub counts by account; a token stands for it, and only its fingerprint is stored."""
    return payload.fingerprinted("github", settings.api_url, str(credentials.get("token", "")))


def _credentials_end(headers: Mapping[str, str]) -> datetime | None:
    """When the token ends, as every answer says: ``2026-12-31 09:00:00 UTC``, or with an offset."""
    text = headers.get("github-authentication-token-expiration", "").replace(" UTC", " +0000")
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z")
    except ValueError:
        return None


GITHUB_POLLING: Polling[Settings] = Polling(
    credentials=GitHubSourceCredentials,
    begin=_begin,
    poll=_poll,
    check=_check,
    account=_account,
    guide=__doc__,
    calls_per_minute=75,  # 5,000 an hour, less what others need of them
    burst=30,
    newest_first=False,
    credentials_end=_credentials_end,
    recheck=recheck_threads,
    recheck_most=100,
)
"""How repositories are polled. Edits are seen, as they change the time; deletions where a comment
is looked at again."""

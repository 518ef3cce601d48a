"""Replays the sample community over HTTP, as its platforms would have sent it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby

import httpx

from app.demo.community import DemoComment, DemoEvent, events, load
from app.demo.sending import SourceAddress, by_platform, request

SEND_TRIES = 6
FIRST_RESEND_SECONDS = 0.2
"""Doubled at each try."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A delivery that was not taken. ``status`` is 0 where no answer came; ``reason`` is one
    snake_case word."""

    source_name: str
    comment_key: str
    status: int
    reason: str


@dataclass(slots=True)
class ReplayResult:
    """How many deliveries were sent and answered 2xx, and which were not."""

    sent: int = 0
    accepted: int = 0
    refused: list[Refusal] = field(default_factory=list)


def _now() -> datetime:
    return datetime.now(UTC)


async def replay(
    base_url: str,
    sources: Mapping[str, SourceAddress],
    *,
    epoch: datetime,
    comments: Sequence[DemoComment] | None = None,
    concurrency: int = 16,
    on_progress: Callable[[int, int], None] | None = None,
    client: httpx.AsyncClient | None = None,
    now: Callable[[], datetime] = _now,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> ReplayResult:
    """Post the community's deliveries to ``{base_url}/hooks/{source id}``, the oldest first.

    ``epoch`` is the aware time before which everything happened: with the same epoch a second
    replay sends the same ids and versions, so nothing is stored twice. ``comments`` defaults to the
    whole community; a platform without a source is left out. The deliveries of one comment are sent
    one after another; a lost connection and a 503 are tried again, 5 times. ``on_progress`` gets
    the deliveries done and their total. Raises ValueError for an epoch without a zone.
    """
    if epoch.tzinfo is None:
        raise ValueError("The epoch needs a time zone.")
    names = by_platform(sources)
    everything = events(load() if comments is None else comments, epoch)
    happened = [event for event in everything if event.comment.platform in names]
    result = ReplayResult()
    chains = _chains(happened)
    async with AsyncExitStack() as stack:
        if client is None:
            client = await stack.enter_async_context(httpx.AsyncClient(timeout=30, trust_env=False))

        async def work(http: httpx.AsyncClient) -> None:
            for chain in chains:  # shared by the workers: each takes the next one
                for event in chain:
                    name = names[event.comment.platform]
                    refusal = await _send(http, base_url, event, name, sources[name], now, sleep)
                    result.sent += 1
                    if refusal:
                        result.refused.append(refusal)
                    else:
                        result.accepted += 1
                    if on_progress:
                        on_progress(result.sent, len(happened))

        async with asyncio.TaskGroup() as group:
            for _ in range(max(1, concurrency)):
                group.create_task(work(client))
    result.refused.sort(key=lambda refusal: refusal.comment_key)
    return result


def _chains(happened: Sequence[DemoEvent]) -> Iterator[list[DemoEvent]]:
    """The events of each comment in order, the oldest comment first."""
    ordered = sorted(
        happened, key=lambda event: (event.created_at, event.comment.number, event.revision)
    )
    return iter(
        [list(chain) for _, chain in groupby(ordered, key=lambda event: event.comment.number)]
    )


async def _send(
    client: httpx.AsyncClient,
    base_url: str,
    event: DemoEvent,
    name: str,
    source: SourceAddress,
    now: Callable[[], datetime],
    sleep: Callable[[float], Awaitable[None]],
) -> Refusal | None:
    """Post one delivery; signed anew at each try, since a signed time grows old. Returns None where
    it was taken."""
    address = f"{base_url.rstrip('/')}/hooks/{source.id}"
    status, reason = 0, "unreachable"
    for attempt in range(SEND_TRIES):
        if attempt:
            await sleep(FIRST_RESEND_SECONDS * 2 ** (attempt - 1))
        sending = request(event, name, source, now())
        try:
            response = await client.post(
                address, content=sending.body, headers=dict(sending.headers)
            )
        except httpx.TransportError:
            status, reason = 0, "unreachable"
            continue
        if response.is_success:
            return None
        status, reason = response.status_code, _reason(response)
        if status != httpx.codes.SERVICE_UNAVAILABLE:
            break
    return Refusal(name, event.comment.key, status, reason)


def _reason(response: httpx.Response) -> str:
    try:
        body = response.json()
    except ValueError:
        body = None
    reason = body.get("reason") if isinstance(body, dict) else None
    return reason if isinstance(reason, str) else f"status_{response.status_code}"

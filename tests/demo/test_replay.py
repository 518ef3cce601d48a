"""The replay posts signed deliveries to a real server on the loopback device and survives a
stumbling one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.demo.community import events, load
from app.demo.replay import replay
from app.demo.sending import SourceAddress, settings
from integrations import registry
from integrations.contract import Inbound, SignatureRefused
from integrations.signatures import verify
from integrations.source_contract import CommentEvent, EventType

EPOCH = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)
COMMENTS = load()
TOTAL = len(events(COMMENTS, EPOCH))
SOURCES = {
    f"{platform} source": SourceAddress(
        f"id-{platform}", platform, "whsec_c2FtcGxlLXNlY3JldC1vZi10aGUtdGVzdA=="
    )
    for platform in ("discourse", "generic", "github", "slack")
}


@dataclass
class Receiver:
    """Verifies every delivery as of the present moment and keeps what it said, once per id and
    version."""

    busy: int = 0  # answer this many requests with 503 first
    posts: int = 0
    seen: dict[tuple[str, str, str], CommentEvent] = field(default_factory=dict)
    order: list[tuple[str, str, EventType]] = field(default_factory=list)

    async def hook(self, request: Request) -> Response:
        if self.busy:
            self.busy -= 1
            return JSONResponse({"reason": "unavailable"}, status_code=503)
        self.posts += 1
        found = [
            source for source in SOURCES.values() if source.id == request.path_params["source_id"]
        ]
        if not found:
            return JSONResponse({"reason": "unknown_source"}, status_code=404)
        platform = registry.source(found[0].platform)
        now = datetime.now(UTC)
        inbound = Inbound("POST", dict(request.headers), await request.body(), {}, now)
        try:
            verify(platform.signature, inbound, [found[0].secret], now)
        except SignatureRefused as error:
            return JSONResponse({"reason": error.reason}, status_code=401)
        for comment in platform.parse(inbound, platform.settings(**settings(platform.name))):
            self.seen[platform.name, comment.external_id, comment.version] = comment
            self.order.append((platform.name, comment.external_id, comment.type))
        return Response(status_code=202)


@asynccontextmanager
async def serving(receiver: Receiver) -> AsyncIterator[str]:
    """The receiver behind a real server on a free port; gives its address."""
    app = Starlette(routes=[Route("/hooks/{source_id}", receiver.hook, methods=["POST"])])
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off")
    )
    running = asyncio.create_task(server.serve())
    try:
        while not server.started:
            assert not running.done(), "the server did not start"
            await asyncio.sleep(0)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await running


async def no_pause(seconds: float) -> None:
    await asyncio.sleep(0)


async def test_every_delivery_is_accepted_and_a_second_replay_adds_nothing() -> None:
    receiver, progress = Receiver(), list[tuple[int, int]]()
    async with serving(receiver) as address:
        first = await replay(
            address, SOURCES, epoch=EPOCH, on_progress=lambda *done: progress.append(done)
        )
        seen = dict(receiver.seen)
        second = await replay(f"{address}/", SOURCES, epoch=EPOCH)
    assert (first.sent, first.accepted, first.refused) == (TOTAL, TOTAL, [])
    assert progress == [(done, TOTAL) for done in range(1, TOTAL + 1)]
    assert len(seen) == TOTAL
    assert second.accepted == TOTAL
    assert receiver.posts == 2 * TOTAL
    assert receiver.seen.keys() == seen.keys()
    assert len({(platform, external_id) for platform, external_id, _ in seen}) == len(COMMENTS)


async def test_the_events_of_a_comment_arrive_in_order() -> None:
    receiver = Receiver()
    async with serving(receiver) as address:
        await replay(address, SOURCES, epoch=EPOCH, concurrency=16)
    arrived: dict[tuple[str, str], list[EventType]] = {}
    for platform, external_id, type in receiver.order:
        arrived.setdefault((platform, external_id), []).append(type)
    assert all(types[0] is EventType.created for types in arrived.values())
    assert sorted(len(types) for types in arrived.values())[-20:] == [2] * 20
    assert all(EventType.created not in types[1:] for types in arrived.values())


async def test_one_at_a_time_the_oldest_comment_comes_first() -> None:
    receiver = Receiver()
    async with serving(receiver) as address:
        await replay(address, SOURCES, epoch=EPOCH, comments=COMMENTS[:25], concurrency=1)
    created = [
        seen.created_at
        for seen in receiver.seen.values()
        if seen.type is EventType.created and seen.created_at
    ]
    assert len(created) == 25
    assert created == sorted(created)


async def test_refusals_are_told_with_their_reason() -> None:
    wrong = {
        "forum": SourceAddress("id-discourse", "discourse", "another secret"),
        "chat": SourceAddress("nobody", "slack", "secret"),
    }
    receiver = Receiver()
    async with serving(receiver) as address:
        result = await replay(address, wrong, epoch=EPOCH)
    assert result.accepted == 0
    assert len(result.refused) == result.sent > 200
    assert {(r.source_name, r.status, r.reason) for r in result.refused} == {
        ("forum", 401, "signature_wrong"),
        ("chat", 404, "unknown_source"),
    }
    assert receiver.seen == {}


async def test_a_busy_server_is_asked_again() -> None:
    receiver = Receiver(busy=5)
    async with serving(receiver) as address:
        result = await replay(
            address, SOURCES, epoch=EPOCH, comments=COMMENTS[:10], concurrency=1, sleep=no_pause
        )
    assert result.accepted == result.sent >= 10
    assert receiver.busy == 0


async def test_lost_connections_are_tried_again_and_given_up_in_the_end() -> None:
    tries: list[str] = []
    pauses: list[float] = []

    def lose(request: httpx.Request) -> httpx.Response:
        tries.append(request.headers.get("webhook-signature", ""))
        if len(tries) < 3:
            raise httpx.ConnectError("connection refused")
        return httpx.Response(202)

    def lose_all(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("reset")

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    one = [
        next(comment for comment in COMMENTS if comment.platform == "generic" and not comment.later)
    ]
    clock = iter(
        datetime(2026, 11, 21, tzinfo=UTC) + timedelta(minutes=minute) for minute in range(100)
    )

    async def run(handler: Any) -> Any:
        async with httpx.AsyncClient(transport=httpx.MockTransport(handler)) as client:
            return await replay(
                "http://x",
                SOURCES,
                epoch=EPOCH,
                comments=one,
                client=client,
                now=lambda: next(clock),
                sleep=pause,
            )

    assert (await run(lose)).accepted == 1
    assert len(set(tries)) == 3  # signed anew, as the signed time grows old
    assert pauses == [0.2, 0.4]
    given_up = await run(lose_all)
    assert [(r.status, r.reason) for r in given_up.refused] == [(0, "unreachable")]
    assert len(pauses) == 2 + 5


async def test_an_epoch_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        await replay("http://x", SOURCES, epoch=datetime(2026, 11, 20))

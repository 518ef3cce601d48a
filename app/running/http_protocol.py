"""Uvicorn's HTTP protocol, with limits: a head that is too long, a request that is too slow and a
connection too many are refused before the application sees them.

A head is measured while it arrives and never parsed beyond its limit: the parser joins what it
reads byte by byte, so that one header of 48 MiB stopped every other request for seconds.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.metrics import CONNECTIONS_REFUSED
from app.running.http_limits import HttpLimits, Places

LINGER_SECONDS = 2.0
"""How long a refused sender is listened to, so that it gets to read why."""
FRAMING_SHARE = 8
"""Bytes that a chunked body may spend on its frames for each of its content, beside what a head
may have."""
INTERIM_ANSWER = b"HTTP/1.1 100"
JOINED_MOST_BYTES = 65_536
"""A longer body is not copied for the sake of one call."""
REFUSALS = {
    "head_too_large": (431, "Request Header Fields Too Large", "Send shorter headers."),
    "request_timeout": (408, "Request Timeout", "Send the whole request without a pause."),
    "too_many_connections": (
        503,
        "Service Unavailable",
        "There are too many connections; close some, or try again in a few seconds.",
    ),
}


class JoinedWrites:
    """The transport of one answer: its head leaves together with the body, in one call of the
    system instead of two. A head whose body does not follow at once leaves by itself."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._head = b""
        self._head_left = False

    def write(self, data: bytes) -> None:
        """Send, or keep a head for the moment."""
        if self._head_left or data.startswith(INTERIM_ANSWER):
            self._transport.write(data)
        elif self._head:
            head, self._head, self._head_left = self._head, b"", True
            self._transport.write(head + data if len(data) < JOINED_MOST_BYTES else head)
            if len(data) >= JOINED_MOST_BYTES:
                self._transport.write(data)
        else:
            self._head = data
            self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Send a head that waits."""
        if self._head:
            self.write(b"")

    def close(self) -> None:
        """Send what waits, and close."""
        self.flush()
        self._transport.close()

    def is_closing(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._transport.is_closing()


class LimitedHttp(HttpToolsProtocol):
    """One connection. ``places`` is shared by all of a server."""

    def __init__(self, *, places: Places, **from_server: Any) -> None:
        super().__init__(**from_server)
        self._places = places
        self._limits: HttpLimits = places.limits
        self._head_bytes = 0
        self._frame_bytes = 0
        self._in_body = False
        self._refused = False
        self._deadline: float | None = None
        self._write_deadline: float | None = None
        self._look: asyncio.TimerHandle | None = None

    # How a connection comes and goes

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a place, or say that there is none."""
        super().connection_made(transport)
        if not self._places.enter(self, self.client[0] if self.client else None):
            self._refuse("too_many_connections", linger=False)
            return
        self._deadline = self.loop.time() + self._limits.head_seconds
        self._look_later()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        self._places.leave(self)
        if self._look is not None:
            self._look.cancel()
        super().connection_lost(exc)

    @property
    def is_waiting(self) -> bool:
        """Whether no whole request is under way."""
        return self._in_body or not self._answering

    def make_room(self) -> None:
        """Go at once, for somebody who comes with a request."""
        CONNECTIONS_REFUSED.labels("made_room").inc()
        self._cut_off()

    # What arrives

    def data_received(self, data: bytes) -> None:
        """Parse, a head only as far as it may be long."""
        if self._refused:
            return
        if self._in_body:
            self._frame_bytes += len(data)
            super().data_received(data)
            if self._in_body and self._frame_bytes > self._limits.head_bytes:
                self._refuse("head_too_large")
            return
        if self._deadline is None:
            self._deadline = self.loop.time() + self._limits.head_seconds
        room = self._limits.head_bytes - self._head_bytes
        self._head_bytes += len(data)
        if len(data) <= room:
            super().data_received(data)
            return
        if room > 0:
            super().data_received(data[:room])
        if self.transport.is_closing():
            return
        if self._in_body or self._head_bytes == 0:  # the head ended within its limit
            self.data_received(data[room:])
        else:
            self._refuse("head_too_large")

    def on_headers_complete(self) -> None:
        """A head has ended; its body has a deadline of its own."""
        self._head_bytes = self._frame_bytes = 0
        self._in_body = True
        self._deadline = self.loop.time() + self._limits.body_seconds
        before = self.cycle
        super().on_headers_complete()
        if self.cycle is not before:
            self.cycle.transport = JoinedWrites(self.transport, self.loop)  # type: ignore[assignment]

    def on_body(self, body: bytes) -> None:
        """What is content is no frame."""
        self._frame_bytes = max(0, self._frame_bytes - len(body) * (1 + FRAMING_SHARE))
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._in_body = False
        self._deadline = None
        super().on_message_complete()

    # What leaves

    def on_response_complete(self) -> None:
        """From now on it waits."""
        self._places.rest(self)
        super().on_response_complete()

    def pause_writing(self) -> None:
        """The other side does not read."""
        self._write_deadline = self.loop.time() + self._limits.body_seconds
        super().pause_writing()

    def resume_writing(self) -> None:
        """The other side reads again."""
        self._write_deadline = None
        super().resume_writing()

    # Deadlines

    def _look_later(self) -> None:
        self._look = self.loop.call_later(self._limits.look_seconds, self._look_at_deadlines)

    def _look_at_deadlines(self) -> None:
        now = self.loop.time()
        if self.transport.is_closing():
            # What was answered is not taken off our hands.
            if self._write_deadline is None:
                self._write_deadline = now + self._limits.body_seconds
        elif self._deadline is not None and now > self._deadline:
            if self.flow.read_paused or (self._answering and not self._in_body):
                self._deadline = None  # it is we who are late
            else:
                self._refuse("request_timeout")
        if self._write_deadline is not None and now > self._write_deadline:
            self.transport.abort()
            return
        self._look_later()

    # Refusals

    @property
    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _refuse(self, reason: str, *, linger: bool = True) -> None:
        """Answer in place of the application, if nothing was answered yet, and go."""
        self._refused = True
        self._unset_keepalive_if_required()
        CONNECTIONS_REFUSED.labels(reason).inc()
        untouched = reason == "request_timeout" and not (self._head_bytes or self._in_body)
        answered = self.cycle is not None and (
            self.cycle.response_started if self._in_body else self._answering
        )
        if untouched or answered or self.transport.is_closing():
            self._cut_off()
            return
        self._tell_application()
        self.transport.write(_answer(reason))
        if not linger:
            self.transport.close()
            return
        # A connection that is closed with data unread is reset, and the answer lost.
        self._deadline = None
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def _tell_application(self) -> None:
        if self._answering:
            self.cycle.disconnected = True
            self.cycle.message_event.set()

    def _cut_off(self) -> None:
        self._refused = True
        self._tell_application()
        self.transport.abort()


def limited_http(places: Places) -> Callable[..., LimitedHttp]:
    """What makes the protocol of each connection to a server."""

    def protocol(**from_server: Any) -> LimitedHttp:
        return LimitedHttp(places=places, **from_server)

    return protocol


def _answer(reason: str) -> bytes:
    status, title, detail = REFUSALS[reason]
    problem = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "reason": reason,
    }
    body = json.dumps(problem).encode()
    head = [
        f"HTTP/1.1 {status} {title}",
        "content-type: application/problem+json",
        f"content-length: {len(body)}",
        "connection: close",
    ]
    if status == 503:
        head.append("retry-after: 5")
    return "\r\n".join([*head, "", ""]).encode() + body

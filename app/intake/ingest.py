"""``/hooks/{source_id}``: verify, store, commit, then answer 202. Nothing is understood here.

A plain ASGI endpoint, because this is the one path where the framework's own work would be felt.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import lru_cache

import structlog
from prometheus_client import Counter
from starlette.datastructures import QueryParams
from starlette.types import Receive, Scope, Send

from app.errors import RelayError
from app.intake.committer import Committer, NewDelivery
from app.intake.refusals import Refusals
from app.intake.source_cache import ConnectedSource, SourceCache
from app.metrics import DELIVERIES
from app.storage.db import Database, DatabaseAway
from app.storage.vault import Vault
from integrations.contract import Inbound, PayloadError, SignatureRefused
from integrations.signatures import verify
from integrations.source_contract import TEST_HEADER, Response

log = structlog.get_logger(__name__)

HOOKS_PATH = "/hooks/"
_SECRET_HEADER_WORDS = ("signature", "token", "secret", "authorization", "cookie")
STATUS_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Content Too Large",
}
_JSON = [(b"content-type", b"application/json")]
_PROBLEM = [(b"content-type", b"application/problem+json")]
_ACCEPTED = b'{"status":"accepted"}'
_KNOWN = b'{"status":"known"}'


class Refused(RelayError):
    """A delivery that is not stored."""


class BodyAboveLimit(Refused):
    """A delivery with a longer body than its platform sends. ``limit`` is in bytes."""

    status = 413
    reason = "body_too_large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body is larger than {limit:,} bytes.")


@lru_cache(maxsize=1024)
def is_stored_header(name: str) -> bool:
    """Whether a later replay may need this header: nothing that proves a secret is ever stored."""
    if any(word in name for word in _SECRET_HEADER_WORDS):
        return False
    return name.startswith(("x-", "webhook-")) or name in ("content-type", "user-agent")


@lru_cache(maxsize=1024)
def _outcome(platform: str, reason: str) -> Counter:
    return DELIVERIES.labels(platform, reason)


class Ingest:
    """The ASGI app below ``/hooks/``. ``now`` gives UTC times, ``clock`` monotonic seconds."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        *,
        now: Callable[[], datetime],
        clock: Callable[[], float],
        trusted_proxies: str = "",
    ) -> None:
        self.sources = SourceCache(database, vault, clock)
        self.committer = Committer(database.conninfo, clock)
        self.refusals = Refusals(database, now, trusted_proxies)
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        source: ConnectedSource | None = None
        extra: list[tuple[bytes, bytes]] = []
        try:
            source = await self._source(scope["path"].removeprefix(HOOKS_PATH))
            reason, answer = await self._take(source, scope, receive)
            status, body, content = 202, answer, _JSON
            if isinstance(answer, Response):
                status, body = answer.status, answer.body
                content = [(b"content-type", answer.content_type.encode())]
        except RelayError as error:
            if source is not None and error.status < 500:
                await self.refusals.note(source.id, error.reason, scope)
            # Every platform sends again after a 503; not all know a 507.
            reason, status = error.reason, 503 if error.status == 507 else error.status
            body, content = (
                problem_body(error, status),
                [(b"content-type", b"application/problem+json")],
            )
            if status == 503:
                extra = [(b"retry-after", b"5")]
            elif status == 405:
                extra = [(b"allow", b"GET, POST")]
        _outcome(source.definition.name if source else "unknown", reason).inc()
        assert isinstance(body, bytes)
        length = (b"content-length", str(len(body)).encode())
        await send(
            {"type": "http.response.start", "status": status, "headers": [*content, length, *extra]}
        )
        await send({"type": "http.response.body", "body": body})

    def start(self) -> None:
        """Begin to write what is accepted, and to count what is refused."""
        self.committer.start()
        self.refusals.start()

    async def stop(self) -> None:
        """Write what waits."""
        await self.committer.stop()
        await self.refusals.stop()

    async def _source(self, source_id: str) -> ConnectedSource:
        source = self.sources.peek(source_id) or await self.sources.get(source_id)
        if source is None or not source.definition.sends:
            raise Refused(
                "No enabled source has this address; check the webhook's URL.",
                reason="unknown_source",
                status=404,
            )
        return source

    async def _take(
        self, source: ConnectedSource, scope: Scope, receive: Receive
    ) -> tuple[str, bytes | Response]:
        """What became of a request, in a word, and the answer to it."""
        if scope["method"] not in ("GET", "POST"):
            raise Refused("Webhooks are sent with POST.", reason="method_not_allowed", status=405)
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        body = await read_body(
            receive, headers.get("content-length"), source.definition.max_body_bytes
        )
        query = dict(QueryParams(scope["query_string"])) if scope["query_string"] else {}
        inbound = Inbound(scope["method"], headers, body, query, self._now())
        definition = source.definition
        challenge = definition.challenge
        if challenge is not None and not definition.challenge_signed:
            answer = challenge(inbound, source.secrets)
            if answer is not None:
                return "challenge", answer
        if inbound.method == "GET":
            raise Refused("Webhooks are sent with POST.", reason="method_not_allowed", status=405)
        await self._verify(source, inbound)
        try:
            if challenge is not None and (answer := challenge(inbound, source.secrets)) is not None:
                return "challenge", answer
            if definition.validate is not None:
                definition.validate(inbound)
        except PayloadError as error:
            raise Refused(error.detail, reason=error.reason, status=400) from None
        delivery = NewDelivery(
            source.product_id,
            source.id,
            _dedup_key(source, inbound),
            inbound.method,
            {
                name: value.replace("\x00", "")
                for name, value in headers.items()
                if is_stored_header(name)
            },
            query,
            body,
        )
        is_new = await self.committer.store(delivery)
        reason = "accepted" if is_new else "known"
        if definition.acknowledge is not None:
            return reason, definition.acknowledge(inbound)
        return reason, _ACCEPTED if is_new else _KNOWN

    async def _verify(self, source: ConnectedSource, inbound: Inbound) -> None:
        try:
            verify(source.signature, inbound, source.secrets, inbound.received_at)
        except SignatureRefused as refusal:
            with suppress(DatabaseAway):
                fresh_source = await self.sources.get(str(source.id), fresh=True)
                if fresh_source is not None and _is_verified_otherwise(source, fresh_source):
                    with suppress(SignatureRefused):
                        verify(
                            fresh_source.signature,
                            inbound,
                            fresh_source.secrets,
                            inbound.received_at,
                        )
                        return
            raise Refused(refusal.detail, reason=refusal.reason, status=401) from None


def _is_verified_otherwise(one: ConnectedSource, other: ConnectedSource) -> bool:
    return (one.secrets, one.signature) != (other.secrets, other.signature)


async def read_body(receive: Receive, announced: str | None, limit: int) -> bytes:
    """The body. Raises Refused (413) as soon as it is known to be too large."""
    if announced is not None and announced.isdigit() and int(announced[:18]) > limit:
        raise BodyAboveLimit(limit)
    message = await receive()
    body: bytes = message.get("body", b"")
    chunks = [body]
    size = len(body)
    while message.get("more_body", False):
        if size > limit:
            raise BodyAboveLimit(limit)
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(
                "The connection ended before the body did.", reason="body_incomplete", status=400
            )
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
    if size > limit:
        raise BodyAboveLimit(limit)
    return body if len(chunks) == 1 else b"".join(chunks)


def _dedup_key(source: ConnectedSource, inbound: Inbound) -> str:
    if test_id := inbound.headers.get(TEST_HEADER):
        return f"test:{test_id}"[:200].replace("\x00", "")
    try:
        delivery_id = source.definition.delivery_id(inbound)
    except PayloadError:
        delivery_id = None  # stored all the same, and shown as failed with the reason
    if delivery_id:
        return delivery_id.replace("\x00", "")
    return "sha256:" + hashlib.sha256(inbound.body).hexdigest()


def problem_body(error: RelayError, status: int) -> bytes:
    """The error as RFC 9457 problem details."""
    fields = {
        "type": "about:blank",
        "title": STATUS_TITLES.get(status, "Service Unavailable"),
        "status": status,
        "detail": error.detail,
        "reason": error.reason,
    }
    return json.dumps(fields).encode()

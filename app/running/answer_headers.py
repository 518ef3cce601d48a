"""What is done to every answer of pages and API on its way out: compressed where nothing can be
learnt from its length, and not kept by anybody."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COMPRESSED_LEAST_BYTES = 1_000
COMPRESSION_LEVEL = 5
"""Of gzip's nine: a page of 60 kB in about a millisecond."""
FOREIGN_SITES = ("cross-site", "same-site")


class CompressedAnswers:
    """Compresses answers to GET, except those that another site had a browser ask for.

    The length of a compressed answer tells how alike its parts are (BREACH). Secrets and tokens
    are shown in answers to POST alone, which are never compressed; tokens of forms are masked
    (``app/web/masking.py``); and a site that tries many addresses in somebody's browser learns
    nothing, because browsers say that it asked.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._plain = app
        self._compressed = GZipMiddleware(
            app, minimum_size=COMPRESSED_LEAST_BYTES, compresslevel=COMPRESSION_LEVEL
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve it, compressed or not."""
        compress = scope["type"] == "http" and scope["method"] == "GET"
        if compress and Headers(scope=scope).get("sec-fetch-site") in FOREIGN_SITES:
            compress = False
        await (self._compressed if compress else self._plain)(scope, receive, send)


class UncachedAnswers:
    """Says ``no-store`` in every answer that says nothing else about caches: a page, a list or a
    redirect with a cookie belongs to whoever asked, and a secret to nobody's disk."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve it with the header."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_uncached(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, send_uncached)

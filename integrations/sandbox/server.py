"""The sandbox tracker as an application, as a process, and as a thread next to a test or a demo."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType

import uvicorn
from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from integrations.sandbox import control, forum, hooks, pages
from integrations.sandbox.gate import Gate
from integrations.sandbox.gitea import issues as gitea
from integrations.sandbox.github import apps, comments, graphql, issues
from integrations.sandbox.gitlab import issues as gitlab
from integrations.sandbox.gitlab import notes as gitlab_notes
from integrations.sandbox.jira import comments as jira_comments
from integrations.sandbox.jira import issues as jira
from integrations.sandbox.jira import links, lists
from integrations.sandbox.linear import graphql as linear
from integrations.sandbox.state import SandboxState

SAVE_INTERVAL_SECONDS = 0.3
_GITHUB_PARTS = (apps, issues, comments, graphql)
_JIRA_PARTS = (lists, links, jira, jira_comments)
_OTHER_PARTS = (gitlab_notes, gitlab, linear, gitea)
_SANDBOX_PARTS = (control, hooks, *_GITHUB_PARTS, *_JIRA_PARTS, *_OTHER_PARTS, forum, pages)


def create_app(state: SandboxState, state_file: Path | None = None) -> FastAPI:
    """The application. With ``state_file``, tickets are read from it at start and kept in it."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        sender = hooks.HookSender(state)
        sender.start()
        try:
            async with _kept(state, state_file):
                yield
        finally:
            await asyncio.to_thread(sender.stop)

    # No generated pages: they load scripts from a CDN.
    app = FastAPI(
        title="Sandbox tracker", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan
    )
    app.state.sandbox = state
    for part in _SANDBOX_PARTS:
        app.include_router(part.router)
    app.mount("/static", StaticFiles(directory=pages.SANDBOX_FOLDER / "static"))
    app.add_middleware(Gate, state=state)
    return app


@asynccontextmanager
async def _kept(state: SandboxState, state_file: Path | None) -> AsyncIterator[None]:
    """Keep the tickets in the file, where there is one."""
    if state_file is None:
        yield
        return
    state.load(state_file)
    saver = asyncio.create_task(_save_changes(state, state_file))
    try:
        yield
    finally:
        saver.cancel()
        await asyncio.gather(saver, return_exceptions=True)
        _write(state_file, state.dump())


async def _save_changes(state: SandboxState, path: Path) -> None:
    saved = state.changed
    while True:
        await asyncio.sleep(SAVE_INTERVAL_SECONDS)
        if state.changed != saved:
            saved = state.changed
            await asyncio.to_thread(_write, path, state.dump())


def _write(path: Path, content: bytes) -> None:
    """Replace the file in one step, so that a crash leaves the old one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.write_bytes(content)
    os.replace(fresh, path)  # noqa: PTH105 - atomic on every platform, by its documentation


def serve(
    host: str, port: int, state_file: Path | None = None, *, state: SandboxState | None = None
) -> None:
    """Serve until the process is told to stop."""
    app = create_app(state or SandboxState(), state_file)
    uvicorn.run(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=2)


class SandboxServer:
    """The sandbox in a thread of this process, on a free port of the loopback address; a context
    manager."""

    def __init__(self, state: SandboxState | None = None, state_file: Path | None = None) -> None:
        self.state = state or SandboxState()
        self._has_file = state_file is not None
        config = uvicorn.Config(
            create_app(self.state, state_file),
            log_level="error",
            timeout_graceful_shutdown=1,
            access_log=False,
        )
        self._server = uvicorn.Server(config)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> SandboxServer:
        # The socket listens already, so a client that is faster than the thread waits instead of
        # failing.
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        if not self._has_file:  # nothing is left to be written: nobody waits for clients to go
            self._server.force_exit = True
        self._thread.join(timeout=10)
        self._socket.close()

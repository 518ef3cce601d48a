"""Static files under addresses with a hash of their content, so that a browser keeps them."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC_FOLDER = Path(__file__).resolve().parent / "static"
HASHED_CACHING = f"public, max-age={365 * 86_400}, immutable"


@cache
def fingerprint(name: str) -> str:
    """Twelve characters that change with the content of a static file. ``name`` is relative to the
    static folder."""
    return hashlib.sha256((STATIC_FOLDER / name).read_bytes()).hexdigest()[:12]


def asset(name: str) -> str:
    """The address of a static file, e.g. ``/static/app.3f9c0a1b2c3d.css``."""
    stem, dot, suffix = name.rpartition(".")
    return f"/static/{stem}.{fingerprint(name)}{dot}{suffix}"


class HashedFiles(StaticFiles):
    """Serves ``app.<hash>.css`` as ``app.css``, to be kept for a year; a plain ``app.css`` is
    revalidated each time."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file with the caching that its address allows; 404 for a hash of another version."""
        stem, _, suffix = path.rpartition(".")
        plain, _, digest = stem.rpartition(".")
        name = f"{plain}.{suffix}"
        hashed = bool(plain) and (STATIC_FOLDER / name).is_file() and digest == fingerprint(name)
        response = await super().get_response(name if hashed else path, scope)
        response.headers["Cache-Control"] = HASHED_CACHING if hashed else "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

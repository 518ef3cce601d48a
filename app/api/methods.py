"""Which methods an address of the API knows, as its description says."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import compile_path


def allowed_methods(request: Request) -> frozenset[str]:
    """The methods of the address that was asked for, in capitals; none outside of the API.

    The router itself names only those of the first of its routes that fits, and takes the last
    word of ``/themes/decisions`` for a theme's id where the method is not POST.
    """
    exact = _exact(request.app).get(request.url.path)
    if exact is not None:
        return exact
    methods: set[str] = set()
    for pattern, of_pattern in _templates(request.app):
        if pattern.match(request.url.path):
            methods |= of_pattern
    return frozenset(methods)


def _paths(app: Any) -> Mapping[str, frozenset[str]]:
    described = app.openapi()["paths"]
    return {path: frozenset(map(str.upper, methods)) for path, methods in described.items()}


@lru_cache(maxsize=1)
def _exact(app: Starlette) -> Mapping[str, frozenset[str]]:
    return {path: methods for path, methods in _paths(app).items() if "{" not in path}


@lru_cache(maxsize=1)
def _templates(app: Starlette) -> list[tuple[Any, frozenset[str]]]:
    return [
        (compile_path(path)[0], methods) for path, methods in _paths(app).items() if "{" in path
    ]

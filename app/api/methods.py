"""Which methods an address of the API knows, as its description says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from starlette.requests import Request
from starlette.routing import compile_path


def allowed_methods(request: Request) -> frozenset[str]:
    """The methods of the address that was asked for, in capitals; none outside of the API.

    The router itself names only those of the first of its routes that fits, and takes the last
    word of ``/themes/decisions`` for a theme's id where the method is not POST.
    """
    paths = request.app.openapi()["paths"]
    path = request.url.path
    described = [paths[path]] if path in paths else _fitting(path, paths)
    return frozenset(method.upper() for methods in described for method in methods)


def _fitting(path: str, paths: Mapping[str, Any]) -> list[Any]:
    return [methods for template, methods in paths.items() if _pattern(template).match(path)]


@lru_cache(maxsize=512)
def _pattern(template: str) -> re.Pattern[str]:
    return compile_path(template)[0]

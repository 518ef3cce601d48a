"""Log lines: structured, for people or for machines, with nothing secret in them."""

from __future__ import annotations

import logging
from typing import Any

import structlog
from structlog.tracebacks import ExceptionDictTransformer

_SECRET_NAMES = (
    "secret",
    "token",
    "password",
    "authorization",
    "cookie",
    "credentials",
    "conninfo",
    "database_url",
)


def _hide(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Whoever logs a secret by its name logs stars."""
    for name in event:
        if any(word in name.lower() for word in _SECRET_NAMES):
            event[name] = "***"
    return event


def configure_logs(level: str, style: str) -> None:
    """Set up structlog, and the standard library's loggers to follow it at warnings and above."""
    # Tracebacks come without local variables: those hold passwords and secrets.
    plain = structlog.dev.ConsoleRenderer(
        colors=False, exception_formatter=structlog.dev.plain_traceback
    )
    frames = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
    render: Any = structlog.processors.JSONRenderer() if style == "json" else plain
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _hide,
            *([frames] if style == "json" else []),
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")

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


_LINES = ("exception", "traceback", "stack")
"""Values that are lines by nature."""


def printable(text: str, keep: str = "") -> str:
    """The text with its control and format characters as escapes, but for those in ``keep``.

    What people write elsewhere must not end a line, move a cursor or turn the direction of a text.
    """
    if text.isprintable():
        return text
    return "".join(
        character
        if character.isprintable() or character in keep
        else character.encode("unicode_escape").decode()
        for character in text
    )


def _keep_to_a_line(
    _: Any, __: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = printable(value, "\n" if name in _LINES else "")
    return event


def _indented(text: str) -> str:
    """Lines that no reader takes for log lines of their own."""
    return "  " + printable(text, "\n").replace("\n", "\n  ")


def _exception_as_lines(
    _: Any, __: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    if isinstance(event.get("exception"), str):
        event["exception"] = _indented(event["exception"])
    return event


class _PlainLines(logging.Formatter):
    """Log lines of the standard library's loggers, held to the same as ours."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - overridden
        return printable(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802 - overridden
        return _indented(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:  # noqa: N802 - overridden
        return _indented(super().formatStack(stack_info))


def configure_logs(level: str, style: str) -> None:
    """Set up structlog, and the standard library's loggers to follow it at warnings and above."""
    # Tracebacks come without local variables: those hold passwords and secrets.
    plain = structlog.dev.ConsoleRenderer(
        colors=False, exception_formatter=structlog.dev.plain_traceback
    )
    # Formatted before the renderer, which would print what a message says as it is.
    lines = [structlog.processors.ExceptionRenderer(), _exception_as_lines]
    frames = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
    render: Any = structlog.processors.JSONRenderer() if style == "json" else plain
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _hide,
            *([frames] if style == "json" else lines),
            _keep_to_a_line,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(_PlainLines("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])

"""A digest or an alert as plain text: for a terminal, and beside the HTML of a mail."""

from __future__ import annotations

from collections.abc import Iterator

from app.digests.digest import Section
from app.digests.message import Message, noted


def as_text(message: Message, base_url: str = "") -> str:
    """The message in lines; with a ``base_url`` each list ends with its address."""
    return "\n".join(_lines(message, base_url)).strip() + "\n"


def _lines(message: Message, base_url: str) -> Iterator[str]:
    yield message.title
    yield message.subtitle
    yield ""
    for figure in message.figures:
        yield f"{figure.title}: {figure.value} ({figure.against})"
        yield f"  {figure.parts}"
        yield from _address(base_url, figure.path)
    for section in message.sections:
        yield ""
        yield from _section(section, base_url)
    yield ""
    yield from message.notes
    yield from _address(base_url, message.path, "Read it on the page: ")


def _section(section: Section, base_url: str) -> Iterator[str]:
    yield section.title.upper()
    if not section.lines:
        yield section.empty
        return
    for line in section.lines:
        yield f"- {noted(line)}"
        yield from _address(base_url, line.path)
    if section.more:
        yield f"  and {section.more:,} more"
        yield from _address(base_url, section.path)


def _address(base_url: str, path: str, before: str = "  ") -> Iterator[str]:
    if base_url and path:
        yield f"{before}{base_url}{path}"

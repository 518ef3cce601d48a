"""A digest as plain text: for a terminal, and beside the HTML of a mail."""

from __future__ import annotations

from collections.abc import Iterator

from app.digests.digest import Digest, Line, Section
from app.digests.wording import NOTHING_HAPPENED, against, days, shown, title


def as_text(digest: Digest, base_url: str = "") -> str:
    """The digest in lines; with a ``base_url`` each list ends with its address."""
    return "\n".join(_lines(digest, base_url)).strip() + "\n"


def _lines(digest: Digest, base_url: str) -> Iterator[str]:
    yield title(digest)
    yield days(digest)
    yield ""
    if not digest.eventful:
        yield NOTHING_HAPPENED
        yield ""
    for figure in digest.figures:
        yield f"{figure.title}: {shown(figure.value, figure.unit)} ({against(figure, digest)})"
        yield f"  {', '.join(part.text for part in figure.parts)}"
        yield from _address(base_url, figure.path)
    for section in digest.sections:
        yield ""
        yield from _section(section, base_url)
    yield ""
    yield from digest.notes
    yield from _address(base_url, digest.path, "Read it on the page: ")


def _section(section: Section, base_url: str) -> Iterator[str]:
    yield section.title.upper()
    if not section.lines:
        yield section.empty
        return
    for line in section.lines:
        yield f"- {_noted(line)}"
    if section.more:
        yield f"  and {section.more:,} more"
    yield from _address(base_url, section.path)


def _noted(line: Line) -> str:
    return f"{line.text} ({line.note})" if line.note else line.text


def _address(base_url: str, path: str, before: str = "  ") -> Iterator[str]:
    if base_url and path:
        yield f"{before}{base_url}{path}"

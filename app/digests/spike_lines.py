"""Spikes in words, and as a message that goes out at once."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from app.digests.digest import Line, Section
from app.digests.message import Message
from app.digests.wording import counted, day_name
from app.models.states import SpikeSort
from app.queries.spikes import SpikeRow

TITLE_SHOWN = 140
ALERT_NOTES = (
    "Distinct people of a day, held against the 56 days before by weekday; this many come by "
    "themselves less than once in 1,000 days. Nothing was decided because of it.",
)
SILENCE_NOTES = ("Measured against the source's own days and its own rhythm.",)


def spike_line(spike: SpikeRow, product_slug: str = "") -> Line:
    """What a spike says, with the page where it can be looked at."""
    return Line(_title(spike), spike_path(spike, product_slug), spike_note(spike))


def spike_note(spike: SpikeRow) -> str:
    """The numbers: ``14 people on 1 Dec 2026, 2.1 are usual``."""
    if spike.sort is SpikeSort.silence and not spike.expected:
        return "silent for much longer than usual"
    people = counted(spike.people, "person", "people") if spike.people else "nobody"
    note = f"{people} on {day_name(spike.day)}, {spike.expected:.1f} are usual"
    return f"{note}; it was ignored before" if spike.escalates else note


def spike_path(spike: SpikeRow, product_slug: str = "") -> str:
    """The theme, the source, or the comments of that day that hold the phrase."""
    query: dict[str, str] = {"product": product_slug} if product_slug else {}
    path = "/comments"
    if spike.theme_id is not None:
        path = f"/themes/{spike.theme_id}"
    elif spike.source_id is not None:
        path = f"/sources/{spike.source_id}"
    else:
        day = spike.day.isoformat()
        query |= {"q": f'"{spike.title}"', "from": day, "to": day}
    return f"{path}?{urlencode(query)}" if query else path


def spike_message(spike: SpikeRow, product: str, product_slug: str) -> Message:
    """A spike as it is sent at once."""
    is_silence = spike.sort is SpikeSort.silence
    named = "A source is silent" if is_silence else "Far more people than usual"
    line = spike_line(spike, product_slug)
    section = Section("spikes", named, (line,), 1, line.path, "")
    data: dict[str, Any] = {**asdict(spike), "product": product, "path": line.path}
    return Message(
        sort="alert",
        title=f"{product}: {line.text}",
        subtitle=line.note,
        figures=(),
        sections=(section,),
        notes=SILENCE_NOTES if is_silence else ALERT_NOTES,
        path=line.path,
        data=data,
    )


def _title(spike: SpikeRow) -> str:
    title = " ".join(spike.title.split())
    title = title if len(title) <= TITLE_SHOWN else title[: TITLE_SHOWN - 1].rstrip() + "…"
    if spike.sort is SpikeSort.phrase:
        return f"Many say “{title}”"
    return f"{title} is silent" if spike.sort is SpikeSort.silence else title

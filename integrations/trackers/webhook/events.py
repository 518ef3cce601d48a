"""The events about tickets, as JSON. ``docs/trackers/webhook.schema.json`` describes them; a test
holds the two together.

Words of people stand in them as they wrote them, since nobody here knows what the receiver shows
them in; ``markdown`` is the ticket's text with everything of theirs made harmless.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from integrations import neutralize
from integrations.tracker_contract import Draft, Quote, TicketRef
from integrations.trackers.text_block import Markup, render

EVENT_TITLE_MAX_CHARACTERS = 255
EVENT_TEXT_MAX_CHARACTERS = 60_000
EVENT_THREADS_MOST = 200

_PLAIN_MARKDOWN = Markup(
    limit=EVENT_TEXT_MAX_CHARACTERS,
    begin=lambda marker: f"<!-- {marker}:begin -->",
    end=lambda marker: f"<!-- {marker}:end -->",
    heading=lambda level, words: f"{'#' * level} {words}",
    strong=lambda words: f"**{words}**",
    small=lambda words: f"_{words}_",
    link=lambda label, url: f"[{label}](<{url}>)",
    bullet="-",
    quote=neutralize.markdown_quote,
    inline=neutralize.markdown_inline,
    permalink=neutralize.link,
    code=neutralize.markdown_code,
    duplicate=lambda key: f"Duplicate of {key}",
)


def event(kind: str, at: datetime, data: dict[str, Any]) -> dict[str, Any]:
    """The envelope of Standard Webhooks."""
    return {"type": kind, "timestamp": _moment(at), "data": data}


def ticket_data(draft: Draft, ref: TicketRef | None = None) -> dict[str, Any]:
    """Everything that a ticket says now; ``ref`` where the receiver has it already."""
    return {
        "ticket": {"marker": draft.marker, **(ref_data(ref) if ref else {})},
        "title": cut_title(draft.title),
        "former_title": cut_title(draft.former_title) if draft.former_title else "",
        "kind": draft.kind,
        "product": draft.product,
        "people": draft.people,
        "mentions": draft.mentions,
        "first_seen": _moment(draft.first_seen),
        "last_seen": _moment(draft.last_seen),
        "labels": list(draft.labels),
        "theme_url": draft.theme_url,
        "phrases": list(draft.phrases),
        "summary": {"text": draft.summary, "by": draft.summary_by} if draft.summary else None,
        "quotes": [_quote(quote) for quote in draft.quotes],
        "threads": [
            {"title": title, "url": neutralize.link(url) or ""}
            for title, url in draft.threads[:EVENT_THREADS_MOST]
        ],
        "facts": [
            {
                "label": fact.label,
                "values": [{"value": value, "people": people} for value, people in fact.values],
                "first": fact.first,
            }
            for fact in draft.facts
        ],
        "often": _often(draft),
        "logs": list(draft.logs),
        "workarounds": list(draft.workarounds),
        "files": [url for url in map(neutralize.link, draft.files) if url],
        "followed": _followed(draft),
        "earlier": _earlier(draft),
        "markdown": render(_PLAIN_MARKDOWN, draft, EVENT_TEXT_MAX_CHARACTERS),
    }


def ref_data(ref: TicketRef) -> dict[str, str]:
    """The ticket as the receiver called it."""
    return {"id": ref.id, "url": ref.url}


def cut_title(words: str) -> str:
    """A title on one line."""
    return neutralize.one_line(words, EVENT_TITLE_MAX_CHARACTERS) or "Untitled"


def _quote(quote: Quote) -> dict[str, str]:
    return {
        "text": neutralize.clean(quote.text),
        "author": neutralize.clean(quote.author),
        "platform": quote.platform,
        "url": neutralize.link(quote.permalink) or "",
        "at": _moment(quote.created_at),
        "thread": neutralize.clean(quote.thread),
    }


def _often(draft: Draft) -> dict[str, Any] | None:
    often = draft.often
    if often is None:
        return None
    return {"until": _moment(often.until), "week": often.week, "before": often.before}


def _followed(draft: Draft) -> dict[str, str] | None:
    """Where the matter of a merged theme is followed."""
    followed = draft.followed
    if followed is None:
        return None
    return {
        "since": _moment(followed.since),
        "title": followed.title,
        "id": followed.key,
        "url": followed.url or followed.theme_url,
    }


def _earlier(draft: Draft) -> dict[str, str] | None:
    earlier = draft.earlier
    if earlier is None:
        return None
    return {"id": earlier.key, "url": earlier.url, "until": _moment(earlier.until)}


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

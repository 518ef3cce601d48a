"""How the dashboard says things: counts, times, and one plain name for every status, stage, verb
and reason."""

from __future__ import annotations

from datetime import UTC, datetime

KINDS = {
    "bug": "Bug",
    "feature": "Request",
    "question": "Question",
    "praise": "Praise",
    "other": "Other",
}
KIND_PLURALS = {
    "bug": "Bugs",
    "feature": "Requests",
    "question": "Questions",
    "praise": "Praise",
    "other": "Other",
    "": "Not read yet",
}
KIND_ICONS = {
    "bug": "bug",
    "feature": "lightbulb",
    "question": "circle-question-mark",
    "praise": "heart",
    "other": "message-circle",
    "": "clock",
}
STATUSES = {"triage": "Waiting", "accepted": "Accepted", "ignored": "Ignored", "merged": "Merged"}
STAGES = {
    "received": "Waiting",
    "parsed": "Read",
    "ignored": "Ignored on purpose",
    "unknown": "Unknown event",
    "failed": "Failed",
}
QUEUES = {
    "parse": ("Read deliveries", "Requests that arrived and wait to be read"),
    "enrich": ("Understand comments", "Comments that wait for language, kind and meaning"),
    "group": ("Group into themes", "Comments that wait to find their theme"),
    "push": ("Write tickets", "Tickets that wait to be created or brought up to date"),
}
VERDICTS = {
    "join": "Joined this theme",
    "suggest": "Close to another theme, so a person was asked",
    "new": "Nothing was close enough, so it opened a theme",
}
HEALTH = {
    "ok": "Delivering",
    "quiet": "Silent",
    "failing": "Failing",
    "never": "Nothing yet",
    "disabled": "Switched off",
}
TICKET_STATES = {
    "pending": "Waits to be created",
    "creating": "Being created",
    "created": "Created",
    "blocked": "Blocked",
    "cancelled": "Taken back before it was created",
    "gone": "Deleted in the tracker",
}
VERBS = {
    "created": "opened this theme",
    "accepted": "accepted it",
    "ignored": "ignored it",
    "reopened": "put it back into triage",
    "kind_changed": "changed the kind",
    "renamed": "changed the title",
    "retitled": "gave it a better title",
    "merged": "merged themes into this one",
    "split": "split comments off",
    "comment_moved": "moved a comment",
    "comment_reclassified": "changed the kind of a comment",
    "suggestion_rejected": "said that a similar theme is another one",
    "undone": "took a step back",
    "ticket_created": "created the ticket",
    "ticket_retried": "asked for another try of the ticket",
}
RETITLED = {
    "comment_gone": "whose comment was deleted or moved",
    "comment_edited": "whose comment was edited",
    "grown": "which people outgrew",
    "written": "with words of a language model",
}
_PLATFORM_ICONS = {
    "discourse": "messages-square",
    "github": "git-branch",
    "slack": "hash",
    "discord": "hash",
    "mail": "mail",
    "feed": "rss",
    "generic": "webhook",
}
_PLATFORM_TITLES = {"github": "GitHub", "generic": "Webhook"}
_STEPS = (
    (60.0, 1.0, "s"),
    (3600.0, 60.0, "min"),
    (86400.0, 3600.0, "h"),
    (86400.0 * 60, 86400.0, "d"),
)


def number(value: float | None) -> str:
    """A count with grouped digits; a dash where there is none."""
    return "—" if value is None else f"{value:,.0f}"


def percent(part: float | None, whole: float | None = 1.0) -> str:
    """A share as a whole percentage; a dash where there is nothing to take a share of."""
    return f"{100 * part / whole:.0f} %" if part is not None and whole else "—"


def counted(value: int, one: str, many: str = "") -> str:
    """``1 person``, ``2,000 people``."""
    return f"{value:,} {one if value == 1 else many or one + 's'}"


def duration(seconds: float | None) -> str:
    """The longest unit that says enough: ``40 s``, ``3 min``, ``5 h``, ``12 d``, ``7 mo``."""
    if seconds is None:
        return "—"
    seconds = max(0.0, seconds)
    for limit, unit, name in _STEPS:
        if seconds < limit:
            return f"{int(seconds // unit)} {name}"
    months = int(seconds // (86400 * 30.4))
    return f"{months} mo" if months < 24 else f"{months // 12} y"


def since(moment: datetime, now: datetime) -> str:
    """How long ago a moment was, or how far ahead it lies."""
    seconds = (now - moment).total_seconds()
    if abs(seconds) < 10:
        return "just now"
    return f"{duration(seconds)} ago" if seconds > 0 else f"in {duration(-seconds)}"


def exact(moment: datetime) -> str:
    """The full time, in UTC: ``21 Nov 2026, 11:55 UTC``."""
    at = moment.astimezone(UTC)
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def day(moment: datetime) -> str:
    """``21 Nov 2026``."""
    return f"{moment.day} {moment:%b %Y}"


def platform(name: str) -> str:
    """A platform's name for people."""
    return _PLATFORM_TITLES.get(name, name.replace("_", " ").capitalize())


def platform_icon(name: str) -> str:
    """The icon of a platform."""
    return _PLATFORM_ICONS.get(name, "webhook")


def ticket_name(key: str) -> str:
    """A ticket's key as people write it: GitHub's number gets its sign."""
    return f"#{key}" if key.isdigit() else key


def plain(reason: str) -> str:
    """A snake_case reason as words."""
    return reason.replace("_", " ").strip().capitalize()


def actor(name: str) -> str:
    """Who acted, without the technical prefix: ``user:ada@example.org`` is ``ada@example.org``."""
    kind, _, who = name.partition(":")
    return {"user": who, "token": f"API token {who}"}.get(
        kind, "Feedback Relay" if name == "system" else name
    )

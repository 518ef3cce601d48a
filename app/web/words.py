"""How the dashboard says things: counts, times, and a plain name for every status and reason."""

from __future__ import annotations

from datetime import UTC, datetime

from app.models.states import (
    DeliveryStage,
    HeardFrom,
    Recurrence,
    ReplyMeaning,
    ReplyState,
    ThemeStatus,
    TicketState,
    TicketStatus,
    Visibility,
)
from app.queries.health import SourceStatus
from app.queries.promises import PromiseList
from app.setup.credentials_end import near_end
from app.setup.status_words import IGNORED_STATUS
from classifiers.contract import Kind

KIND_NAMES: dict[str, str] = {
    Kind.bug: "Bug",
    Kind.feature: "Request",
    Kind.question: "Question",
    Kind.praise: "Praise",
    Kind.other: "Other",
}
KIND_PLURALS: dict[str, str] = {
    Kind.bug: "Bugs",
    Kind.feature: "Requests",
    Kind.question: "Questions",
    Kind.praise: "Praise",
    Kind.other: "Other",
    "": "Not read yet",
}
KIND_ICONS: dict[str, str] = {
    Kind.bug: "bug",
    Kind.feature: "lightbulb",
    Kind.question: "circle-question-mark",
    Kind.praise: "heart",
    Kind.other: "message-circle",
    "": "clock",
}
THEME_STATUSES: dict[str, str] = {
    ThemeStatus.triage: "Waiting",
    ThemeStatus.accepted: "Accepted",
    ThemeStatus.ignored: "Ignored",
    ThemeStatus.merged: "Merged",
}
DELIVERY_STAGES: dict[str, str] = {
    DeliveryStage.received: "Waiting",
    DeliveryStage.parsed: "Read",
    DeliveryStage.ignored: "Ignored on purpose",
    DeliveryStage.unknown: "Unknown event",
    DeliveryStage.failed: "Failed",
}
VISIBILITY_BADGES: dict[str, tuple[str, str]] = {
    Visibility.members: ("Members only", "Only members can read it where it was written"),
    Visibility.private: ("Private", "It is private where it was written"),
}
"""The badge of what is not public, and what it means. What is not known counts as public."""
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
SOURCE_STATUSES: dict[str, str] = {
    SourceStatus.ok: "Delivering",
    SourceStatus.quiet: "Silent",
    SourceStatus.refusing: "Refused",
    SourceStatus.asked: "Webhook silent",
    SourceStatus.held: "Cannot be asked",
    SourceStatus.failing: "Failing",
    SourceStatus.never: "Nothing yet",
    SourceStatus.disabled: "Switched off",
}
SOURCE_STATUS_CHIPS: dict[str, str] = {
    SourceStatus.ok: "good",
    SourceStatus.failing: "bad",
    SourceStatus.refusing: "bad",
    SourceStatus.held: "bad",
    SourceStatus.quiet: "warn",
    SourceStatus.asked: "warn",
}
SOURCE_ALERTS: dict[str, str] = {
    SourceStatus.quiet: "It has been silent for much longer than usual: look whether the platform "
    "still sends, and use its own test.",
    SourceStatus.refusing: "What arrived last was refused, and nothing has been accepted since; "
    "the reason is below.",
    SourceStatus.asked: "Its webhook is silent: what it should have sent was found by asking. Look "
    "at the webhook on the platform, which may have switched it off.",
    SourceStatus.held: "The platform cannot be asked until somebody changes something; what to do "
    "is said below.",
    SourceStatus.failing: "Most of its latest deliveries could not be read.",
}
"""What is wrong with a source, and what to do; a status without one needs nobody."""
REFUSAL_REMEDIES: dict[str, str] = {
    "signature_wrong": "The secret there is not the one here: rotate it, and paste the new one.",
    "signature_missing": "It is not signed: enter the secret on the platform.",
    "signature_malformed": "It is signed in another way than this platform does.",
    "signature_stale": "Its time is far from ours: look at both clocks.",
    "timestamp_missing": "It says no time: something between us drops headers.",
    "secret_missing": "There is no secret that can be read: rotate it.",
    "body_too_large": "It is longer than this platform sends.",
    "method_not_allowed": "Somebody opened the address in a browser, or it is checked with GET.",
    "wrong_shape": "It was signed rightly and has another shape than is documented.",
}
"""What to do about a refused request."""
TICKET_STATES: dict[str, str] = {
    TicketState.pending: "Waits to be created",
    TicketState.creating: "Being created",
    TicketState.created: "Created",
    TicketState.blocked: "Blocked",
    TicketState.cancelled: "Taken back before it was created",
    TicketState.gone: "Deleted in the tracker",
    TicketState.unlinked: "Unlinked",
}
TICKET_STATUSES: dict[str, str] = {
    TicketStatus.open: "Open",
    TicketStatus.in_progress: "In progress",
    TicketStatus.done: "Shipped",
    TicketStatus.declined: "Won't do",
    TicketStatus.duplicate: "Duplicate",
}
TICKET_STATUS_TONES: dict[str, str] = {
    TicketStatus.in_progress: "accent",
    TicketStatus.done: "good",
}
STATUS_MEANINGS: dict[str, str] = {**TICKET_STATUSES, IGNORED_STATUS: "Nothing: ignore it"}
HEARD_FROM: dict[str, str] = {
    HeardFrom.webhook: "told by the tracker",
    HeardFrom.comparison: "found by comparing",
    HeardFrom.us: "by Feedback Relay",
}
RECURRENCES: dict[str, str] = {
    Recurrence.nothing: "Do nothing in the tracker, and mark the theme",
    Recurrence.comment: "Comment on the ticket",
    Recurrence.reopen: "Open the ticket again",
    Recurrence.new_ticket: "Make a new ticket that names the one that was shipped",
}
REPLY_MEANINGS: dict[str, str] = {
    ReplyMeaning.free: "In own words",
    ReplyMeaning.need_detail: "Asks for more",
    ReplyMeaning.acknowledged: "Written down",
    ReplyMeaning.planned: "In progress",
    ReplyMeaning.shipped: "Shipped",
    ReplyMeaning.declined: "Won't do",
}
REPLY_STATES: dict[str, str] = {
    ReplyState.draft: "Drafts",
    ReplyState.approved: "On their way",
    ReplyState.sending: "Being sent",
    ReplyState.posted: "Sent",
    ReplyState.skipped: "Skipped",
}
REPLY_STATE_NOTES: dict[str, str] = {
    ReplyState.draft: "draft",
    ReplyState.approved: "on its way",
    ReplyState.sending: "being sent",
    ReplyState.posted: "sent",
    ReplyState.skipped: "skipped",
}
"""What is said of one answer; ``REPLY_STATES`` are the names of lists."""
REPLY_TONES: dict[str, str] = {ReplyState.posted: "good", ReplyState.draft: "warn"}
PROMISE_LISTS: dict[str, str] = {
    PromiseList.open: "Open",
    PromiseList.overdue: "Overdue",
    PromiseList.kept: "Kept",
    PromiseList.withdrawn: "Withdrawn",
}
VERBS = {
    "replied": "answered in a thread",
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
    "shown_although": "said that it is pushed although more people can read the tracker",
    "suggestion_rejected": "said that a similar theme is another one",
    "suggestions_rejected": "said that similar themes are different ones",
    "suggestions_postponed": "put off whether it is the same as another theme",
    "undone": "took a step back",
    "expired": "let go of comments whose time was up",
    "ticket_created": "created the ticket",
    "ticket_edit_restored": "put a person's edit back into the ticket",
    "duplicate_not_marked": "could not mark the ticket as a duplicate in every way",
    "duplicate_left": "left the ticket as it is",
    "ticket_status": "saw the ticket change",
    "ticket_moved": "followed the ticket",
    "ticket_missing": "does not find the ticket any more",
    "recurrence_commented": "commented on the ticket",
    "recurrence_new_ticket": "let a new ticket follow",
    "told": "said that people were told",
    "ticket_retried": "asked for another try of the ticket",
    "ticket_linked": "linked the ticket",
    "ticket_unlinked": "let go of the ticket",
    "ticket_recreated": "asked for a new ticket in place of",
}
RETITLED = {
    "comment_gone": "whose comment was deleted or moved",
    "comment_edited": "whose comment was edited",
    "grown": "which people outgrew",
    "named": "which a topic names better",
    "written": "with words of a language model",
}
_MINUTE, _HOUR, _DAY = 60.0, 3_600.0, 86_400.0
_MONTH = 30.4 * _DAY
_DURATIONS = (
    # below this many seconds, counted in units of so many, called
    (_MINUTE, 1.0, "s"),
    (_HOUR, _MINUTE, "min"),
    (_DAY, _HOUR, "h"),
    (60 * _DAY, _DAY, "d"),
    (24 * _MONTH, _MONTH, "mo"),
)
_NOTHING = "—"


def credentials_warning(ends_at: datetime | None) -> str:
    """What to say of credentials that end soon; blank where they do not."""
    ending = near_end(ends_at)
    return ending.detail if ending else ""


def number(value: float | None) -> str:
    """A count with grouped digits; a dash where there is none."""
    if value is None:
        return _NOTHING
    return f"{value:,.0f}"


def percent(part: float | None, total: float | None = 1.0) -> str:
    """A share as a whole percentage; a dash where there is nothing to take a share of."""
    if part is None or not total:
        return _NOTHING
    return f"{100 * part / total:.0f} %"


def counted(value: int, one: str, many: str = "") -> str:
    """``1 person``, ``2,000 people``."""
    if value == 1:
        return f"1 {one}"
    return f"{value:,} {many or one + 's'}"


def rise(recent: int, previous: int) -> str:
    """People of a week beside those of the week before: ``9 people in 7 days, 3 before``."""
    return f"{counted(recent, 'person', 'people')} in 7 days, {number(previous)} before"


def duration(seconds: float | None) -> str:
    """The longest unit that says enough: ``40 s``, ``3 min``, ``5 h``, ``12 d``, ``7 mo``."""
    if seconds is None:
        return _NOTHING
    seconds = max(0.0, seconds)
    for limit, unit, name in _DURATIONS:
        if seconds < limit:
            return f"{int(seconds // unit)} {name}"
    return f"{int(seconds // _MONTH) // 12} y"


def since(moment: datetime, now: datetime) -> str:
    """How long ago a moment was, or how far ahead it lies."""
    seconds = (now - moment).total_seconds()
    if abs(seconds) < 10:
        return "just now"
    if seconds > 0:
        return f"{duration(seconds)} ago"
    return f"in {duration(-seconds)}"


def exact(moment: datetime) -> str:
    """The full time, in UTC: ``21 Nov 2026, 11:55 UTC``."""
    at = moment.astimezone(UTC)
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def day(moment: datetime) -> str:
    """``21 Nov 2026``."""
    return f"{moment.day} {moment:%b %Y}"


def ticket_name(key: str) -> str:
    """A ticket's key as people write it: GitHub's number gets its sign."""
    return f"#{key}" if key.isdigit() else key


def plain(reason: str) -> str:
    """A snake_case reason as words."""
    return reason.replace("_", " ").strip().capitalize()


def actor(name: str) -> str:
    """Who acted, without the technical prefix: ``user:ada@example.org`` is ``ada@example.org``."""
    if name == "system":
        return "Feedback Relay"
    if name == "former":
        return "Somebody, whose name is not kept,"
    prefix, _, holder = name.partition(":")
    if prefix == "user":
        return holder
    if prefix == "token":
        return f"API token {holder}"
    return name

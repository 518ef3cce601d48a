"""The words that columns hold, each an enum that the table's CHECK constraint is made of.

A value outside of them is refused by the database, and a test holds the two against each other.
"""

from __future__ import annotations

from enum import StrEnum

from integrations.contract import Visibility as Visibility


class DeliveryStage(StrEnum):
    """Where a delivery is: the queue of the parse step."""

    received = "received"
    """Waits to be parsed."""
    parsed = "parsed"
    ignored = "ignored"
    """Left alone on purpose; the reason says why."""
    unknown = "unknown"
    """An event that nobody listed; kept and counted."""
    failed = "failed"
    """Could not be read; it can be replayed."""


class RecheckRing(StrEnum):
    """Which comments are looked at again together, from those that change most."""

    young = "young"
    ticketed = "ticketed"
    """Of themes that have a ticket."""
    all = "all"


class HistoryState(StrEnum):
    """Where the fetching of a source's history is."""

    running = "running"
    done = "done"
    cancelled = "cancelled"
    """Somebody stopped it; what was fetched stays."""


class CommentStage(StrEnum):
    """Where a comment is: the queue of the enrich and the group step."""

    parsed = "parsed"
    """Waits for its kind and its vector."""
    enriched = "enriched"
    """Waits for its theme."""
    grouped = "grouped"
    failed = "failed"


class DecidedBy(StrEnum):
    """Who said a kind, a title or a theme; a person's word is never overruled."""

    model = "model"
    person = "person"


class Tone(StrEnum):
    """A hint for whoever looks after the community."""

    none = ""
    hostile = "hostile"


class ThemeStatus(StrEnum):
    """What was decided about a theme."""

    triage = "triage"
    """Waits for a decision."""
    accepted = "accepted"
    """Has, or gets, a ticket."""
    ignored = "ignored"
    merged = "merged"
    """Lives on in another theme."""


class SuggestionState(StrEnum):
    """What became of "these two themes may be the same"."""

    open = "open"
    accepted = "accepted"
    rejected = "rejected"
    withdrawn = "withdrawn"
    """Taken back by the pass that proposed it."""


class TicketState(StrEnum):
    """Where a theme's issue in a tracker is."""

    pending = "pending"
    """Is to be created: no create call of it is in doubt."""
    creating = "creating"
    """The call is or may be out: the ticket is looked up before it is sent again."""
    created = "created"
    blocked = "blocked"
    """Waits for a person; reason and detail say why."""
    cancelled = "cancelled"
    """Taken back before it was created."""
    gone = "gone"
    """Deleted in the tracker, for certain."""
    unlinked = "unlinked"
    """A person let go of it: nothing is written there, and none is made in its place."""


class TicketStatus(StrEnum):
    """What a ticket's status in its tracker means, whatever it is called there."""

    unknown = ""
    """Nothing was heard of it yet."""
    open = "open"
    in_progress = "in_progress"
    done = "done"
    declined = "declined"
    """Closed without being done."""
    duplicate = "duplicate"
    """Closed because another ticket says the same; which one is not known."""


class HeardFrom(StrEnum):
    """How a change of a ticket's status reached us."""

    nobody = ""
    webhook = "webhook"
    comparison = "comparison"
    us = "us"
    """We made it ourselves."""


class TicketEventStage(StrEnum):
    """Where a webhook delivery of a tracker is."""

    received = "received"
    """Waits to be read; its ticket may not be known yet."""
    read = "read"
    ignored = "ignored"
    failed = "failed"


class ReplyMeaning(StrEnum):
    """What an answer tells whoever asked."""

    acknowledged = "acknowledged"
    """It is written down where the team works."""
    planned = "planned"
    """Somebody works on it."""
    shipped = "shipped"
    declined = "declined"
    """It will not be done."""
    need_detail = "need_detail"
    """The team asks back."""
    free = "free"
    """A person's own words."""


class ReplyState(StrEnum):
    """Where an answer is."""

    draft = "draft"
    """Waits for a person; where it could not be sent, reason and detail say why."""
    approved = "approved"
    """Is to be sent: no call of it is in doubt."""
    sending = "sending"
    """The call is or may be out: the thread is looked at before anything is sent again."""
    posted = "posted"
    skipped = "skipped"


class PromiseState(StrEnum):
    """What became of a promise."""

    open = "open"
    kept = "kept"
    withdrawn = "withdrawn"
    """Will not be kept, and whoever it was made to need not wait."""


class LinkState(StrEnum):
    """Whether two accounts are one human."""

    proposed = "proposed"
    """Signs speak for it; a person has to say so."""
    linked = "linked"
    refused = "refused"
    """A person said that they are two."""
    undone = "undone"
    """It was linked, and a person took that back."""


class LinkBasis(StrEnum):
    """By what two accounts were found to be one human."""

    verified = "verified"
    """Their platforms name the same account, or the same address that was verified."""
    staff = "staff"
    signs = "signs"


class Recurrence(StrEnum):
    """What is done in the tracker when people speak again of what was shipped."""

    nothing = "nothing"
    comment = "comment"
    reopen = "reopen"
    new_ticket = "new_ticket"
    """Another ticket, which names the one that was shipped."""


class Policy(StrEnum):
    """Who accepts the themes of a product."""

    review = "review"
    """People accept every theme."""
    auto = "auto"
    """A theme that enough people speak of is accepted by itself."""
    hold = "hold"
    """Nothing is pushed."""


class Boldness(StrEnum):
    """How much of a product's comments joins themes without being asked about."""

    careful = "careful"
    """For products whose matters are close neighbours of each other."""
    balanced = "balanced"
    """What most products want."""
    bold = "bold"
    """Fewer themes, and more to split."""


class Role(StrEnum):
    """What a user may do."""

    admin = "admin"
    member = "member"


class Learned(StrEnum):
    """What a product learns from its people's corrections."""

    kind = "kind"
    grouping = "grouping"


class ModelChoice(StrEnum):
    """The models that come with heads of their own (``classifiers.encoding.models``)."""

    default = "default"
    multilingual = "multilingual"


class Rereading(StrEnum):
    """How far comments have been read again after a change of model."""

    themes = "themes"
    """Those in themes are read first; new ones wait for their theme meanwhile."""
    rest = "rest"
    done = "done"


class ModelStatus(StrEnum):
    """Whether a version that a product learned serves."""

    candidate = "candidate"
    active = "active"
    retired = "retired"
    rejected = "rejected"


class DispatchChannel(StrEnum):
    """By which way a digest goes out."""

    email = "email"
    slack = "slack"
    discord = "discord"
    teams = "teams"
    webhook = "webhook"
    """A request of ours, signed as Standard Webhooks say."""


class Frequency(StrEnum):
    """How often a digest comes."""

    daily = "daily"
    weekly = "weekly"


class DispatchState(StrEnum):
    """What became of one sending."""

    pending = "pending"
    """Is to be sent: no call of it is in doubt."""
    sending = "sending"
    """The call is or may be out."""
    sent = "sent"
    unknown = "unknown"
    """The answer was lost: it may have arrived, and is not sent again."""
    failed = "failed"
    """Was refused for good; reason and detail say why."""
    skipped = "skipped"
    """Nothing happened that would be worth a message."""


class SpikeSort(StrEnum):
    """What far more, or far fewer, people spoke of than usual."""

    theme = "theme"
    phrase = "phrase"
    silence = "silence"
    """A source from which far fewer people are heard than usual, or nothing at all."""


class SpikeState(StrEnum):
    """Whether somebody looked at a spike."""

    open = "open"
    acknowledged = "acknowledged"

"""What a failed call means for its ticket and for its tracker."""

from __future__ import annotations

import random
from dataclasses import dataclass

import structlog

from app.models.states import TicketState
from app.tickets.due import DueTicket
from app.tickets.identity import ACCOUNT_CHANGED_REASON
from app.tickets.merging import refresh_followers
from app.tickets.steps import PushRun, Step
from integrations.failures import UNSENT
from integrations.retries import full_jitter
from integrations.tracker_contract import StatusCategory, TrackerError

log = structlog.get_logger(__name__)

RETRY_BASE_SECONDS = 2.0
RETRY_CAP_SECONDS = 900.0
PAUSE_JITTER_SECONDS = 0.5
"""At most this is added to a pause that was asked for, so that not all come back at once."""
UNTIL_CONFIRMED_SECONDS = 100 * 365 * 24 * 3600.0
"""A pause that only a person ends."""

TRACKER_WIDE = frozenset(
    {
        "rate_limited",
        "unauthorized",
        "forbidden",
        "not_found",
        "no_access",
        "tracker_unreachable",
        ACCOUNT_CHANGED_REASON,
        *UNSENT,
    }
)
"""Reasons that hold for every ticket of the tracker alike."""
MAYBE_DELETED = frozenset({"not_found", "gone"})
"""Reasons that a ticket which was deleted in the tracker gives, among others."""

# A ticket whose create call may have worked never goes back to pending, which would send it again;
# nor does one that a person cancelled or merged away while the call was out. One that a person
# linked to another ticket meanwhile is left.
RECORD_RETRY = """
    update ticket
    set state = case when %(state)s = 'pending' and create_unconfirmed_at is not null
                     then 'creating' else %(state)s end,
        attempts = attempts + 1, reason = %(reason)s, detail = %(detail)s,
        due_at = coalesce(%(now)s::timestamptz, now()) + make_interval(secs => %(seconds)s)
    where id = %(ticket)s and remote_id = %(remote)s and state not in ('cancelled', 'unlinked')
"""
RECORD_STOP = """
    update ticket
    set state = %(state)s, reason = %(reason)s, detail = %(detail)s, due_at = null
    where id = %(ticket)s and remote_id = %(remote)s and state not in ('cancelled', 'unlinked')
"""
PAUSE_TRACKER = """
    update tracker
    set reason = %(reason)s, detail = %(detail)s,
        paused_until = coalesce(%(now)s::timestamptz, now()) + make_interval(secs => %(seconds)s)
    where id = %(tracker)s
"""
CLEAR_TROUBLE = """
    update tracker set paused_until = null, reason = '', detail = '' where id = %(tracker)s
"""


@dataclass(frozen=True, slots=True)
class Retry:
    """The ticket is tried again in ``seconds``, from ``state`` on."""

    state: TicketState
    seconds: float


@dataclass(frozen=True, slots=True)
class Pause:
    """No ticket of the tracker is pushed for ``seconds``."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Stop:
    """The ticket is left in ``state`` until a person does something about it."""

    state: TicketState
    reason: str
    detail: str


Meaning = Retry | Pause | Stop

DELETED_TICKET = Stop(
    TicketState.gone, "ticket_gone", "It was deleted in the tracker; Retry makes it anew."
)
HIDDEN_TICKET = Stop(
    TicketState.blocked,
    "ticket_hidden",
    "It was deleted in the tracker or hidden from us. Retry looks for it once more, and makes it "
    "anew where it is still not to be seen.",
)


def meaning_of(
    error: TrackerError, ticket: DueTicket, *, lookup_seconds: float, chance: random.Random
) -> Meaning:
    """What a failed call means, where the ticket is still in the tracker.

    | error             | ticket that is to be created    | ticket that is there        |
    |-------------------|---------------------------------|-----------------------------|
    | tracker-wide      | the tracker pauses [1]          | the tracker pauses          |
    | permanent         | blocked until a person retries  | left as it is               |
    | ambiguous         | its marker is looked up first   | tried again                 |
    | anything else     | tried again                     | tried again                 |

    Another account than before pauses the tracker until a person confirms it.

    [1] and the marker is looked up first where the error is ambiguous as well.
    """
    backoff = full_jitter(
        ticket.attempts, base=RETRY_BASE_SECONDS, cap=RETRY_CAP_SECONDS, rng=chance
    )
    if error.reason == ACCOUNT_CHANGED_REASON:
        return Pause(UNTIL_CONFIRMED_SECONDS)
    is_created = ticket.state is TicketState.created
    if error.reason in TRACKER_WIDE:
        if error.retry_after is None:
            return Pause(max(backoff, RETRY_BASE_SECONDS))
        return Pause(error.retry_after + chance.uniform(0, PAUSE_JITTER_SECONDS))
    if error.permanent:
        state = TicketState.created if is_created else TicketState.blocked
        return Stop(state, error.reason, error.detail)
    if error.ambiguous and not is_created:
        return Retry(TicketState.creating, max(backoff, lookup_seconds))
    if error.ambiguous and ticket.is_linked and not ticket.comment_id:
        return Retry(ticket.state, max(backoff, lookup_seconds))
    return Retry(ticket.state, error.retry_after or backoff)


async def handle_failure(run: PushRun, ticket: DueTicket, error: TrackerError) -> Step:
    """Write down what went wrong and when it is tried again."""
    log.warning("ticket_push_failed", reason=error.reason)
    try:
        missing = await why_missing(run, ticket, error)
    except TrackerError as lost_access:
        error, missing = lost_access, None
    if missing is not None:
        await record_stop(run, ticket, missing)
        return Step.called
    match meaning_of(error, ticket, lookup_seconds=run.lookup_seconds[0], chance=run.chance):
        case Pause(seconds):
            waits_for_person = error.reason == ACCOUNT_CHANGED_REASON
            retry = Retry(ticket.state, 0.0 if waits_for_person else seconds)
            await record_retry(run, ticket, error, retry)
            await pause_tracker(run, error, seconds)
            return Step.paused
        case Stop() as stop:
            await record_stop(run, ticket, stop)
        case Retry() as retry:
            await record_retry(run, ticket, error, retry)
    return Step.called


async def why_missing(run: PushRun, ticket: DueTicket, error: TrackerError) -> Stop | None:
    """What is said of a ticket that the tracker, asked once more, does not show; None where it does
    or where the error speaks of something else.

    Raises TrackerError where the tracker shows us nothing at all any more: that is no news about
    the ticket.
    """
    if ticket.state is not TicketState.created or error.reason not in MAYBE_DELETED:
        return None
    remote = await run.opened.tracker.get(ticket.ref)
    return {StatusCategory.gone: DELETED_TICKET, StatusCategory.hidden: HIDDEN_TICKET}.get(
        remote.category
    )


async def record_retry(run: PushRun, ticket: DueTicket, error: TrackerError, retry: Retry) -> None:
    """Write down why the ticket waits, and until when."""
    values = {
        "ticket": ticket.id,
        "remote": ticket.remote_id,
        "state": retry.state,
        "reason": error.reason,
        "detail": error.detail,
        "seconds": retry.seconds,
        "now": run.clock(),
    }
    async with run.database.transaction() as connection:
        await connection.execute(RECORD_RETRY, values)


async def record_stop(run: PushRun, ticket: DueTicket, stop: Stop) -> None:
    """Write down why the ticket is not pushed any more."""
    values = {
        "ticket": ticket.id,
        "remote": ticket.remote_id,
        "state": stop.state,
        "reason": stop.reason,
        "detail": stop.detail,
    }
    async with run.database.transaction() as connection:
        await connection.execute(RECORD_STOP, values)
        await refresh_followers(connection, [ticket.id])


async def pause_tracker(run: PushRun, error: TrackerError, seconds: float) -> None:
    """Hold back every call to the tracker, and say why."""
    run.opened.troubled = True
    values = {
        "tracker": run.opened.id,
        "reason": error.reason,
        "detail": error.detail,
        "seconds": seconds,
        "now": run.clock(),
    }
    async with run.database.transaction() as connection:
        await connection.execute(PAUSE_TRACKER, values)


async def clear_trouble(run: PushRun) -> None:
    """Forget what was wrong with the tracker, now that it answers again."""
    if not run.opened.troubled:
        return
    run.opened.troubled = False
    async with run.database.transaction() as connection:
        await connection.execute(CLEAR_TROUBLE, {"tracker": run.opened.id})

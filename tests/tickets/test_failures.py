"""What a failed call means for its ticket, case by case."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime

import pytest

from app.models.states import TicketState
from app.tickets.due import DueTicket
from app.tickets.failures import (
    RETRY_BASE_SECONDS,
    RETRY_CAP_SECONDS,
    Meaning,
    Pause,
    Retry,
    Stop,
    meaning_of,
)
from integrations.tracker_contract import TrackerError

LOOKUP_SECONDS = 2_000.0
TO_CREATE = (TicketState.pending, TicketState.creating)


def meaning(state: TicketState, error: TrackerError, *, attempts: int = 3) -> Meaning:
    ticket = DueTicket(
        title="",
        title_gone=False,
        id=uuid.UUID(int=1),
        theme_id=uuid.UUID(int=2),
        state=state,
        marker="relay-1",
        remote_id="",
        remote_key="",
        url="",
        content_hash="",
        attempts=attempts,
        due_at=datetime(2026, 11, 1, tzinfo=UTC),
        seconds_since_call=None,
        create_unconfirmed_at=None,
        create_note="",
        superseded_at=None,
        last_words={},
        duplicate_mark={},
        writing="",
        linked_at=None,
        comment_id="",
        former=[],
    )
    return meaning_of(error, ticket, lookup_seconds=LOOKUP_SECONDS, chance=random.Random(attempts))


@pytest.mark.parametrize("state", [*TO_CREATE, TicketState.created])
@pytest.mark.parametrize(
    "reason",
    ["rate_limited", "unauthorized", "forbidden", "not_found", "tracker_unreachable"],
)
def test_what_is_wrong_with_the_tracker_pauses_it(state: TicketState, reason: str) -> None:
    pause = meaning(state, TrackerError(reason, "No.", permanent=True), attempts=0)
    assert isinstance(pause, Pause)
    assert pause.seconds == RETRY_BASE_SECONDS


def test_a_pause_lasts_as_long_as_the_tracker_asks() -> None:
    pause = meaning(TicketState.pending, TrackerError("rate_limited", "No.", retry_after=30.0))
    assert isinstance(pause, Pause)
    assert 30.0 <= pause.seconds <= 30.5


@pytest.mark.parametrize("state", TO_CREATE)
def test_a_ticket_that_is_refused_waits_for_a_person(state: TicketState) -> None:
    stop = meaning(state, TrackerError("invalid_fields", "Team is required.", permanent=True))
    assert stop == Stop(TicketState.blocked, "invalid_fields", "Team is required.")


def test_a_refresh_that_is_refused_leaves_the_ticket_created() -> None:
    stop = meaning(TicketState.created, TrackerError("invalid_fields", "Locked.", permanent=True))
    assert stop == Stop(TicketState.created, "invalid_fields", "Locked.")


@pytest.mark.parametrize("state", TO_CREATE)
def test_a_create_that_may_have_worked_is_looked_up_first(state: TicketState) -> None:
    retry = meaning(state, TrackerError("tracker_timeout", "No answer.", ambiguous=True))
    assert retry == Retry(TicketState.creating, LOOKUP_SECONDS)


def test_a_refresh_that_may_have_worked_is_sent_again() -> None:
    retry = meaning(TicketState.created, TrackerError("tracker_timeout", "No.", ambiguous=True))
    assert isinstance(retry, Retry)
    assert retry.state is TicketState.created
    assert 0 <= retry.seconds <= RETRY_BASE_SECONDS * 2**3


@pytest.mark.parametrize("state", [*TO_CREATE, TicketState.created])
def test_whatever_else_fails_is_tried_again_from_where_it_was(state: TicketState) -> None:
    retry = meaning(state, TrackerError("conflict", "Busy."), attempts=60)
    assert isinstance(retry, Retry)
    assert retry.state is state
    assert 0 <= retry.seconds <= RETRY_CAP_SECONDS


def test_a_ticket_waits_as_long_as_the_tracker_asks() -> None:
    retry = meaning(TicketState.pending, TrackerError("conflict", "Busy.", retry_after=7.0))
    assert retry == Retry(TicketState.pending, 7.0)

"""Every word that a column may hold is in an enum, and the database allows exactly those."""

from __future__ import annotations

import re
from enum import StrEnum

import pytest

from app.models import states
from app.storage.db import Database
from app.storage.rows import fetch_all
from classifiers.contract import Kind

CHECKS = """
    select conname as name, pg_get_constraintdef(oid) as text from pg_constraint
    where contype = 'c' and connamespace = 'public'::regnamespace
"""
ALLOWED: dict[str, set[str]] = {
    "ticket_pending_is_confirmed": {states.TicketState.pending},
    "delivery_stage": set(states.DeliveryStage),
    "source_history_state": set(states.HistoryState),
    "source_recheck_ring": set(states.RecheckRing),
    "comment_stage": set(states.CommentStage),
    "comment_kind": {"", *Kind},
    "comment_tone": set(states.Tone),
    "theme_status": set(states.ThemeStatus),
    "theme_kind": set(Kind),
    "theme_suggestion_state": set(states.SuggestionState),
    "ticket_state": set(states.TicketState),
    "delivery_visibility": set(states.Visibility),
    "comment_visibility": set(states.Visibility),
    "theme_visibility": set(states.Visibility),
    "tracker_audience": set(states.Visibility),
    "ticket_shown_visibility": set(states.Visibility),
    "ticket_status": set(states.TicketStatus),
    "ticket_status_from": set(states.HeardFrom),
    "ticket_delivery_stage": set(states.TicketEventStage),
    "tracker_recurrence": set(states.Recurrence),
    "reply_meaning": set(states.ReplyMeaning),
    "reply_template_meaning": set(states.ReplyMeaning),
    "reply_state": set(states.ReplyState),
    "digest_subscription_channel": set(states.DispatchChannel),
    "digest_subscription_frequency": set(states.Frequency),
    "dispatch_state": set(states.DispatchState),
    "spike_sort": set(states.SpikeSort),
    "spike_state": set(states.SpikeState),
    "promise_state": set(states.PromiseState),
    "account_link_state": set(states.LinkState),
    "account_link_basis": set(states.LinkBasis),
    "product_policy": set(states.Policy),
    "routing_rule_policy": set(states.Policy),
    "product_boldness": set(states.Boldness),
    "user_role": set(states.Role),
    "kind_label_kind": set(Kind),
    "product_model_what": set(states.Learned),
    "product_model_status": set(states.ModelStatus),
    "model_in_force_choice": set(states.ModelChoice),
    "model_in_force_rereading": set(states.Rereading),
}


async def test_the_database_allows_what_the_enums_hold(database: Database) -> None:
    async with database.transaction() as connection:
        rows = await fetch_all(connection, CHECKS)
    words = {row["name"]: set(re.findall(r"'([^']*)'::text", row["text"])) for row in rows}
    assert {name: found for name, found in words.items() if found} == ALLOWED


def test_every_enum_is_held_against_a_constraint() -> None:
    enums = [
        value
        for value in vars(states).values()
        if isinstance(value, type) and issubclass(value, StrEnum) and value is not StrEnum
    ]
    held = list(ALLOWED.values())
    without = [enum.__name__ for enum in enums if set(enum) not in held]
    # Who decided is told by columns without a constraint of their own.
    assert without == ["DecidedBy"]


@pytest.mark.parametrize("name", sorted(ALLOWED))
def test_models_and_enums_agree(name: str) -> None:
    from app.models.tables import metadata

    constraints = {
        constraint.name: str(constraint.sqltext)
        for table in metadata.tables.values()
        for constraint in table.constraints
        if hasattr(constraint, "sqltext")
    }
    assert set(re.findall(r"'([^']*)'", constraints[name])) == ALLOWED[name]

"""What a stored delivery says: its event, and what it does to comments. No database, no network."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from pydantic import BaseModel, ValidationError

from app.intake.gone import GONE_EVENT, GONE_HEADER, gone_event
from app.intake.importing_undo import IMPORT_HEADER
from app.intake.private_words import (
    PRIVATE_DETAIL,
    PRIVATE_REASON,
    changes_of,
    keeps_private,
    kept_of,
    private_changes,
    rest_of,
    visibility_of,
)
from app.models.states import DeliveryStage, Visibility
from integrations import registry
from integrations.contract import Inbound, IntegrationError
from integrations.source_contract import TEST_HEADER, Change, CommentEvent, Source

log = structlog.get_logger(__name__)

NOT_KEPT_REASON = "not_kept"
NOT_KEPT_DETAIL = "What it said was carried out; the request itself is not kept."
TEST_REASON = "test_event"
EVENT_MAX_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A stored request that this worker has a lease on, with the settings of its source."""

    id: int
    product_id: uuid.UUID
    source_id: uuid.UUID
    received_at: datetime
    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    attempts: int
    platform: str
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one delivery: its next stage, the event's name, and why. ``rest`` is its body
    without what may not be kept, where that is not all of it."""

    delivery: ClaimedDelivery
    stage: DeliveryStage
    event: str = ""
    reason: str = ""
    detail: str = ""
    events: Sequence[CommentEvent] = field(default_factory=tuple)
    visibility: Visibility = Visibility.unknown
    changes: Sequence[Change] = field(default_factory=tuple)
    keep: bool = False
    rest: bytes | None = None


def understand(delivery: ClaimedDelivery, max_attempts: int) -> Outcome:
    """Name the delivery's event and parse it. Pure: no database, no network. A test is read, and
    nothing of it counts."""
    outcome = _understand(delivery, max_attempts)
    if TEST_HEADER not in delivery.headers:
        return outcome
    words = "it could not be read: " + outcome.detail if outcome.detail else "nothing was read"
    if outcome.events:
        words = "it was read as a comment, as the platform's own would be"
    detail = f"A test of the way in, sent from here: {words}. It does not count."
    return Outcome(delivery, DeliveryStage.ignored, outcome.event, TEST_REASON, detail)


def _understand(delivery: ClaimedDelivery, max_attempts: int) -> Outcome:
    event = ""

    def failed(reason: str, detail: str) -> Outcome:
        return Outcome(delivery, DeliveryStage.failed, event, reason, detail)

    if delivery.attempts > max_attempts:
        return failed("gave_up", "The worker stopped every time it tried this delivery; replay it.")
    inbound = Inbound(
        delivery.method,
        delivery.headers,
        bytes(delivery.body),
        delivery.query,
        delivery.received_at,
    )
    if GONE_HEADER in delivery.headers:
        deletion = gone_event(inbound)
        return Outcome(delivery, DeliveryStage.parsed, GONE_EVENT, events=[deletion])
    try:
        source = registry.source(delivery.platform)
        event = source.event(inbound)[:EVENT_MAX_CHARACTERS]
        settings: BaseModel = source.settings.model_validate(delivery.settings)
        return _read(delivery, inbound, source, event, settings)
    except ValidationError:
        return failed(
            "settings_invalid", "The source's settings are not complete; correct them and replay."
        )
    except IntegrationError as error:
        return failed(error.reason, error.detail)
    except Exception:
        log.exception("parse_failed", platform=delivery.platform)
        return failed("internal_error", "An error of ours; it is in the log.")


def _read(
    delivery: ClaimedDelivery,
    inbound: Inbound,
    source: Source[BaseModel],
    event: str,
    settings: BaseModel,
) -> Outcome:
    handling, why = registry.outcome(source, event)
    handled = handling not in ("ignored", "unknown")
    # A file's private rows are in an import only where a person asked for them.
    keep = keeps_private(settings) or IMPORT_HEADER in delivery.headers
    seen = visibility_of(source, inbound, settings)

    def outcome(stage: DeliveryStage, reason: str, detail: str, **more: Any) -> Outcome:
        more = {"visibility": seen, "keep": keep, **more}
        return Outcome(delivery, stage, event, reason, detail, **more)

    if seen is Visibility.private and not keep:
        changes = private_changes(source, inbound, settings, handled=handled)
        return outcome(DeliveryStage.ignored, PRIVATE_REASON, PRIVATE_DETAIL, changes=changes)
    unkept = event.partition(".")[0] in source.unkept
    if handling == "ignored":
        reason = NOT_KEPT_REASON if unkept else "ignored_event"
        return outcome(DeliveryStage.ignored, reason, why)
    if handling == "unknown":
        why = f"No rule says what to do with {event or 'this event'}."
        return outcome(DeliveryStage.unknown, "unknown_event", why)
    remains = kept_of(
        source.parse(inbound, settings), seen, changes_of(source, inbound, settings), keep=keep
    )
    more = {"visibility": remains.visibility, "changes": remains.changes, "events": remains.events}
    if remains.nothing:
        return outcome(DeliveryStage.ignored, PRIVATE_REASON, PRIVATE_DETAIL, **more)
    if unkept:
        return outcome(DeliveryStage.parsed, NOT_KEPT_REASON, NOT_KEPT_DETAIL, **more)
    rest = rest_of(source, inbound, remains.withdrawn)
    return outcome(DeliveryStage.parsed, "", "", rest=rest, **more)

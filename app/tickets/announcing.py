"""A comment in a ticket where something happened that its readers should hear of: many people, a
sudden rise, a new version. The block is brought up to date in silence; this is all that sends mail.

What was told is written down before the call: a comment that is lost is better than one that comes
twice. The first look at a ticket only notes where it stands.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from app.storage.rows import fetch_value
from app.tickets.due import DueTicket
from app.tickets.failures import TRACKER_WIDE
from app.tickets.steps import PushRun
from integrations.tracker_contract import Draft, TrackerError

log = structlog.get_logger(__name__)

PEOPLE_THRESHOLDS = (10, 50, 100)
RISE_FROM_COMMENTS = 10
RISE_FACTOR = 3
"""A week is a rise with so many comments, and so many times those of the week before."""
VERSION_FROM_PEOPLE = 2
"""People who name a version before it is told of: one may have mistyped."""
VERSIONS_REMEMBERED = 200

SELECT_ANNOUNCED = """
    select jsonb_build_object('was', k.announced, 'on', t.announces)
    from ticket k join tracker t on t.id = k.tracker_id
    where k.id = %s and k.remote_id = %s and k.state = 'created'
"""
# Nobody else pushes to this tracker meanwhile; a row that leads elsewhere by now is left.
STORE_ANNOUNCED = """
    update ticket set announced = %(now)s::jsonb
    where id = %(ticket)s and remote_id = %(remote)s and state = 'created' returning id
"""


async def announce(run: PushRun, ticket: DueTicket, draft: Draft) -> bool:
    """Comment on the ticket where a threshold was passed since the last time; whether the tracker
    was called. Raises TrackerError where it holds for the whole tracker."""
    async with run.database.transaction() as connection:
        stored = await fetch_value(connection, SELECT_ANNOUNCED, [ticket.id, ticket.remote_id])
        if stored is None or not stored["on"]:
            return False
        was: Mapping[str, Any] | None = stored["was"]
        reached = what_is_reached(draft)
        news = what_is_new(was, draft) if was is not None else []
        now = _joined(was or {}, reached)
        if now == was:
            return False
        values = {"now": json.dumps(now), "ticket": ticket.id, "remote": ticket.remote_id}
        if await fetch_value(connection, STORE_ANNOUNCED, values) is None or not news:
            return False
    try:
        await run.opened.tracker.comment(ticket.ref, announcement(news, draft))
    except TrackerError as error:
        if error.reason in TRACKER_WIDE:
            raise
        log.warning("announcement_failed", reason=error.reason)
    return True


def what_is_reached(draft: Draft) -> dict[str, Any]:
    """The highest number of people that was passed, the day of a rise, and the versions named."""
    people = max((most for most in PEOPLE_THRESHOLDS if draft.people >= most), default=0)
    return {"people": people, "rise": _rise(draft), "versions": list(_versions(draft))}


def what_is_new(was: Mapping[str, Any], draft: Draft) -> list[str]:
    """A sentence for each threshold that was passed since."""
    reached = what_is_reached(draft)
    sentences = []
    if reached["people"] > int(was.get("people") or 0):
        sentences.append(f"{draft.people:,} people speak of this now.")
    # One rise is told of once, however long it lasts.
    if reached["rise"] and not was.get("rise") and draft.often:
        sentences.append(
            f"It is said much more often: {draft.often.week:,} comments in a week, after "
            f"{draft.often.before:,} in the week before."
        )
    told_before = set(was.get("versions") or [])
    new = [version for version in _versions(draft) if version not in told_before]
    if new and told_before:
        sentences.append(f"People name a version that they did not name before: {', '.join(new)}.")
    return sentences


def announcement(sentences: Sequence[str], draft: Draft) -> str:
    """The comment: numbers, versions and our own address, no other word of anybody."""
    link = f" What they said: {draft.theme_url}" if draft.theme_url else ""
    return " ".join(sentences) + link


def _joined(was: Mapping[str, Any], reached: Mapping[str, Any]) -> dict[str, Any]:
    """What was told so far. A rise is forgotten when it is over, so that the next one is told."""
    versions = dict.fromkeys([*(was.get("versions") or []), *reached["versions"]])
    return {
        "people": max(int(was.get("people") or 0), reached["people"]),
        "rise": reached["rise"],
        "versions": list(versions)[-VERSIONS_REMEMBERED:],
    }


def _rise(draft: Draft) -> bool:
    often = draft.often
    if often is None or often.week < RISE_FROM_COMMENTS:
        return False
    return often.week >= RISE_FACTOR * max(often.before, 1)


def _versions(draft: Draft) -> list[str]:
    named = [fact for fact in draft.facts if fact.label == "Versions"]
    return [
        version
        for fact in named
        for version, people in fact.values
        if people >= VERSION_FROM_PEOPLE
    ]

"""What people do about polling a source on its page: credentials, history, how often."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from app.errors import Invalid
from app.setup import polling, sources
from app.setup.credentials_end import near_end, set_credentials_end
from app.setup.platforms import platform
from app.setup.rechecks import read_rechecks
from app.storage.db import Connection
from app.web import forms
from app.web.forms import FormField
from app.web.guard import Act, Administering
from app.web.routes import PageRoute

router = APIRouter(route_class=PageRoute)
POLL_FIELD_PREFIX = "poll_"


def poll_fields(source: sources.Source, state: polling.PollState | None) -> list[FormField]:
    """The fields of what lets us in, never with what is stored; all may stay blank where something
    is."""
    definition = polling.polling_of(source)
    if definition.credentials is None:
        return []
    fields = forms.fields(definition.credentials, POLL_FIELD_PREFIX)
    stored = state is not None and state.has_credentials
    return [replace(field, required=field.required and not stored) for field in fields]


async def poll_shown(connection: Connection, source: sources.Source) -> dict[str, Any]:
    """What the page of a source says about polling it."""
    definition = platform(source.platform).polling
    if definition is None:
        return {"polling": None}
    state = await polling.poll_state(connection, source.id)
    history = await polling.latest_history(connection, source.id)
    percent = history.percent(newest_first=definition.newest_first) if history else None
    return {
        "polling": definition,
        "poll": state,
        "poll_fields": poll_fields(source, state),
        "poll_seconds": (state.interval_seconds if state else 0) or definition.interval_seconds,
        "history": history,
        "near_end": near_end(state.credentials_end_at) if state else None,
        "rechecks": await read_rechecks(connection, source.id),
        "history_percent": percent,
    }


@router.post("/sources/{source_id}/credentials")
async def save_credentials(act: Administering, source_id: UUID) -> Response:
    """Store what lets us in, or forget it."""
    vault = act.request.app.state.vault
    async with act.database.transaction() as connection:
        if act.text("forget"):
            await polling.forget_poll_credentials(connection, source_id)
            return act.done("Forgotten: the platform is asked no longer.")
        source = await sources.get_source(connection, source_id)
        fields = poll_fields(source, None)
        entered = forms.typed(act.form, fields, POLL_FIELD_PREFIX)
        await polling.set_poll_credentials(connection, vault, source_id, entered)
    return act.done("Saved. The platform is asked from now on; the check says whether it answers.")


@router.post("/sources/{source_id}/credentials/end")
async def save_end(act: Administering, source_id: UUID) -> Response:
    """Remember when what lets us in ends."""
    async with act.database.transaction() as connection:
        await set_credentials_end(connection, source_id, _day(act, "ends"))
    return act.done("Saved. You are told 30, 14 and 3 days before.")


@router.post("/sources/{source_id}/check")
async def check(act: Administering, source_id: UUID) -> Response:
    """Ask the platform whether the credentials suffice, and say what is missing."""
    state = act.request.app.state
    async with act.database.transaction() as connection:
        findings = await polling.check_polling(
            connection, state.vault, source_id, network=state.settings.network
        )
    wrong = [finding for finding in findings if not finding.ok]
    if not wrong:
        return act.done("The platform answers, and everything that is needed is allowed.")
    sentences = " ".join(f"{finding.detail} {finding.remedy}" for finding in wrong)
    raise Invalid(sentences, reason="check_failed")


@router.post("/sources/{source_id}/history")
async def history(act: Administering, source_id: UUID) -> Response:
    """Fetch what was written since a day, or stop that."""
    async with act.database.transaction() as connection:
        if act.text("cancel"):
            await polling.cancel_history(connection, source_id)
            return act.done("Stopped. What was fetched stays.")
        await polling.start_history(connection, source_id, _day(act))
    return act.done("It is being fetched; this page shows how far it is.")


@router.post("/sources/{source_id}/poll")
async def poll(act: Administering, source_id: UUID) -> Response:
    """Poll now, or switch polling on or off."""
    switch = act.text("enabled")
    async with act.database.transaction() as connection:
        await polling.update_polling(
            connection, source_id, enabled=switch == "on" if switch else None, soon=not switch
        )
    answers = {"on": "It is asked again.", "off": "It is asked no longer, until you say so."}
    return act.done(answers.get(switch, "It is asked as soon as a worker can."))


def _day(act: Act, name: str = "since") -> datetime | None:
    """The beginning of the chosen day in UTC, None where none is. Raises Invalid."""
    text = act.text(name)
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise Invalid("Choose a day, such as 2026-01-31.", reason="date_invalid") from None

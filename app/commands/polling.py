"""`relay source credentials`, `poll` and `history`: what a platform does not send by itself."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands import finding, output
from app.commands.named_values import pairs
from app.commands.options import AsJson, OfProduct, perform
from app.commands.secrets_in import credentials as read_credentials
from app.commands.sources import Named

if TYPE_CHECKING:
    from app.running.runtime import Services
    from app.setup.polling import History, PollState
    from app.setup.rechecks import Rechecks
    from app.setup.sources import Source


async def _source(services: Services, name: str, product: str | None) -> Source:
    async with services.database.transaction() as connection:
        return await finding.source(connection, name, product)


def credentials(
    source: Named,
    product: OfProduct = None,
    plain: Annotated[
        list[str] | None,
        typer.Option("--credential", help="One that is no secret, as name=value; repeatable."),
    ] = None,
    variables: Annotated[
        list[str] | None,
        typer.Option("--credential-env", help="A secret, as name=VARIABLE; repeatable."),
    ] = None,
    ends: Annotated[
        str | None,
        typer.Option("--ends", help="The day on which they end, such as 2026-12-31."),
    ] = None,
    forget: Annotated[
        bool, typer.Option("--forget", help="Poll it no longer, and forget what lets us in.")
    ] = False,
) -> None:
    """Enter what lets us read a source's platform, so that it can be polled. --ends alone says when
    what was entered ends."""
    from app.setup.credentials_end import set_credentials_end
    from app.setup.polling import forget_poll_credentials, polling_of, set_poll_credentials

    row = perform(lambda services: _source(services, source, product))
    if forget:

        async def let_go(services: Services) -> None:
            async with services.database.transaction() as connection:
                await forget_poll_credentials(connection, row.id)

        perform(let_go)
        output.done(f"Source {row.name} is polled no longer.")
        return
    ends_at = _moment(ends)
    if ends_at is not None and not plain and not variables:

        async def remember(services: Services) -> None:
            async with services.database.transaction() as connection:
                await set_credentials_end(connection, row.id, ends_at)

        perform(remember)
        output.done(f"The credentials of source {row.name} end on {ends}.")
        return
    polling = polling_of(row)
    entered: dict[str, Any] = {}
    if polling.credentials is not None:
        output.markdown(polling.guide)
        entered = read_credentials(
            polling.credentials,
            pairs(plain or [], "--credential"),
            pairs(variables or [], "--credential-env"),
        )

    async def work(services: Services) -> None:
        async with services.database.transaction() as connection:
            await set_poll_credentials(connection, services.vault, row.id, entered)
            if ends_at is not None:
                await set_credentials_end(connection, row.id, ends_at)

    perform(work)
    output.done(f"Source {row.name} is polled from now on.")
    output.hint(f"See whether it may: relay source check {row.name}")
    output.hint(f"Fetch what was written before: relay source history {row.name} --since DATE")


def poll(
    source: Named,
    product: OfProduct = None,
    now: Annotated[bool, typer.Option("--now", help="Poll it as soon as a worker can.")] = False,
    every: Annotated[
        int | None, typer.Option("--every", help="Seconds between polls; 0: the platform's pace.")
    ] = None,
    enabled: Annotated[
        bool | None, typer.Option("--enable/--disable", help="Poll it, or not.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show how polling a source does, or change that."""
    from app.setup.polling import read_polling, update_polling
    from app.setup.rechecks import read_rechecks

    async def work(services: Services) -> tuple[PollState, Rechecks | None]:
        async with services.database.transaction() as connection:
            row = await finding.source(connection, source, product)
            rechecks = await read_rechecks(connection, row.id)
            if now or every is not None or enabled is not None:
                state = await update_polling(
                    connection, row.id, enabled=enabled, interval_seconds=every, soon=now
                )
                return state, rechecks
            return await read_polling(connection, row.id), rechecks

    state, rechecks = perform(work)
    if as_json:
        output.as_json({**asdict(state), "rechecks": rechecks})
        return
    output.card(
        {
            "polled": output.ago(state.polled_at),
            "next": state.due_at if state.enabled else "never: it is switched off",
            "waits until": state.paused_until,
            "why": state.detail,
            "comments": state.comments,
            "missed by the webhook": state.missed,
            "credentials end": state.credentials_end_at,
            **_looked_again(rechecks),
        }
    )


def _looked_again(rechecks: Rechecks | None) -> dict[str, object]:
    """What looking again found, for people."""
    if rechecks is None:
        return {}
    return {
        "all looked at again": output.ago(rechecks.ended_at),
        "edits that no event told": rechecks.edited,
        "deletions that no event told": rechecks.gone,
        "not looked at": rechecks.detail,
    }


def history(
    source: Named,
    product: OfProduct = None,
    since: Annotated[
        str | None, typer.Option("--since", help="From this day on, such as 2026-01-31.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything there is.")] = False,
    cancel: Annotated[bool, typer.Option("--cancel", help="Stop; what came stays.")] = False,
    as_json: AsJson = False,
) -> None:
    """Fetch what was written before a source was connected, or show how far that is."""
    from app.setup import polling

    moment = _moment(since)

    async def work(services: Services) -> tuple[Source, History | None]:
        async with services.database.transaction() as connection:
            row = await finding.source(connection, source, product)
            if cancel:
                return row, await polling.cancel_history(connection, row.id)
            if everything or moment is not None:
                return row, await polling.start_history(connection, row.id, moment)
            return row, await polling.latest_history(connection, row.id)

    row, fetched = perform(work)
    if fetched is None:
        output.hint(f"Nothing was fetched yet: relay source history {row.name} --since 2026-01-31")
        return
    percent = fetched.percent(newest_first=polling.polling_of(row).newest_first)
    if as_json:
        output.as_json({"history": fetched, "percent": percent})
        return
    output.card(
        {
            "state": fetched.state,
            "since": fetched.since or "everything",
            "reached": fetched.reached_at,
            "walked": "" if percent is None else f"{percent} %",
            "new comments": fetched.comments,
            "there already": fetched.repeated,
        }
    )


def _moment(day: str | None) -> datetime | None:
    """The beginning of a day in UTC, or the moment. Raises Invalid (``date_invalid``)."""
    from app.errors import Invalid

    if day is None:
        return None
    try:
        moment = datetime.fromisoformat(day)
    except ValueError:
        raise Invalid("Write the day as 2026-01-31.", reason="date_invalid") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

"""Merging themes from a page: done at once or, where private words would be shown to more people,
after a question."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from starlette.responses import Response

from app.errors import Conflict, Invalid
from app.tickets.merge_reach import MERGE_SHOWS_REASON
from app.triage.bulk_merge import MergedThemes, merge_many
from app.web import guard, rendering
from app.web.guard import Act
from app.web.words import counted


async def merge_or_ask(act: Act, merge: Callable[[], Awaitable[Response]]) -> Response:
    """The answer of ``merge``; where it is refused because of private words, a page that asks and
    sends the same form again."""
    try:
        return await merge()
    except Conflict as error:
        if error.reason != MERGE_SHOWS_REASON:
            raise
        fields = [
            (name, value)
            for name, value in act.form.multi_items()
            if isinstance(value, str) and name not in ("csrf", "although")
        ]
        return await rendering.page(
            act.request,
            act.user,
            "merge_question.html",
            code=error.status,
            detail=error.detail,
            fields=fields,
            back=act.back(),
        )


def although(act: Act) -> bool:
    """Whether the person said that private words may be shown to more people."""
    return act.text("although") == "yes"


async def merge_chosen(
    act: Act, themes: list[UUID], *, into: UUID | None = None, tickets_of: UUID | None = None
) -> MergedThemes:
    """Merge the themes that a form names, as it says, if nobody changed one since it was made."""
    async with act.database.transaction() as connection:
        return await merge_many(
            connection,
            themes,
            actor=act.actor,
            into=into,
            versions=seen_versions(act),
            tickets_of=tickets_of,
            although=although(act),
            undo_seconds=guard.settings(act.request).undo_seconds,
        )


def said_of(merged: MergedThemes, themes: int) -> str:
    """What was done, in a sentence."""
    if merged.already:
        return "They are one theme already; nothing was done."
    return f"{counted(themes, 'theme')} became one."


def seen_versions(act: Act) -> dict[UUID, int]:
    """The versions of the themes that the page showed: fields ``seen`` of ``id:version``."""
    versions = {}
    for field in act.texts("seen"):
        theme, _, version = field.partition(":")
        if version.isdecimal():
            versions[theme_of(theme)] = int(version)
    return versions


def chosen_themes(act: Act) -> list[UUID]:
    """The themes that were ticked. Raises Invalid."""
    chosen = [theme_of(value) for value in act.texts("theme")]
    if not chosen:
        raise Invalid("Select at least one theme first.", reason="nothing_selected")
    return chosen


def theme_of(value: str) -> UUID:
    """The id in a field. Raises Invalid for what is none."""
    try:
        return UUID(value)
    except ValueError:
        raise Invalid(
            "The selection holds something that is no theme; select again.", reason="theme_invalid"
        ) from None

"""Decides before a delivery is parsed whether it may be kept: what is private where it was written
is not stored, unless its source keeps private words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel

from integrations.contract import Inbound, PayloadError, Visibility, most_private
from integrations.source_contract import Change, CommentEvent, ScopeChange, Source

PRIVATE_REASON = "private_not_kept"
PRIVATE_DETAIL = (
    "It is private where it was written, and this source does not keep private words, so nothing "
    "of it is kept."
)


@dataclass(frozen=True, slots=True)
class Kept:
    """What remains of a delivery. ``withdrawn`` are the comments in it that may not be kept;
    ``changes`` is what it says of more than its comments."""

    events: Sequence[CommentEvent]
    visibility: Visibility
    withdrawn: frozenset[str] = frozenset()
    changes: Sequence[Change] = field(default_factory=tuple)

    @property
    def nothing(self) -> bool:
        """Whether every comment in it was private."""
        return bool(self.withdrawn) and not self.events


def keeps_private(settings: BaseModel) -> bool:
    """Whether a source stores what is private."""
    return bool(getattr(settings, "keep_private", False))


def visibility_of(source: Source[BaseModel], inbound: Inbound, settings: BaseModel) -> Visibility:
    """Who may read all of a delivery where it was written."""
    if source.visibility is None:
        return Visibility.unknown
    try:
        return source.visibility(inbound, settings)
    except PayloadError:
        return Visibility.unknown


def changes_of(source: Source[BaseModel], inbound: Inbound, settings: BaseModel) -> list[Change]:
    """What a delivery says of more than its comments. Raises PayloadError."""
    return [] if source.changes is None else source.changes(inbound, settings)


def private_changes(
    source: Source[BaseModel], inbound: Inbound, settings: BaseModel, *, handled: bool
) -> list[Change]:
    """What becomes of stored comments by a delivery that is private as a whole."""
    changes: list[Change] = []
    try:
        changes += changes_of(source, inbound, settings)
        if handled:
            changes += [_private(event) for event in source.parse(inbound, settings)]
    except PayloadError:
        pass  # what it names can be read as far as it was
    return changes


def kept_of(
    events: Sequence[CommentEvent], seen: Visibility, changes: Sequence[Change], *, keep: bool
) -> Kept:
    """The comments of a delivery that may be stored."""
    visibility = most_private([seen, *(event.visibility for event in events)])
    private = [event for event in events if event.visibility is Visibility.private]
    if keep or not private:
        return Kept(events, visibility, changes=changes)
    return Kept(
        [event for event in events if event.visibility is not Visibility.private],
        visibility,
        frozenset(event.external_id for event in private),
        [*changes, *(_private(event) for event in private)],
    )


def rest_of(source: Source[BaseModel], inbound: Inbound, withdrawn: frozenset[str]) -> bytes | None:
    """The body without the comments that may not be kept; None where it is kept as it is."""
    if not withdrawn:
        return None
    return b"" if source.without is None else source.without(inbound, withdrawn)


def _private(event: CommentEvent) -> ScopeChange:
    return ScopeChange(external_id=event.external_id, visibility=Visibility.private)

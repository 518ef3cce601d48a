"""Our comments in an issue. Their ids are chosen by us, so each is added once."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from integrations import neutralize
from integrations.tracker_contract import Draft, TicketRef, TrackerError
from integrations.trackers import wording
from integrations.trackers.linear import queries
from integrations.trackers.linear.api import AlreadyThere, LinearApi
from integrations.trackers.linear.text import comment_id, comment_text, says_the_same

_DELETED_MOST = 5
"""Comments of ours that people deleted, after which they do not want another one."""


async def keep(api: LinearApi, ref: TicketRef, draft: Draft, known_id: str = "") -> str:
    """Bring our comment up to date, or add it; its id. Beside it stands a link to the theme's page,
    which Linear keeps once for each address."""
    text = comment_text(draft)
    own_ids = [comment_id(ref.id, draft.marker, place) for place in range(_DELETED_MOST)]
    for own_id in dict.fromkeys([known_id, *own_ids] if known_id else own_ids):
        standing = await _standing(api, own_id)
        if standing is None:
            if not await _added(api, ref, own_id, text):
                continue
        elif not says_the_same(str(standing.get("body") or ""), text):
            change = {"id": own_id, "input": {"body": text}}
            await api.ask(queries.CHANGE_COMMENT, change)
        else:
            return own_id
        await _attach(api, ref, draft)
        return own_id
    raise TrackerError(
        "not_found",
        f"Our comment in {ref.key} was deleted {_DELETED_MOST} times, so it is not added any more. "
        "Unlink the ticket.",
        permanent=True,
    )


async def is_current(api: LinearApi, ref: TicketRef, draft: Draft) -> bool:
    """Whether our comment says what the draft says."""
    text = comment_text(draft)
    for place in range(_DELETED_MOST):
        standing = await _standing(api, comment_id(ref.id, draft.marker, place))
        if standing is not None:
            return says_the_same(str(standing.get("body") or ""), text)
    return False


async def add_once(api: LinearApi, ref: TicketRef, text: str) -> None:
    """Add a comment, whose words give it its id."""
    digest = hashlib.sha256(f"{ref.id}\n{text}".encode()).digest()
    words_id = str(uuid.UUID(bytes=digest[:16], version=4))
    await _added(api, ref, words_id, neutralize.markdown_plain(text))


async def _standing(api: LinearApi, own_id: str) -> dict[str, Any] | None:
    """A comment as it is; None where it is not there, or was deleted."""
    try:
        comment = (await api.ask(queries.COMMENT, {"id": own_id})).get("comment")
    except TrackerError as error:
        if error.reason != "not_found":
            raise
        return None
    return comment if isinstance(comment, dict) and not comment.get("archivedAt") else None


async def _added(api: LinearApi, ref: TicketRef, own_id: str, text: str) -> bool:
    """Whether a comment with this id was added now. Linear keeps the ids of deleted ones."""
    comment = {
        "id": own_id,
        "issueId": ref.id,
        "body": text,
        "doNotSubscribeToIssue": True,
    }
    try:
        await api.ask(queries.ADD_COMMENT, {"input": comment})
    except AlreadyThere:
        return False
    return True


async def _attach(api: LinearApi, ref: TicketRef, draft: Draft) -> None:
    url = neutralize.link(draft.theme_url)
    if not url:
        return
    attachment = {
        "issueId": ref.id,
        "url": url,
        "title": wording.BLOCK_HEADING,
        "subtitle": f"{wording.people_count(draft)}, {draft.mentions:,} comments",
    }
    await api.ask(queries.ATTACH, {"input": attachment})

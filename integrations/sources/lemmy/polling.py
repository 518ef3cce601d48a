"""Asks an instance of Lemmy for the posts and comments of communities.

1. Nothing is needed: communities are read as everybody may read them.
2. Choose the instance on which the community is at home: others know a part of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from integrations import payload
from integrations.list_readers import ListReader, check_by, missing_setting, poll_by
from integrations.listing import ListPage, Row, Stream, begin_lists, json_item, moment_of, objects
from integrations.poll_contract import KnownComment, PolledItem, PollError, Polling, Rechecked
from integrations.polling import unreadable
from integrations.sources.lemmy.settings import Settings

VIEWS_PER_PAGE = 50
_LISTED = {"post": "posts", "comment": "comments"}


class LemmyReader(ListReader[Settings]):
    """Reads communities: a stream is ``kind:name``."""

    title = "Lemmy"
    remedy = "Check the instance's address and the names of the communities."

    async def streams(self) -> Sequence[str]:
        names = [name.removeprefix("!") for name in payload.listed(self.settings.communities)]
        if not names or not self.settings.base_url:
            raise missing_setting(
                "Enter the instance's address and the communities in this source's settings."
            )
        return [f"{kind}:{name}" for name in names for kind in _LISTED]

    async def page(self, stream: Stream) -> ListPage:
        """A page, the newest first."""
        kind, _, name = stream.name.partition(":")
        number = int(stream.page or 1)
        params: dict[str, str | int] = {
            "community_name": name,
            "sort": "New",
            "type_": "All",
            "limit": VIEWS_PER_PAGE,
            "page": number,
        }
        answer = await self.answer_object(self.settings.url(f"{kind}/list"), params)
        if not isinstance(answer.get(_LISTED[kind]), list):
            raise unreadable(self.title)
        views = objects(answer[_LISTED[kind]])
        rows = [_row(kind, view) for view in views]
        return ListPage(rows, str(number + 1) if views else "")


def _row(kind: str, view: Mapping[str, Any]) -> Row:
    inner = view.get(kind)
    words = inner if isinstance(inner, dict) else {}
    written = str(words.get("published") or words.get("published_at") or "")
    # Version 0.18 leaves out that its times are in UTC.
    moment = moment_of(written) or moment_of(f"{written}+00:00")
    return Row(view_item(kind, view), f"{written}.{words.get('id')}", moment)


def view_item(kind: str, view: Mapping[str, Any]) -> PolledItem:
    """A view without pictures of people."""
    fields = ("post", "comment", "creator", "counts", "community")
    marks = ("creator_is_moderator", "creator_is_admin")
    return json_item(
        {"event": kind, "view": {name: view[name] for name in (*fields, *marks) if name in view}}
    )


async def _recheck(
    settings: Settings,
    credentials: Mapping[str, Any],
    sought: Sequence[KnownComment],
    http: httpx.AsyncClient,
) -> Rechecked:
    """Lemmy shows what was deleted or removed as such; what it does not show at all is left
    alone."""
    reader = LemmyReader(settings, credentials, http)
    items, unseen = [], ""
    for comment in sought:
        kind = "comment" if comment.extras.get("comment") else "post"
        number = str(comment.extras.get(kind) or "")
        if not number.isdigit():
            continue
        try:
            answer = await reader.answer_object(settings.url(kind), {"id": number})
        except PollError as error:
            if error.reason not in ("source_not_there", "source_refused"):
                raise
            unseen = "Some of what is stored is not shown there any more."
            continue
        view = answer.get(f"{kind}_view")
        items += [view_item(kind, view)] if isinstance(view, dict) else []
    return Rechecked(items, unseen=unseen)


LEMMY_POLLING: Polling[Settings] = Polling(
    credentials=None,
    begin=begin_lists,
    poll=poll_by(LemmyReader),
    check=check_by(LemmyReader),
    account=lambda settings, _: payload.joined("lemmy", settings.base_url),
    guide=__doc__,
    calls_per_minute=60,
    burst=10,
    recheck=_recheck,
    recheck_most=20,
)
"""How communities are polled."""

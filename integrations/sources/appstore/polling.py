"""Asks App Store Connect for the reviews of an app.

1. Sign in to https://appstoreconnect.apple.com as an Admin and open **Users and Access →
   Integrations → App Store Connect API → Team Keys**. The first time, access has to be requested.
2. **Generate API Key**, role **Customer Support**, which may read reviews and answer them.
3. Download the key, which is possible once, and enter the **Issuer ID** above the list, the **Key
   ID**, and the whole content of the file here. The clock of this machine has to be right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx

from integrations.list_readers import ListReader, check_by, missing_setting, poll_by
from integrations.listing import ListPage, Row, Stream, begin_lists, json_item, moment_of, objects
from integrations.poll_contract import KnownComment, PolledItem, PollError, Polling, Rechecked
from integrations.polling import PollAnswer, Query, ask, forbidden, unauthorized, unreadable
from integrations.sources.appstore.keys import AppStoreCredentials, bearer_of, key_name
from integrations.sources.appstore.reviews import READ_FIELD
from integrations.sources.appstore.settings import Settings

APPLE_PAGE_REVIEWS = 200


class AppStoreReader(ListReader[Settings]):
    """Reads the reviews of one app."""

    title = "App Store Connect"
    needed = "a key with the role Customer Support"
    remedy = "Check the app's Apple ID, the key with its IDs, its role, and this machine's clock."

    async def answer(
        self,
        url: str,
        params: Query | None = None,
        *,
        question: Mapping[str, Any] | None = None,
    ) -> PollAnswer:
        headers = bearer_of(self.settings, self.credentials)
        if headers is None:
            raise unauthorized(self.title)
        try:
            return await ask(self.http, self.title, url, params=params, headers=headers)
        except PollError as error:
            if error.reason == "source_forbidden":
                raise forbidden(self.title, self.needed) from None
            raise

    async def streams(self) -> Sequence[str]:
        if not self.settings.app:
            raise missing_setting("Enter the app's Apple ID in this source's settings.")
        return [self.settings.app]

    def subject(self, name: str) -> str:
        return f"App {name}"

    async def page(self, stream: Stream) -> ListPage:
        """A page, the newest first."""
        params: dict[str, str | int] = {"sort": "-createdDate", "limit": APPLE_PAGE_REVIEWS}
        params |= {"cursor": stream.page} if stream.page else {}
        url = self.settings.url(f"apps/{stream.name}/customerReviews")
        answer = await self.answer(url, params)
        value = answer.value
        if not isinstance(value, dict) or not isinstance(value.get("data"), list):
            raise unreadable(self.title)
        links = value.get("links")
        following = links.get("next") if isinstance(links, dict) else None
        cursors = parse_qs(urlsplit(str(following or "")).query).get("cursor", [""])
        rows = [self._row(review, answer) for review in objects(value["data"])]
        return ListPage(rows, cursors[0])

    def _row(self, review: Mapping[str, Any], answer: PollAnswer) -> Row:
        words = review.get("attributes")
        moment = moment_of(words.get("createdDate")) if isinstance(words, dict) else None
        moment = moment.astimezone(UTC) if moment else None
        mark = f"{moment.isoformat() if moment else ''}.{review.get('id')}"
        return Row(review_item(review, answer), mark, moment)


def review_item(review: Mapping[str, Any], answer: PollAnswer) -> PolledItem:
    """A review with the time of the answer that shows it."""
    shown = {name: review.get(name) for name in ("type", "id", "attributes")}
    sent_at = answer.headers.get("date", "")
    read_at = parsedate_to_datetime(sent_at).isoformat() if sent_at else None
    return json_item({**shown, READ_FIELD: read_at})


async def _recheck(
    settings: Settings,
    credentials: Mapping[str, Any],
    sought: Sequence[KnownComment],
    http: httpx.AsyncClient,
) -> Rechecked:
    """A review is gone where it is missing while the key still sees its app."""
    reader = AppStoreReader(settings, credentials, http)
    await reader.answer_object(settings.url(f"apps/{settings.app}"))
    items, gone = [], set()
    for comment in sought:
        path = f"customerReviews/{quote(comment.external_id, safe='')}"
        try:
            answer = await reader.answer(settings.url(path))
        except PollError as error:
            if error.reason != "source_not_there":
                raise
            gone.add(comment.external_id)
            continue
        review = answer.value.get("data") if isinstance(answer.value, dict) else None
        items += [review_item(review, answer)] if isinstance(review, dict) else []
    return Rechecked(items, frozenset(gone))


APPSTORE_POLLING: Polling[Settings] = Polling(
    credentials=AppStoreCredentials,
    begin=begin_lists,
    poll=poll_by(AppStoreReader),
    check=check_by(AppStoreReader),
    account=key_name,
    guide=__doc__,
    calls_per_minute=40,  # 3,600 an hour for a key
    burst=5,
    interval_seconds=1_800.0,
    recheck=_recheck,
    recheck_most=20,
)
"""How an app's reviews are polled."""

"""Asks Google Play for the reviews of an app.

1. Open https://console.cloud.google.com, choose or make a project, and under **APIs & Services →
   Library** switch on **Google Play Android Developer API**.
2. **IAM & Admin → Service Accounts → Create service account**, without any role; then **Keys → Add
   key → Create new key → JSON**. A file is downloaded: enter its whole content here.
3. In the **Play Console** open **Users and permissions → Invite new users**, enter the service
   account's e-mail address and give it **Reply to reviews** for the app. It may take a day until
   Google lets it in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from integrations.list_readers import ListReader, check_by, missing_setting, poll_by
from integrations.listing import ListPage, Row, Stream, begin_lists, json_item, objects
from integrations.poll_contract import PollError, Polling
from integrations.polling import PollAnswer, Query, ask, forbidden, unauthorized, unreadable
from integrations.sources.googleplay.keys import (
    GooglePlayCredentials,
    play_tokens,
    token_form,
    token_name,
)
from integrations.sources.googleplay.settings import Settings

PLAY_PAGE_REVIEWS = 100


class GooglePlayReader(ListReader[Settings]):
    """Reads the reviews of one app."""

    title = "Google Play"
    needed = "the permission Reply to reviews in the Play Console"
    remedy = "Check the package name, the key file, and the permission Reply to reviews."

    async def answer(
        self,
        url: str,
        params: Query | None = None,
        *,
        question: Mapping[str, Any] | None = None,
    ) -> PollAnswer:
        """An answer to the service account."""
        name = token_name(self.settings, self.credentials)
        token = play_tokens.of(name) or await self._token(name)
        headers = {"Authorization": f"Bearer {token}"}
        try:
            return await ask(self.http, self.title, url, params=params, headers=headers)
        except PollError as error:
            if error.reason == "source_unauthorized":
                play_tokens.forget(name)
            if error.reason == "source_forbidden":
                raise forbidden(self.title, self.needed) from None
            raise

    async def _token(self, name: str) -> str:
        asked_for = token_form(self.settings, self.credentials)
        if asked_for is None:
            raise unauthorized(self.title)
        url, form = asked_for
        try:
            answer = await ask(self.http, self.title, url, form=form)
        except PollError as error:
            if error.reason == "source_refused":  # a key that was deleted is a 400
                raise unauthorized(self.title) from None
            raise
        if not (token := play_tokens.keep_answer(name, answer.value)):
            raise unreadable(self.title)
        return token

    async def streams(self) -> Sequence[str]:
        if not self.settings.package:
            raise missing_setting("Enter the app's package name in this source's settings.")
        return [self.settings.package]

    async def page(self, stream: Stream) -> ListPage:
        """A page, what changed last first."""
        params: dict[str, str | int] = {"maxResults": PLAY_PAGE_REVIEWS}
        params |= {"token": stream.page} if stream.page else {}
        answer = await self.answer_object(self.settings.reviews(), params)
        if not isinstance(answer.get("reviews", []), list):
            raise unreadable(self.title)
        paging = answer.get("tokenPagination")
        following = paging.get("nextPageToken") if isinstance(paging, dict) else None
        rows = [review_row(review) for review in objects(answer.get("reviews", []))]
        return ListPage(rows, following if isinstance(following, str) else "")


def review_row(review: Mapping[str, Any]) -> Row:
    """A review, by the time of its last change."""
    words = [part.get("userComment") for part in objects(review.get("comments"))]
    changed = next((one.get("lastModified") for one in words if isinstance(one, dict)), None)
    parts = changed if isinstance(changed, dict) else {}
    seconds, nanos = (str(parts.get(name) or 0) for name in ("seconds", "nanos"))
    mark = f"{seconds.zfill(12)}.{nanos.zfill(9)}"
    is_time = seconds.isascii() and seconds.isdigit() and len(seconds) < 12
    moment = datetime.fromtimestamp(int(seconds), UTC) if is_time else None
    return Row(json_item({"event": "review", "changed": mark, "review": review}), mark, moment)


def _account(settings: Settings, credentials: Mapping[str, Any]) -> str:
    return f"{token_name(settings, credentials)}:{settings.package}"


GOOGLEPLAY_POLLING: Polling[Settings] = Polling(
    credentials=GooglePlayCredentials,
    begin=begin_lists,
    poll=poll_by(GooglePlayReader),
    check=check_by(GooglePlayReader),
    account=_account,
    guide=__doc__,
    calls_per_minute=3,  # 200 an hour for an app
    burst=10,
    interval_seconds=900.0,
)
"""How an app's reviews are polled: Google lists those of the last seven days."""

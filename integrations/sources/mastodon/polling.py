"""Asks your server for what mentions your account, and for posts with certain hashtags.

1. Sign in to your server as your team's account and open **Preferences → Development → New
   application**.
2. Scopes: **read:notifications** and **read:statuses**, and nothing else. Submit it, open it again
   and copy **Your access token**.
3. Enter the token here. Without one (**Save** with the field left blank) hashtags alone are read,
   where the server shows them to everybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import httpx
from pydantic import BaseModel, Field, SecretStr

from integrations import payload
from integrations.contract import Finding
from integrations.entered_tokens import SECRETIVE
from integrations.list_readers import ListReader, check_by, missing_setting, poll_by
from integrations.listing import (
    ListPage,
    Row,
    Stream,
    begin_lists,
    json_item,
    moment_of,
    numbered,
    objects,
)
from integrations.poll_contract import KnownComment, PolledItem, PollError, Polling, Rechecked
from integrations.sources.mastodon.settings import Settings
from integrations.sources.mastodon.statuses import POLLED_FIELD

STATUSES_PER_PAGE = 40
_MENTIONS = "mentions"
_ADDRESSED_KINDS = ("mention", "quote")
_READING_SCOPES = ("read:notifications", "read:statuses")


class MastodonCredentials(BaseModel):
    """What lets us read as an account."""

    model_config = SECRETIVE

    token: SecretStr = Field(
        default=SecretStr(""), description="The access token of an application of your account."
    )


class MastodonReader(ListReader[Settings]):
    """Reads what mentions the account, and hashtags."""

    title = "Mastodon"
    needed = "the scopes read:notifications and read:statuses"
    remedy = "Check the server's address, and the token with its two scopes."

    def headers(self) -> Mapping[str, str]:
        token = str(self.credentials.get("token") or "")
        return {"Authorization": f"Bearer {token}"} if token else {}

    async def greeting(self) -> list[Finding]:
        """What the token may do; servers before 4.3 do not tell."""
        if not self.headers() or not self.settings.base_url:
            return []
        app = await self.answer_object(f"{self.settings.base_url}/api/v1/apps/verify_credentials")
        scopes = app.get("scopes")
        named = {str(one) for one in scopes} if isinstance(scopes, list) else {"read"}
        missing = [one for one in _READING_SCOPES if not {"read", one} & named]
        if not missing:
            return [Finding("Token", True, "Your server accepts it.")]
        words = f"Its scopes lack {' and '.join(missing)}."
        return [Finding("Token", False, words, self.remedy)]

    async def streams(self) -> Sequence[str]:
        if not self.settings.base_url:
            raise missing_setting("Enter the address of your server in this source's settings.")
        tags = [f"tag:{tag.removeprefix('#')}" for tag in payload.listed(self.settings.hashtags)]
        names = [_MENTIONS, *tags] if self.headers() else tags
        if not names:
            raise missing_setting(
                "Name hashtags in this source's settings, or enter a token for what mentions you."
            )
        return names

    async def page(self, stream: Stream) -> ListPage:
        """A page, the newest first: the last number of it begins the next one."""
        params: list[tuple[str, str | int]] = [("limit", STATUSES_PER_PAGE)]
        params += [("max_id", stream.page)] if stream.page else []
        path = f"timelines/tag/{quote(stream.name.partition(':')[2], safe='')}"
        if stream.name == _MENTIONS:
            path = "notifications"
            params += [("types[]", kind) for kind in _ADDRESSED_KINDS]
        url = f"{self.settings.base_url}/api/v1/{path}?{urlencode(params)}"
        listed = objects(await self.answer_list(url))
        rows = []
        for one in listed:
            status = one.get("status") if stream.name == _MENTIONS else one
            if isinstance(status, dict):
                mark = numbered(one.get("id"))
                rows.append(Row(status_item(status), mark, moment_of(status.get("created_at"))))
        return ListPage(rows, str(listed[-1].get("id")) if listed else "")


def status_item(status: Mapping[str, Any]) -> PolledItem:
    """A post as the server's webhook would have sent it."""
    is_edited = bool(status.get("edited_at"))
    name = "status.updated" if is_edited else "status.created"
    return json_item({"event": name, "object": status, POLLED_FIELD: True})


async def _recheck(
    settings: Settings,
    credentials: Mapping[str, Any],
    sought: Sequence[KnownComment],
    http: httpx.AsyncClient,
) -> Rechecked:
    """Asked as anybody: a public post is gone where its account is shown and the post is not."""
    reader = MastodonReader(settings, {}, http)
    items, gone, unseen = [], set(), ""
    for comment in sought:
        number, account = (str(comment.extras.get(name) or "") for name in ("status", "account"))
        if not number.isalnum() or not account.isalnum():
            continue
        base = f"{settings.base_url}/api/v1"
        try:
            items.append(status_item(await reader.answer_object(f"{base}/statuses/{number}")))
        except PollError as error:
            if error.reason != "source_not_there":
                unseen = _unseen(error)
                continue
            try:
                shown = await reader.answer_object(f"{base}/accounts/{account}")
            except PollError as hidden:
                unseen = _unseen(hidden)
                continue
            if not shown.get("suspended") and not shown.get("limited"):
                gone.add(comment.external_id)
    return Rechecked(items, frozenset(gone), unseen)


def _unseen(error: PollError) -> str:
    """What could not be looked at. Raises the error where it passes by itself."""
    if not error.needs_person:
        raise error
    return error.detail


def _account(settings: Settings, credentials: Mapping[str, Any]) -> str:
    return payload.fingerprinted("mastodon", settings.base_url, str(credentials.get("token") or ""))


MASTODON_POLLING: Polling[Settings] = Polling(
    credentials=MastodonCredentials,
    begin=begin_lists,
    poll=poll_by(MastodonReader),
    check=check_by(MastodonReader),
    account=_account,
    guide=__doc__,
    calls_per_minute=40,  # 300 in 5 minutes for an account
    burst=20,
    recheck=_recheck,
    recheck_most=15,
)
"""How a server is polled. Edits are seen where a post is looked at again."""

"""Answers posts and comments in the name of an account.

1. Make an account on the instance that speaks for your team, **without two-factor sign-in**, which
   Lemmy does not let a program pass. Its profile should say that a program helps to write.
2. Enter its name and its password here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
from pydantic import BaseModel, Field, SecretStr

from integrations import payload
from integrations.access_tokens import AccessTokens
from integrations.contract import Finding, Visibility
from integrations.entered_tokens import SECRETIVE
from integrations.listing import moment_of
from integrations.lost_answers import AnswerPage, find_answer, looked_from
from integrations.plain_words import chat_plain
from integrations.reply_calls import call, unauthorized_reply, unreadable_reply
from integrations.reply_contract import (
    AnsweredComment,
    CanReply,
    PostedReply,
    ReplyError,
    Replying,
)
from integrations.sources.lemmy.settings import Settings

_INSTANCE = "Lemmy"
LEMMY_COMMENT_MAX_CHARACTERS = 10_000
_SIGNED_IN_SECONDS = 12 * 3_600.0
_tokens = AccessTokens()


class LemmyReplyCredentials(BaseModel):
    """What lets us write as an account."""

    model_config = SECRETIVE

    username: str = Field(min_length=1, max_length=100, description="The account's name.")
    password: SecretStr = Field(min_length=1, description="The account's password.")


def _can_reply(settings: Settings, comment: AnsweredComment) -> CanReply:
    if not settings.base_url:
        return CanReply("no_address", "Enter the instance's address in this source's settings.")
    if not str(comment.extras.get("post") or "").isdigit():
        return CanReply("no_thread", "It is not known under which post this was written.")
    if comment.visibility is Visibility.private:
        return CanReply("private_thread", "It was written in private: answer there in person.")
    return CanReply()


async def _reply(
    settings: Settings,
    credentials: Mapping[str, Any],
    comment: AnsweredComment,
    text: str,
    key: UUID,
    http: httpx.AsyncClient,
) -> PostedReply:
    """Lemmy has no key for it: what the account wrote is looked at before a second try."""
    body = {"content": text, "post_id": int(str(comment.extras.get("post")))}
    parent = str(comment.extras.get("comment") or "")
    body |= {"parent_id": int(parent)} if parent.isdigit() else {}
    answer = await _api(settings, credentials, http, "comment", body=body)
    return _posted(settings, answer.get("comment_view"))


async def _find(
    settings: Settings,
    credentials: Mapping[str, Any],
    comment: AnsweredComment,
    key: UUID,
    since: datetime,
    http: httpx.AsyncClient,
) -> PostedReply | None:
    """What our account wrote below the comment since the call."""
    name, earliest = str(credentials.get("username") or "").lower(), looked_from(since)
    parent = str(comment.extras.get("comment") or "0")

    async def read(_: str) -> AnswerPage:
        post = str(comment.extras.get("post"))
        params = (("post_id", post), ("sort", "New"), ("limit", 50), ("type_", "All"))
        answer = await _api(settings, credentials, http, "comment/list", params=params)
        return AnswerPage(answer.get("comments"))

    def is_ours(view: Mapping[str, Any]) -> bool:
        words, creator = view.get("comment"), view.get("creator")
        if not isinstance(words, dict) or not isinstance(creator, dict):
            return False
        written = moment_of(words.get("published") or words.get("published_at"))
        is_late = written is not None and written >= earliest
        path = str(words.get("path") or "").split(".")
        is_below = path[-2:-1] == [parent]
        return is_late and is_below and str(creator.get("name")).lower() == name

    return await find_answer(_INSTANCE, read, is_ours, lambda view: _posted(settings, view))


async def _check(
    settings: Settings, credentials: Mapping[str, Any], http: httpx.AsyncClient
) -> list[Finding]:
    answer = await _api(settings, credentials, http, "site")
    if not isinstance(answer.get("my_user"), dict):
        raise unauthorized_reply(_INSTANCE)
    return [Finding("Account", True, f"Answers are written by {credentials.get('username')}.")]


async def _api(
    settings: Settings,
    credentials: Mapping[str, Any],
    http: httpx.AsyncClient,
    path: str,
    *,
    params: Sequence[tuple[str, str | int]] = (),
    body: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    parts = {name: str(credentials.get(name) or "") for name in ("username", "password")}
    name = payload.fingerprinted("lemmy", settings.base_url, "\n".join(parts.values()))
    token = _tokens.of(name)
    if not token:
        login = {"username_or_email": parts["username"], "password": parts["password"]}
        url = settings.url("user/login")
        answer = await call(http, _INSTANCE, "POST", url, headers={}, body=login)
        jwt = answer.get("jwt") if isinstance(answer, dict) else None
        if not isinstance(jwt, str) or not jwt:
            raise unreadable_reply(_INSTANCE, writes=False)
        token = _tokens.keep(name, jwt, _SIGNED_IN_SECONDS)
    try:
        answer = await call(
            http,
            _INSTANCE,
            "GET" if body is None else "POST",
            settings.url(path),
            headers={"Authorization": f"Bearer {token}"},
            params=params,
            body=body,
            writes=body is not None,
        )
    except ReplyError as error:
        if error.reason == "reply_unauthorized":
            _tokens.forget(name)
        raise
    if not isinstance(answer, dict):
        raise unreadable_reply(_INSTANCE, writes=body is not None)
    return answer


def _posted(settings: Settings, view: Any) -> PostedReply:
    words = view.get("comment") if isinstance(view, dict) else None
    name, number = (words.get("ap_id"), words.get("id")) if isinstance(words, dict) else ("", "")
    if not isinstance(name, str) or not name:
        raise unreadable_reply(_INSTANCE, writes=True)
    return PostedReply(name, payload.web_address(f"{settings.base_url}/comment/{number}"))


REPLYING: Replying[Settings] = Replying(
    guide=__doc__,
    credentials=LemmyReplyCredentials,
    can_reply=_can_reply,
    reply=_reply,
    find=_find,
    check=_check,
    outgoing=chat_plain,
    limit=LEMMY_COMMENT_MAX_CHARACTERS,
)

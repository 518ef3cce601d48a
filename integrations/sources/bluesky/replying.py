"""Answers posts in the name of your account.

1. Make an app password as for asking (**Settings → Privacy and security → App passwords**).
2. Enter the account's handle and that password here.

A post holds 300 characters; what looks like one may count as several, as pictures made of letters
do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx

from integrations.contract import Finding
from integrations.neutralize import by_links
from integrations.plain_words import mention_free
from integrations.reply_calls import call, unreadable_reply
from integrations.reply_contract import (
    AnsweredComment,
    CanReply,
    PostedReply,
    ReplyError,
    Replying,
)
from integrations.sources.bluesky.posts import permalink
from integrations.sources.bluesky.sessions import (
    BlueskyCredentials,
    Session,
    forget_access,
    session_of,
)
from integrations.sources.bluesky.settings import Settings

_NETWORK = "Bluesky"
POST_MAX_GRAPHEMES = 300
"""Code points are counted, of which a grapheme has one at least."""
_COLLECTION = "app.bsky.feed.post"
_POST_URI = re.compile(r"at://did:[a-z0-9:._%-]{1,200}/app\.bsky\.feed\.post/[\w~.:-]{1,512}")
_KEY_DIGITS = "234567abcdefghijklmnopqrstuvwxyz"
_KEY_LENGTH = 13


def _can_reply(settings: Settings, comment: AnsweredComment) -> CanReply:
    names = (comment.external_id, str(comment.extras.get("root") or ""))
    has_versions = all(comment.extras.get(name) for name in ("cid", "root_cid"))
    if not has_versions or not all(_POST_URI.fullmatch(name) for name in names):
        return CanReply("no_thread", "It is not known in which thread this was written.")
    return CanReply()


async def _reply(
    settings: Settings,
    credentials: Mapping[str, Any],
    comment: AnsweredComment,
    text: str,
    key: UUID,
    http: httpx.AsyncClient,
) -> PostedReply:
    """A post under a name that is made of our key: a second one would have to replace it, which
    creating does not."""
    session = await _session(settings, credentials, http)
    extras = comment.extras
    record = {
        "$type": _COLLECTION,
        "text": text,
        "facets": link_facets(text),
        "createdAt": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "reply": {
            "root": {"uri": extras.get("root"), "cid": extras.get("root_cid")},
            "parent": {"uri": comment.external_id, "cid": extras.get("cid")},
        },
    }
    body = {
        "repo": session.did,
        "collection": _COLLECTION,
        "rkey": record_key(key),
        "record": record,
    }
    method = "com.atproto.repo.createRecord"
    return _posted(await _api(settings, credentials, http, session, method, body=body))


async def _find(
    settings: Settings,
    credentials: Mapping[str, Any],
    comment: AnsweredComment,
    key: UUID,
    since: datetime,
    http: httpx.AsyncClient,
) -> PostedReply | None:
    """The post of that name; the server answers 400 where there is none."""
    session = await _session(settings, credentials, http)
    params = (("repo", session.did), ("collection", _COLLECTION), ("rkey", record_key(key)))
    method = "com.atproto.repo.getRecord"
    try:
        return _posted(await _api(settings, credentials, http, session, method, params=params))
    except ReplyError as error:
        if error.reason != "reply_refused":
            raise
        return None


async def _check(
    settings: Settings, credentials: Mapping[str, Any], http: httpx.AsyncClient
) -> list[Finding]:
    session = await _session(settings, credentials, http)
    method = "com.atproto.server.getSession"
    me = await _api(settings, credentials, http, session, method)
    return [Finding("Account", True, f"Answers are written by @{me.get('handle')}.")]


async def _session(
    settings: Settings, credentials: Mapping[str, Any], http: httpx.AsyncClient
) -> Session:
    async def post(url: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> Any:
        return await call(http, _NETWORK, "POST", url, headers=headers, body=body)

    session = await session_of(settings, credentials, post)
    if session is None:
        raise unreadable_reply(_NETWORK, writes=False)
    return session


async def _api(
    settings: Settings,
    credentials: Mapping[str, Any],
    http: httpx.AsyncClient,
    session: Session,
    method: str,
    *,
    params: Sequence[tuple[str, str | int]] = (),
    body: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    try:
        answer = await call(
            http,
            _NETWORK,
            "GET" if body is None else "POST",
            settings.xrpc(method),
            headers=session.headers,
            params=params,
            body=body,
            writes=body is not None,
        )
    except ReplyError as error:
        if error.reason in ("reply_unauthorized", "reply_refused"):
            forget_access(settings, credentials)  # a token that ran out is refused with a 400
        raise
    if not isinstance(answer, dict):
        raise unreadable_reply(_NETWORK, writes=body is not None)
    return answer


def record_key(key: UUID) -> str:
    """The name of a post that is made of our key, of the form of a timestamp, as names have."""
    number = key.int >> 68  # 60 bits: a time of the past
    digits = [_KEY_DIGITS[(number >> shift) & 31] for shift in range(60, -1, -5)]
    return "".join(digits)[-_KEY_LENGTH:]


def link_facets(text: str) -> list[dict[str, Any]]:
    """What makes the addresses in a text links; places are counted in bytes of UTF-8."""
    facets, end = [], 0
    for part, is_link in by_links(text):
        start, end = end, end + len(part.encode())
        if is_link:
            feature = {"$type": "app.bsky.richtext.facet#link", "uri": part}
            index = {"byteStart": start, "byteEnd": end}
            facets.append({"index": index, "features": [feature]})
    return facets


def _posted(answer: Mapping[str, Any]) -> PostedReply:
    uri = str(answer.get("uri") or "")
    if not _POST_URI.fullmatch(uri):
        raise unreadable_reply(_NETWORK, writes=True)
    return PostedReply(uri, permalink(uri))


REPLYING: Replying[Settings] = Replying(
    guide=__doc__,
    credentials=BlueskyCredentials,
    can_reply=_can_reply,
    reply=_reply,
    find=_find,
    check=_check,
    outgoing=mention_free,
    limit=POST_MAX_GRAPHEMES,
)

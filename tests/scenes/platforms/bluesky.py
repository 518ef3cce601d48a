"""Bluesky: people mention an account, and a search finds the same posts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar

from tests.scenes.platforms.community import Community, Said
from tests.scenes.stand_ins import UNAUTHORIZED, Asked, Reply

AUTHOR = {"did": "did:plc:ana", "handle": "ana.example", "displayName": "Ana"}
EXPIRED_TOKEN = Reply({"error": "ExpiredToken", "message": "Token has expired"}, 400)
NO_RECORD = Reply({"error": "RecordNotFound", "message": "Could not locate record"}, 400)
ME = {"did": "did:plc:acme", "handle": "acme.example"}


def uri(number: int) -> str:
    return f"at://did:plc:ana/app.bsky.feed.post/{number}"


@dataclass
class StandInBluesky(Community):
    """Every session of it is another one; the one before is no longer taken."""

    platform: ClassVar[str] = "bluesky"
    key: ClassVar[dict[str, str]] = {"handle": "acme.example", "app_password": "pass-1"}
    wrong_key: ClassVar[dict[str, str]] = {"handle": "acme.example", "app_password": "pass-2"}
    expired: ClassVar[Reply] = EXPIRED_TOKEN
    tells_edits: ClassVar[bool] = False
    reply_key: ClassVar[dict[str, str]] = key
    answered_id: ClassVar[str] = uri(1)
    answered_thread: ClassVar[str] = uri(1)
    answered_extras: ClassVar[dict[str, Any]] = {"cid": "c1", "root": uri(1), "root_cid": "c1"}
    sessions: int = 0

    def chosen(self, url: str) -> dict[str, Any]:
        return {"service_url": url, "words": "acme"}

    def answered(self, request: Asked) -> Reply | None:
        method = request.path.removeprefix("/xrpc/")
        if method == "com.atproto.server.createSession":
            is_right = json.loads(request.body)["password"] == "pass-1"
            return self._session() if is_right else UNAUTHORIZED
        if method == "com.atproto.server.refreshSession":
            return self._session()
        if request.headers.get("authorization") != f"Bearer access-{self.sessions}":
            return EXPIRED_TOKEN
        match method:
            case "com.atproto.server.getSession":
                return Reply(ME)
            case "com.atproto.repo.createRecord":
                self.answers.append(json.loads(request.body))
                return self._record(len(self.answers))
            case "com.atproto.repo.getRecord":
                keys = [answer["rkey"] for answer in self.answers]
                number = keys.index(request.query["rkey"]) + 1 if keys else 0
                return self._record(number) if number else NO_RECORD
            case "app.bsky.notification.listNotifications":
                rows = [{**self._post(one), "reason": "mention"} for one in self._every(2)]
                return self._listed("notifications", rows, request)
            case "app.bsky.feed.searchPosts":
                rows = [self._post(one) for one in self._every(1)]
                return self._listed("posts", rows, request)
            case "app.bsky.feed.getPosts":
                wanted = request.query_lists["uris"]
                posts = [self._post(one) for one in self.written if uri(one.number) in wanted]
                return Reply({"posts": posts})
            case "app.bsky.actor.getProfiles":
                return Reply({"profiles": [{**AUTHOR, "viewer": {"blockedBy": False}}]})
        return None

    def _session(self) -> Reply:
        self.sessions += 1
        tokens = {"accessJwt": f"access-{self.sessions}", "refreshJwt": f"re-{self.sessions}"}
        return Reply({**ME, **tokens})

    def _record(self, number: int) -> Reply:
        key = self.answers[number - 1]["rkey"]
        return Reply({"uri": f"at://did:plc:acme/app.bsky.feed.post/{key}", "cid": "ca"})

    def _every(self, step: int) -> list[Said]:
        return [one for one in self.newest_first() if one.number % step == 0]

    def _listed(self, name: str, rows: list[Any], request: Asked) -> Reply:
        shown, end = self.page(rows, int(request.query.get("cursor", 0)))
        return Reply({name: shown, **({"cursor": str(end)} if end else {})})

    def _post(self, words: Said) -> dict[str, Any]:
        return {
            "uri": uri(words.number),
            "cid": f"c{words.number}",
            "author": AUTHOR,
            "record": {"text": words.text, "createdAt": words.at.isoformat()},
            "likeCount": 1,
            "indexedAt": words.at.isoformat(),
        }

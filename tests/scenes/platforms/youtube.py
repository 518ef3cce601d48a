"""A channel on YouTube: people comment, and every third one answers the comment before."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar

from tests.scenes.platforms.community import Community, Said
from tests.scenes.stand_ins import UNAUTHORIZED, Asked, Reply

CHANNEL_ID = "UCacmeacmeacmeacmeacmeac"
VIDEO = "dQw4w9WgXcQ"


def comment_id(number: int) -> str:
    return f"UgxAcmeAcmeAcme{number:04}"


@dataclass
class StandInYouTube(Community):
    """``nextPageToken`` is the number of the next row."""

    platform: ClassVar[str] = "youtube"
    key: ClassVar[dict[str, str]] = {"api_key": "key-1"}
    wrong_key: ClassVar[dict[str, str]] = {"api_key": "key-2"}
    reply_key: ClassVar[dict[str, str]] = {
        "client_id": "the-app",
        "client_secret": "a-secret",
        "refresh_token": "a-refresh",
    }
    throttled: ClassVar[Reply] = Reply({"error": {"errors": [{"reason": "quotaExceeded"}]}}, 403)
    answered_id: ClassVar[str] = comment_id(1)
    answered_thread: ClassVar[str] = comment_id(1)
    answered_extras: ClassVar[dict[str, Any]] = {"video": VIDEO}

    def chosen(self, url: str) -> dict[str, Any]:
        return {"channel": CHANNEL_ID, "api_url": url, "token_url": f"{url}/token"}

    def answered(self, request: Asked) -> Reply | None:
        if request.path == "/token":
            return Reply({"access_token": "a-token", "expires_in": 3599})
        signed_in = request.headers.get("authorization") == "Bearer a-token"
        if not signed_in and request.headers.get("x-goog-api-key") != "key-1":
            return UNAUTHORIZED
        match request.path:
            case "/channels":
                return Reply({"items": [{"id": CHANNEL_ID, "snippet": {"title": "Acme"}}]})
            case "/comments" if request.body:
                self.answers.append(json.loads(request.body))
                return Reply(self._answer(len(self.answers)))
            case "/commentThreads":
                threads = [one for one in self.newest_first() if not self._parent(one)]
                return self._items([self._thread(one) for one in threads], request)
            case "/comments" if "id" in request.query:
                ids = request.query["id"].split(",")
                rows = [self._comment(one) for one in self.written]
                return Reply({"items": [row for row in rows if row["id"] in ids]})
            case "/comments":
                replies = [self._comment(one) for one in self._replies(request.query["parentId"])]
                answers = [self._answer(number + 1) for number in range(len(self.answers))]
                return self._items([*replies, *answers], request)
        return None

    def _parent(self, words: Said) -> str:
        return "" if words.number % 3 else comment_id(words.number - 1)

    def _replies(self, parent: str) -> list[Said]:
        return [one for one in self.written if self._parent(one) == parent]

    def _items(self, rows: list[Any], request: Asked) -> Reply:
        shown, end = self.page(rows, int(request.query.get("pageToken", 0)))
        return Reply({"items": shown, **({"nextPageToken": str(end)} if end else {})})

    def _thread(self, words: Said) -> dict[str, Any]:
        top = self._comment(words)
        replies = len(self._replies(top["id"]))
        snippet = {"videoId": VIDEO, "topLevelComment": top, "totalReplyCount": replies}
        return {"kind": "youtube#commentThread", "id": top["id"], "snippet": snippet}

    def _comment(self, words: Said) -> dict[str, Any]:
        snippet = {
            "textDisplay": words.text,
            "authorDisplayName": "@ana",
            "authorChannelId": {"value": "UCana"},
            "likeCount": 2,
            "publishedAt": words.at.isoformat(),
            "updatedAt": (words.edited_at or words.at).isoformat(),
        }
        if parent := self._parent(words):
            snippet["parentId"] = parent
        return {"kind": "youtube#comment", "id": comment_id(words.number), "snippet": snippet}

    def _answer(self, number: int) -> dict[str, Any]:
        snippet = {
            **self.answers[number - 1]["snippet"],
            "authorChannelId": {"value": CHANNEL_ID},
            "publishedAt": "2096-01-01T00:00:00Z",
        }
        return {"kind": "youtube#comment", "id": f"UgxAcme.Answer{number}", "snippet": snippet}

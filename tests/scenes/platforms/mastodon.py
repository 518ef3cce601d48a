"""A Mastodon server where people use one hashtag, and mention the team with every other post."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, ClassVar

from tests.scenes.platforms.community import Community, Said
from tests.scenes.stand_ins import UNAUTHORIZED, Asked, Reply

ACCOUNT = {"id": "42", "acct": "ana@elsewhere.example", "display_name": "Ana", "bot": False}


@dataclass
class StandInMastodon(Community):
    """Lists go back from ``max_id``; public posts are shown to everybody."""

    platform: ClassVar[str] = "mastodon"
    key: ClassVar[dict[str, str]] = {"token": "token-1"}
    wrong_key: ClassVar[dict[str, str]] = {"token": "token-2"}
    reply_key: ClassVar[dict[str, str]] = {"token": "token-1"}
    answered_id: ClassVar[str] = "https://elsewhere.example/1"
    answered_extras: ClassVar[dict[str, Any]] = {"status": "1", "acct": "ana@elsewhere.example"}

    def chosen(self, url: str) -> dict[str, Any]:
        return {"base_url": url, "hashtags": "acme"}

    def answered(self, request: Asked) -> Reply | None:
        token = request.headers.get("authorization", "")
        if token != "Bearer token-1" and (token or "notifications" in request.path):
            return UNAUTHORIZED
        path = request.path.removeprefix("/api/v1")
        if path == "/statuses" and request.body:
            self.answers.append(json.loads(request.body))
            return Reply(self._answer(len(self.answers)))
        if path == "/accounts/verify_credentials":
            return Reply({"id": "9", "acct": "acme"})
        if path == "/apps/verify_credentials":
            return Reply({"name": "relay", "scopes": ["read:notifications", "read:statuses"]})
        if path == "/accounts/42":
            return Reply(ACCOUNT)
        if path == "/notifications":
            mentions = [one for one in self._before(request) if one.number % 2]
            rows = [{"id": str(one.number), "status": self._status(one)} for one in mentions]
            return Reply(rows[: self.per_page])
        if path == "/timelines/tag/acme":
            return Reply([self._status(one) for one in self._before(request)][: self.per_page])
        if path == "/statuses/1/context":
            answers = [self._answer(number + 1) for number in range(len(self.answers))]
            return Reply({"ancestors": [], "descendants": answers})
        if single := re.fullmatch(r"/statuses/(\d+)", path):
            rows = [self._status(one) for one in self.written if str(one.number) == single[1]]
            return Reply(rows[0]) if rows else None
        return None

    def _before(self, request: Asked) -> list[Said]:
        most = int(request.query.get("max_id", 10**9))
        return sorted((one for one in self.written if one.number < most), key=lambda x: -x.number)

    def _status(self, words: Said) -> dict[str, Any]:
        return {
            "id": str(words.number),
            "uri": f"https://elsewhere.example/{words.number}",
            "url": f"https://elsewhere.example/@ana/{words.number}",
            "content": f"<p>{words.text}</p>",
            "account": ACCOUNT,
            "created_at": words.at.isoformat(),
            "edited_at": words.edited_at.isoformat() if words.edited_at else None,
            "visibility": "public",
        }

    def _answer(self, number: int) -> dict[str, Any]:
        return {
            "id": f"a{number}",
            "uri": f"https://social.example/a{number}",
            "url": f"https://social.example/@acme/a{number}",
            "account": {"id": "9"},
            "in_reply_to_id": self.answers[number - 1]["in_reply_to_id"],
            "created_at": "2096-01-01T00:00:00Z",
        }

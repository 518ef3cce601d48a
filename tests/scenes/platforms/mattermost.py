"""A Mattermost server with one open channel."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar

from tests.scenes.platforms.community import Community, Said
from tests.scenes.stand_ins import UNAUTHORIZED, Asked, Reply


@dataclass
class StandInMattermost(Community):
    """Posts are listed before another one, in an order beside them."""

    platform: ClassVar[str] = "mattermost"
    key: ClassVar[dict[str, str]] = {"token": "token-1"}
    wrong_key: ClassVar[dict[str, str]] = {"token": "token-2"}
    reply_key: ClassVar[dict[str, str]] = key
    answered_id: ClassVar[str] = "p1"
    answered_thread: ClassVar[str] = "p1"
    answered_extras: ClassVar[dict[str, Any]] = {"channel": "c1"}

    def chosen(self, url: str) -> dict[str, Any]:
        return {"site_url": url, "channels": "feedback"}

    def answered(self, request: Asked) -> Reply | None:
        if request.headers.get("authorization") != "Bearer token-1":
            return UNAUTHORIZED
        match request.path.removeprefix("/api/v4/"):
            case "users/me":
                return Reply({"id": "u9", "username": "acme"})
            case "users/me/channels":
                return Reply([{"id": "c1", "name": "feedback", "type": "O"}])
            case "users/ids":
                return Reply([{"id": "u42", "username": "ana"}])
            case "posts/ids":
                ids = json.loads(request.body)
                return Reply([row for one in self.written if (row := self._row(one))["id"] in ids])
            case "posts":
                self.answers.append(json.loads(request.body))
                return Reply(self._answer(len(self.answers)), 201)
            case "posts/p1/thread":
                answers = [self._answer(number + 1) for number in range(len(self.answers))]
                return Reply({"posts": {one["id"]: one for one in answers}})
            case "channels/c1/posts":
                return self._before(request.query.get("before", ""))
        return None

    def _before(self, post: str) -> Reply:
        rows = [self._row(one) for one in self.newest_first()]
        ids = [row["id"] for row in rows]
        shown, end = self.page(rows, ids.index(post) + 1 if post else 0)
        posts = {row["id"]: row for row in shown}
        return Reply(
            {"order": list(posts), "posts": posts, "prev_post_id": ids[end] if end else ""}
        )

    def _row(self, words: Said) -> dict[str, Any]:
        return {
            "id": f"p{words.number}",
            "user_id": "u42",
            "channel_id": "c1",
            "root_id": "",
            "message": words.text,
            "create_at": int(words.at.timestamp() * 1000),
            "edit_at": int(words.edited_at.timestamp() * 1000) if words.edited_at else 0,
            "delete_at": 0,
            "type": "",
        }

    def _answer(self, number: int) -> dict[str, Any]:
        return {"id": f"a{number}", **self.answers[number - 1]}

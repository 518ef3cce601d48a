"""A community of Lemmy: what is written with an even number is a comment, the rest are posts."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, ClassVar

from tests.scenes.platforms.community import Community, Said
from tests.scenes.stand_ins import UNAUTHORIZED, Asked, Reply


@dataclass
class StandInLemmy(Community):
    """Anybody may read; what was deleted is shown as such."""

    platform: ClassVar[str] = "lemmy"
    reply_key: ClassVar[dict[str, str]] = {"username": "acme", "password": "a-password"}
    answered_id: ClassVar[str] = "https://lemmy.example/post/1"
    answered_extras: ClassVar[dict[str, Any]] = {"post": "1"}
    deleted: list[int] = field(default_factory=list)

    def chosen(self, url: str) -> dict[str, Any]:
        return {"base_url": url, "communities": "acme"}

    def erase(self, words: Said) -> None:
        self.deleted.append(words.number)

    def answered(self, request: Asked) -> Reply | None:
        path, sent = request.path.removeprefix("/api/v3/"), request.query
        if path == "user/login":
            is_right = json.loads(request.body)["password"] == "a-password"
            return Reply({"jwt": "a-jwt"}) if is_right else UNAUTHORIZED
        signed_in = request.headers.get("authorization") == "Bearer a-jwt"
        if path == "site":
            return Reply({"my_user": {"local_user_view": {}}} if signed_in else {})
        if path == "comment" and request.body:
            self.answers.append(json.loads(request.body))
            return Reply({"comment_view": self._answer(len(self.answers))})
        if path == "comment/list" and "post_id" in sent:
            count = len(self.answers)
            return Reply({"comments": [self._answer(number + 1) for number in range(count)]})
        kind, _, listed = path.partition("/")
        rows = [one for one in self.newest_first() if self._kind(one) == kind]
        if listed == "list":
            start = (int(sent["page"]) - 1) * self.per_page
            shown, _ = self.page([self._view(one) for one in rows], start)
            return Reply({f"{kind}s": shown})
        views = [self._view(one) for one in rows if str(one.number) == sent.get("id")]
        return Reply({f"{kind}_view": views[0]}) if views else None

    def _kind(self, words: Said) -> str:
        return "post" if words.number % 2 else "comment"

    def _view(self, words: Said) -> dict[str, Any]:
        kind = self._kind(words)
        row: dict[str, Any] = {
            "id": words.number,
            "ap_id": f"https://lemmy.example/{kind}/{words.number}",
            "published": words.at.isoformat(),
            "deleted": words.number in self.deleted,
        }
        row |= {"updated": words.edited_at.isoformat()} if words.edited_at else {}
        creator = {"name": "ana", "actor_id": "https://lemmy.example/u/ana"}
        if kind == "post":
            return {"post": {**row, "name": words.text}, "creator": creator}
        post = {"id": 1, "ap_id": "https://lemmy.example/post/1", "name": "Export"}
        comment = {**row, "content": words.text, "path": f"0.{words.number}"}
        return {"post": post, "comment": comment, "creator": creator}

    def _answer(self, number: int) -> dict[str, Any]:
        name = f"https://lemmy.example/comment/{900 + number}"
        words = {"id": 900 + number, "ap_id": name, "path": f"0.{900 + number}"}
        words["published"] = "2096-01-01T00:00:00Z"
        return {"comment": words, "creator": {"name": "acme"}}

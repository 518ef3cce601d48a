"""A subreddit in which people comment on one post."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import parse_qs

from tests.scenes.platforms.community import Community, Said
from tests.scenes.stand_ins import UNAUTHORIZED, Asked, Reply

REDDIT_APP = "Basic dGhlLWFwcDphLXNlY3JldA=="  # the-app:a-secret


@dataclass
class StandInReddit(Community):
    """Tokens are asked for with the app's keys. ``after`` is the name of the last thing."""

    platform: ClassVar[str] = "reddit"
    key: ClassVar[dict[str, str]] = {"client_id": "the-app", "client_secret": "a-secret"}
    wrong_key: ClassVar[dict[str, str]] = {"client_id": "the-app", "client_secret": "b-secret"}
    reply_key: ClassVar[dict[str, str]] = {**key, "refresh_token": "a-refresh"}
    answered_id: ClassVar[str] = "t1_1"
    answered_thread: ClassVar[str] = "t3_1"

    def chosen(self, url: str) -> dict[str, Any]:
        return {"subreddits": "acme", "api_url": url, "site_url": url}

    def answered(self, request: Asked) -> Reply | None:
        if request.path == "/api/v1/access_token":
            if request.headers.get("authorization") != REDDIT_APP:
                return UNAUTHORIZED
            return Reply({"access_token": "a-token", "expires_in": 3600, "token_type": "bearer"})
        if request.headers.get("authorization") != "Bearer a-token":
            return UNAUTHORIZED
        match request.path:
            case "/api/v1/me":
                return Reply({"name": "acme_team"})
            case "/api/comment":
                form = {name: value[0] for name, value in parse_qs(request.body.decode()).items()}
                self.answers.append(form)
                thing = self._answer(len(self.answers))
                return Reply({"json": {"errors": [], "data": {"things": [thing]}}})
            case "/user/acme_team/comments":
                things = [self._answer(number + 1) for number in range(len(self.answers))]
                return Reply({"kind": "Listing", "data": {"children": things}})
            case "/r/acme/new":
                return Reply({"kind": "Listing", "data": {"children": [], "after": None}})
            case "/r/acme/comments":
                return self._comments(request.query.get("after", ""))
        return None

    def _comments(self, after: str) -> Reply:
        rows = self.newest_first()
        names = [f"t1_{one.number:x}" for one in rows]
        things, end = self.page(rows, names.index(after) + 1 if after else 0)
        following = names[end - 1] if end else None
        children = [self._thing(one) for one in things]
        return Reply({"kind": "Listing", "data": {"children": children, "after": following}})

    def _answer(self, number: int) -> dict[str, Any]:
        sent = {"parent_id": self.answers[number - 1]["thing_id"], "created_utc": 4e9}
        place = {"name": f"t1_a{number}", "permalink": f"/r/acme/comments/1/x/a{number}/"}
        return {"kind": "t1", "data": {**sent, **place}}

    def _thing(self, words: Said) -> dict[str, Any]:
        edited = words.edited_at.timestamp() if words.edited_at else False
        return {
            "kind": "t1",
            "data": {
                "name": f"t1_{words.number:x}",
                "author": "ana",
                "body": words.text,
                "created_utc": words.at.timestamp(),
                "edited": edited,
                "link_id": "t3_1",
                "parent_id": "t3_1",
                "permalink": f"/r/acme/comments/1/x/{words.number:x}/",
                "subreddit_type": "public",
            },
        }

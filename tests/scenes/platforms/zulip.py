"""A Zulip organization with one channel that everybody in it reads."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import parse_qs

from tests.scenes.platforms.community import Community, Said
from tests.scenes.stand_ins import UNAUTHORIZED, Asked, Reply

BOT = "Basic " + base64.b64encode(b"bot@acme.example:key-1").decode()


@dataclass
class StandInZulip(Community):
    """Messages are asked for around an anchor."""

    platform: ClassVar[str] = "zulip"
    key: ClassVar[dict[str, str]] = {"email": "bot@acme.example", "api_key": "key-1"}
    wrong_key: ClassVar[dict[str, str]] = {"email": "bot@acme.example", "api_key": "key-2"}
    throttled: ClassVar[Reply] = Reply({"result": "error", "retry-after": 30.5}, 429)
    reply_key: ClassVar[dict[str, str]] = key
    answered_extras: ClassVar[dict[str, Any]] = {"channel": "5", "topic": "export"}

    def chosen(self, url: str) -> dict[str, Any]:
        return {"site_url": url}

    def answered(self, request: Asked) -> Reply | None:
        if request.headers.get("authorization") != BOT:
            return UNAUTHORIZED
        match request.path:
            case "/api/v1/users/me":
                return Reply({"user_id": 9, "full_name": "Acme"})
            case "/api/v1/users/me/subscriptions":
                channel = {"stream_id": 5, "name": "feedback", "invite_only": False}
                return Reply({"subscriptions": [channel]})
            case "/api/v1/messages" if request.body:
                form = {name: value[0] for name, value in parse_qs(request.body.decode()).items()}
                self.answers.append(form)
                return Reply({"result": "success", "id": 900 + len(self.answers)})
            case "/api/v1/messages" if "message_ids" in request.query:
                ids = json.loads(request.query["message_ids"])
                return Reply({"messages": [self._row(x) for x in self.written if x.number in ids]})
            case "/api/v1/messages" if "topic" in request.query["narrow"]:
                count = len(self.answers)
                rows = [{"id": 901 + n, "sender_id": 9, "timestamp": 2**32} for n in range(count)]
                return Reply({"messages": rows, "found_oldest": True})
            case "/api/v1/messages":
                return self._around(request)
        return None

    def _around(self, request: Asked) -> Reply:
        anchor = request.query["anchor"]
        most = 10**9 if anchor == "newest" else int(anchor)
        rows = [one for one in self.written if one.number < most]
        rows.sort(key=lambda one: one.number)
        shown = rows[-self.per_page :]
        is_oldest = len(shown) == len(rows)
        messages = [self._row(one) for one in shown]
        return Reply({"messages": messages, "found_oldest": is_oldest})

    def _row(self, words: Said) -> dict[str, Any]:
        row: dict[str, Any] = {
            "id": words.number,
            "type": "stream",
            "stream_id": 5,
            "display_recipient": "feedback",
            "subject": "export",
            "sender_id": 42,
            "sender_full_name": "Ana",
            "sender_email": "ana@acme.example",
            "content": words.text,
            "timestamp": int(words.at.timestamp()),
        }
        edited = (
            {"last_edit_timestamp": int(words.edited_at.timestamp())} if words.edited_at else {}
        )
        return row | edited

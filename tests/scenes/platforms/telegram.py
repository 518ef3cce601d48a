"""A bot in a Telegram group: updates are handed out until somebody asks for later ones."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar

from tests.scenes.platforms.community import Community, Said
from tests.scenes.stand_ins import Asked, Reply

GROUP = {"id": -1001305240521, "type": "supergroup", "title": "Acme", "username": "acme"}
WRONG_TOKEN = Reply({"ok": False, "error_code": 401, "description": "Unauthorized"}, 401)


@dataclass
class StandInTelegram(Community):
    """It keeps no history, and tells of an edit by another update."""

    platform: ClassVar[str] = "telegram"
    key: ClassVar[dict[str, str]] = {"bot_token": "7:one"}
    wrong_key: ClassVar[dict[str, str]] = {"bot_token": "7:two"}
    throttled: ClassVar[Reply] = Reply({"ok": False, "parameters": {"retry_after": 30}}, 429)
    tells_edits: ClassVar[bool] = False
    reply_key: ClassVar[dict[str, str]] = {"bot_token": "7:one"}
    lists_answers: ClassVar[bool] = False
    answered_id: ClassVar[str] = "-1001305240521:1"
    answered_thread: ClassVar[str] = "-1001305240521:1"

    def chosen(self, url: str) -> dict[str, Any]:
        return {"api_url": url}

    def answered(self, request: Asked) -> Reply | None:
        _, bot, method = request.path.split("/")
        if bot != "bot7:one":
            return WRONG_TOKEN
        question = json.loads(request.body)
        if method == "getMe":
            return self._result({"id": 7, "username": "acme_bot"})
        if method == "getWebhookInfo":
            return self._result({"url": "", "pending_update_count": 0})
        if method == "sendMessage":
            self.answers.append(question)
            return self._result({"message_id": 900 + len(self.answers), "chat": GROUP})
        if method == "getUpdates":
            later = [one for one in self.written if one.number >= question.get("offset", 0)]
            return self._result([self._update(one) for one in later[: self.per_page]])
        return None

    def _result(self, value: Any) -> Reply:
        return Reply({"ok": True, "result": value})

    def _update(self, words: Said) -> dict[str, Any]:
        message = {
            "message_id": words.number,
            "chat": GROUP,
            "from": {"id": 42, "is_bot": False, "first_name": "Ana", "username": "ana"},
            "date": int(words.at.timestamp()),
            "text": words.text,
        }
        return {"update_id": words.number, "message": message}

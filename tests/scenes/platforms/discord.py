"""A Discord server with one channel: ids are snowflakes, which hold the time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar

from integrations.sources.discord.replying import DISCORD_EPOCH_MILLISECONDS
from tests.scenes.platforms.community import Community, Said
from tests.scenes.stand_ins import UNAUTHORIZED, Asked, Reply

SERVER, CHANNEL = "1300000000000000001", "1300000000000000010"


def snowflake(words: Said) -> str:
    milliseconds = int(words.at.timestamp() * 1000) - DISCORD_EPOCH_MILLISECONDS
    return str((milliseconds << 22) + words.number)


@dataclass
class StandInDiscord(Community):
    """Pages are as long as Discord's: it has no name for the next one but the last id."""

    platform: ClassVar[str] = "discord"
    key: ClassVar[dict[str, str]] = {"bot_token": "bot-1"}
    wrong_key: ClassVar[dict[str, str]] = {"bot_token": "bot-2"}
    throttled: ClassVar[Reply] = Reply({"message": "limited", "retry_after": 30.5}, 429)
    reply_key: ClassVar[dict[str, str]] = {"bot_token": "bot-1"}
    answered_id: ClassVar[str] = "31"
    answered_thread: ClassVar[str] = "31"
    answered_extras: ClassVar[dict[str, Any]] = {"channel": CHANNEL, "server": SERVER}
    per_page: int = 100

    def chosen(self, url: str) -> dict[str, Any]:
        return {"server": SERVER, "api_url": url}

    def answered(self, request: Asked) -> Reply | None:
        if request.headers.get("authorization") != "Bot bot-1":
            return UNAUTHORIZED
        match request.path:
            case "/users/@me":
                return Reply({"id": "9", "username": "relay"})
            case "/channels/1300000000000000010/messages" if request.body:
                self.answers.append(json.loads(request.body))
                return Reply(self._answer(len(self.answers)))
            case "/channels/1300000000000000010/messages" if "after" in request.query:
                return Reply([self._answer(number + 1) for number in range(len(self.answers))])
            case "/applications/@me":
                return Reply({"id": "9", "flags": 1 << 19})
            case "/guilds/1300000000000000001/channels":
                return Reply([{"id": CHANNEL, "type": 0, "name": "feedback"}])
            case "/guilds/1300000000000000001/threads/active":
                return Reply({"threads": []})
            case "/channels/1300000000000000010/threads/archived/public":
                return Reply({"threads": [], "has_more": False})
            case "/channels/1300000000000000010/messages":
                before = int(request.query.get("before") or 0) or 1 << 70
                rows = [one for one in self.newest_first() if int(snowflake(one)) < before]
                return Reply([self._message(one) for one in rows[: int(request.query["limit"])]])
        return None

    def _answer(self, number: int) -> dict[str, Any]:
        sent = self.answers[number - 1]
        return {**sent, "id": str(900 + number), "author": {"id": "9", "username": "relay"}}

    def _message(self, words: Said) -> dict[str, Any]:
        return {
            "id": snowflake(words),
            "channel_id": CHANNEL,
            "type": 0,
            "author": {"id": "42", "username": "ana"},
            "content": words.text,
            "timestamp": words.at.isoformat(),
            "edited_timestamp": words.edited_at.isoformat() if words.edited_at else None,
        }

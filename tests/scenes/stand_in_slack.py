"""A stand-in for Slack's Web API: messages, threads and channels of one workspace."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.scenes.stand_ins import Asked, Reply, StandIn


@dataclass
class StandInSlack(StandIn):
    """A workspace. Pages hold ``per_page`` messages, the newest first in a channel and the oldest
    first in a thread. ``left``: channels that the app is in no more. ``is_limited``: the plan hides
    what is old."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    private: tuple[str, ...] = ()
    per_page: int = 3
    left: tuple[str, ...] = ()
    is_limited: bool = False

    def __post_init__(self) -> None:
        self.answer = self._answer

    def say(
        self, text: str, at: datetime, *, channel: str = "C1", thread: str = "", **fields: Any
    ) -> str:
        ts = f"{at.timestamp():.6f}"
        message = {"channel": channel, "ts": ts, "user": "U1", "text": text, "type": "message"}
        if thread:
            message["thread_ts"] = thread
            (first,) = [one for one in self.messages if one["ts"] == thread]
            first |= {"thread_ts": thread, "reply_count": first.get("reply_count", 0) + 1}
        self.messages.append({**message, **fields})
        return ts

    def _answer(self, request: Asked) -> Reply | None:
        if request.headers.get("authorization") != "Bearer xoxb-1":
            return Reply({"ok": False, "error": "invalid_auth"})
        query, method = request.query, request.path.removeprefix("/api/")
        if method == "auth.test":
            return Reply({"ok": True, "team_id": "T1"})
        if method == "users.conversations":
            channels = [
                {"id": name, "is_private": name in self.private}
                for name in sorted({one["channel"] for one in self.messages})
                if name not in self.left
                if name not in self.private or "private_channel" in query["types"]
            ]
            return Reply({"ok": True, "channels": channels})
        listed = [one for one in self.messages if one["channel"] == query["channel"]]
        if not listed or query["channel"] in self.left:
            return Reply({"ok": False, "error": "channel_not_found"})
        latest = float(query.get("latest", "inf"))
        listed = [
            one for one in listed if float(query.get("oldest", 0)) <= float(one["ts"]) <= latest
        ]
        if method == "conversations.replies":
            rows = [one for one in listed if one.get("thread_ts") == query["ts"]]
            if not any(one.get("thread_ts") == query["ts"] for one in self.messages):
                return Reply({"ok": False, "error": "thread_not_found"})
            rows.sort(key=lambda one: float(one["ts"]))
        else:
            rows = [one for one in listed if one.get("thread_ts", one["ts"]) == one["ts"]]
            rows.sort(key=lambda one: -float(one["ts"]))
        start = int(query.get("cursor") or 0)
        end = start + self.per_page
        more = {"next_cursor": str(end) if end < len(rows) else ""}
        limited = {"is_limited": True} if self.is_limited else {}
        return Reply(
            {"ok": True, "messages": rows[start:end], "response_metadata": more, **limited}
        )

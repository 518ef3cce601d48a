"""An answer that stands in the sandbox's forum."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel


class ForumPost(BaseModel):
    """An answer in a topic."""

    id: int
    topic_id: int
    number: int
    author: str
    raw: str
    reply_to: int | None = None
    created_at: datetime

    def shown(self, *, with_raw: bool) -> dict[str, Any]:
        """The post as the API shows it."""
        return {
            "id": self.id,
            "topic_id": self.topic_id,
            "post_number": self.number,
            "username": self.author,
            "reply_to_post_number": self.reply_to,
            "created_at": self.created_at.isoformat(),
            **({"raw": self.raw} if with_raw else {}),
        }

"""Hacker News: its search, which shows a window of time, and its items."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, ClassVar

from tests.scenes.platforms.community import Community, Said
from tests.scenes.stand_ins import Asked, Reply


@dataclass
class StandInHackerNews(Community):
    """What was deleted is still listed as such; the search tells of no edit."""

    platform: ClassVar[str] = "hackernews"
    tells_edits: ClassVar[bool] = False
    deleted: list[int] = field(default_factory=list)

    def chosen(self, url: str) -> dict[str, Any]:
        return {"words": "acme", "search_url": url, "items_url": url}

    def erase(self, words: Said) -> None:
        self.deleted.append(words.number)

    def answered(self, request: Asked) -> Reply | None:
        if item := re.fullmatch(r"/item/(\d+)\.json", request.path):
            return Reply(self._item(self.written[int(item[1]) - 1]))
        if request.path != "/search_by_date":
            return None
        latest = int(request.query.get("numericFilters", f"created_at_i<={10**10}").split("=")[1])
        rows = [one for one in self.newest_first() if one.at.timestamp() <= latest]
        hits = [self._hit(one) for one in rows[: self.per_page]]
        return Reply({"hits": hits, "hitsPerPage": self.per_page})

    def _hit(self, words: Said) -> dict[str, Any]:
        return {
            "objectID": str(words.number),
            "_tags": ["comment", "author_ana"],
            "author": "ana",
            "comment_text": words.text,
            "story_id": 99,
            "story_title": "Show HN: Acme",
            "parent_id": 99,
            "created_at": words.at.isoformat(),
            "created_at_i": int(words.at.timestamp()),
        }

    def _item(self, words: Said) -> dict[str, Any]:
        if words.number in self.deleted:
            return {"id": words.number, "deleted": True, "type": "comment"}
        seconds = int(words.at.timestamp())
        return {"by": "ana", "text": words.text, "time": seconds, "type": "comment", "parent": 99}

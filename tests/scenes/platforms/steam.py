"""The reviews of a game on Steam."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar

from tests.scenes.platforms.community import Community, Said
from tests.scenes.stand_ins import Asked, Reply


@dataclass
class StandInSteam(Community):
    """One page in the middle is empty, as it happens there; the last cursor names itself."""

    platform: ClassVar[str] = "steam"

    def chosen(self, url: str) -> dict[str, Any]:
        return {"app": "570", "api_url": url}

    def answered(self, request: Asked) -> Reply | None:
        if request.path != "/IUserReviewsService/GetAppReviews/v1/":
            return None
        cursor = json.loads(request.query["input_json"])["cursor"]
        rows = [self._review(one) for one in self.newest_first()]
        start = 0 if cursor == "*" else int(cursor.removeprefix("again-"))
        if start and not cursor.startswith("again-"):
            return Reply({"response": {"reviews": [], "cursor": f"again-{cursor}"}})
        shown, end = self.page(rows, start)
        return Reply({"response": {"reviews": shown, "cursor": str(end) if end else cursor}})

    def _review(self, words: Said) -> dict[str, Any]:
        changed = words.edited_at or words.at
        return {
            "recommendationid": str(words.number),
            "author": {"steamid": "76561190000000042"},
            "language": "english",
            "review": words.text,
            "timestamp_created": int(words.at.timestamp()),
            "timestamp_updated": int(changed.timestamp()),
            "voted_up": False,
            "votes_up": 3,
        }

"""A GitLab project: what is written with an even number is a note in the first issue, the rest are
issues of their own."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from tests.scenes.platforms.community import Community, Said, ago
from tests.scenes.stand_ins import UNAUTHORIZED, Asked, Reply

PROJECT = "/api/v4/projects/acme/app"
ANA = {"id": 42, "username": "ana", "name": "Ana"}


@dataclass
class StandInGitLab(Community):
    """Offset pages: a header names the next one, and is blank at the end."""

    platform: ClassVar[str] = "gitlab"
    key: ClassVar[dict[str, str]] = {"token": "glpat-1"}
    wrong_key: ClassVar[dict[str, str]] = {"token": "glpat-2"}
    reply_key: ClassVar[dict[str, str]] = {"token": "glpat-1"}
    answered_id: ClassVar[str] = "issue:1"
    answered_thread: ClassVar[str] = "issue:1"
    answered_extras: ClassVar[dict[str, Any]] = {"project": "acme/app", "number": 1}

    def chosen(self, url: str) -> dict[str, Any]:
        return {"projects": "acme/app", "base_url": url}

    def answered(self, request: Asked) -> Reply | None:
        if request.headers.get("private-token") != "glpat-1":
            return UNAUTHORIZED
        path = request.path.replace("%2F", "/")
        if path == "/api/v4/personal_access_tokens/self":
            return Reply({"id": 3, "scopes": ["read_api"]})
        if path == "/api/v4/user":
            return Reply({"id": 9, "username": "acme_team"})
        if path == f"{PROJECT}/issues/1/notes" and request.body:
            self.answers.append(json.loads(request.body))
            return Reply(self._answer(len(self.answers)), 201)
        if path == PROJECT:
            return Reply({"id": 5, "path_with_namespace": "acme/app", "visibility": "public"})
        if path == f"{PROJECT}/issues":
            changed = [one for one in self._issues() if self._is_asked_for(one, request)]
            return self._paged(changed, request)
        if path == f"{PROJECT}/issues/1/notes":
            answers = [self._answer(number + 1) for number in range(len(self.answers))]
            return self._paged([*answers, *self._notes()], request)
        if re.fullmatch(f"{PROJECT}/issues/\\d+/notes", path):
            return self._paged([], request)
        rows = {f"{PROJECT}/issues/{one['iid']}": one for one in self._issues()}
        rows |= {f"{PROJECT}/issues/1/notes/{one['id']}": one for one in self._notes()}
        return Reply(rows[path]) if path in rows else None

    def _is_asked_for(self, issue: dict[str, Any], request: Asked) -> bool:
        after = request.query.get("updated_after", "")
        changed = datetime.fromisoformat(issue["updated_at"])
        return not after or changed >= datetime.fromisoformat(after)

    def _paged(self, rows: list[Any], request: Asked) -> Reply:
        number = int(request.query.get("page", 1))
        shown, end = self.page(rows, (number - 1) * self.per_page)
        return Reply(shown, headers={"x-next-page": str(number + 1) if end else ""})

    def _issues(self) -> list[dict[str, Any]]:
        issues = [self._issue(words) for words in self.written if words.number % 2]
        return sorted(issues, key=lambda issue: str(issue["updated_at"]))

    def _issue(self, words: Said) -> dict[str, Any]:
        notes = self._notes() if words.number == 1 else []
        changed = max([words.at, *(datetime.fromisoformat(one["updated_at"]) for one in notes)])
        changed = ago() if words.edited_at else changed
        return {
            "id": words.number,
            "iid": words.number,
            "title": words.text,
            "description": None,
            "author": ANA,
            "created_at": words.at.isoformat(),
            "updated_at": changed.isoformat(),
            "user_notes_count": len(notes),
            "confidential": False,
            "labels": ["bug"],
            "web_url": f"https://gitlab.example/acme/app/-/issues/{words.number}",
        }

    def _notes(self) -> list[dict[str, Any]]:
        return [
            {
                "id": words.number,
                "body": words.text,
                "author": ANA,
                "created_at": words.at.isoformat(),
                "updated_at": (words.edited_at or words.at).isoformat(),
                "system": False,
                "noteable_type": "Issue",
                "internal": False,
            }
            for words in self.newest_first()
            if words.number % 2 == 0
        ]

    def _answer(self, number: int) -> dict[str, Any]:
        return {"id": 900 + number, "body": self.answers[number - 1]["body"], "updated_at": ""}

"""A stand-in for GitHub: issues, comments and discussions of one repository, over both APIs."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.scenes.stand_ins import START, Asked, Reply, StandIn

USER = {"id": 7, "login": "ada", "type": "User"}
HOME = {"nameWithOwner": "acme/app"}
NO_LABELS: dict[str, Any] = {"nodes": []}
AUTHOR = {"login": "ada", "__typename": "User", "databaseId": 7}


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class StandInGitHub(StandIn):
    """One repository, ``acme/app``. Pages are as long as they are asked for, at most
    ``per_page``."""

    issues: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    discussions: list[dict[str, Any]] = field(default_factory=list)
    private: bool = False
    per_page: int = 100
    comments_per_page: int = 2

    def __post_init__(self) -> None:
        self.credentials = ("authorization", "Bearer a-token")
        self.answer = self._answer

    def open(
        self, text: str, *, at: datetime | None = None, pull: bool = False, **fields: Any
    ) -> dict[str, Any]:
        number = len(self.issues) + 1
        moment = stamp(at or START + timedelta(minutes=number))
        place = "pull" if pull else "issues"
        issue = {
            "id": 4_000_000_000 + number,
            "node_id": f"I_{number}",
            "number": number,
            "title": text,
            "body": f"{text} in words",
            "html_url": f"https://github.com/acme/app/{place}/{number}",
            "user": USER,
            "author_association": "NONE",
            "labels": [],
            "created_at": moment,
            "updated_at": moment,
            **({"pull_request": {"url": "x"}} if pull else {}),
            **fields,
        }
        self.issues.append(issue)
        return issue

    def say(
        self, issue: dict[str, Any], text: str, *, at: datetime | None = None
    ) -> dict[str, Any]:
        number = len(self.comments) + 1
        moment = stamp(at or START + timedelta(days=1, minutes=number))
        comment = {
            "id": 5_000_000_000 + number,
            "node_id": f"IC_{number}",
            "html_url": f"{issue['html_url']}#issuecomment-{number}",
            "issue_url": f"https://api.github.com/repos/acme/app/issues/{issue['number']}",
            "body": text,
            "user": USER,
            "author_association": "NONE",
            "created_at": moment,
            "updated_at": moment,
        }
        issue["updated_at"] = max(issue["updated_at"], moment)
        self.comments.append(comment)
        return comment

    def discuss(self, text: str, *answers: str, at: datetime | None = None) -> dict[str, Any]:
        number = 1_000 + len(self.discussions)
        moment = stamp(at or START + timedelta(days=2, minutes=number))
        self.discussions.append(
            {
                **self._words(number, text, moment),
                "number": number,
                "title": text,
                "category": {"slug": "ideas", "name": "Ideas"},
                "labels": {"nodes": []},
                "answers": [
                    {
                        **self._words(number * 100 + place, answer, moment),
                        "replies": {"nodes": []},
                    }
                    for place, answer in enumerate(answers)
                ],
            }
        )
        return self.discussions[-1]

    @staticmethod
    def _words(number: int, text: str, moment: str) -> dict[str, Any]:
        return {
            "databaseId": number,
            "id": f"D_{number}",
            "url": f"https://github.com/acme/app/discussions/{number}",
            "body": text,
            "createdAt": moment,
            "updatedAt": moment,
            "lastEditedAt": None,
            "author": AUTHOR,
            "authorAssociation": "NONE",
            "reactions": {"totalCount": 3},
        }

    def _answer(self, request: Asked) -> Reply | None:
        if request.path == "/repos/acme/app":
            return Reply(
                {"full_name": "acme/app", "private": self.private, "has_discussions": True}
            )
        listed = {
            "/repos/acme/app/issues": self.issues,
            "/repos/acme/app/issues/comments": self.comments,
        }.get(request.path)
        if listed is not None:
            return self._page(request, listed)
        return self._graphql(json.loads(request.body)) if request.path == "/graphql" else None

    def _page(self, request: Asked, listed: list[dict[str, Any]]) -> Reply:
        rows = [row for row in listed if row["updated_at"] >= request.query["since"]]
        rows.sort(key=lambda row: row["updated_at"])
        size = min(self.per_page, int(request.query["per_page"]))
        start = (int(request.query["page"]) - 1) * size
        reply = Reply(rows[start : start + size])
        etag = f'"{hash(reply.content)}"'
        if request.headers.get("if-none-match") == etag:
            return Reply(b"", 304, {"etag": etag})
        return Reply(reply.body, headers={"etag": etag})

    def _graphql(self, question: dict[str, Any]) -> Reply:
        text, variables = question["query"], question["variables"]
        if "nodes(ids:" in text:
            return self._nodes(variables["ids"])
        if "discussions(" in text:
            rows = sorted(self.discussions, key=lambda one: one["updatedAt"], reverse=True)
            start = int(variables.get("after") or 0)
            page = {
                "pageInfo": _page_info(start + 5, len(rows)),
                "nodes": [self._discussion(one, 0) for one in rows[start : start + 5]],
            }
            return Reply({"data": {"repository": {"discussions": page}}})
        if "discussion(" in text:
            (one,) = [one for one in self.discussions if one["number"] == variables["number"]]
            shown = self._discussion(one, int(variables["after"]))
            return Reply({"data": {"repository": {"discussion": shown}}})
        repository = {}
        for number in map(int, re.findall(r"i(\d+): issue", text)):
            issue = self.issues[number - 1]
            repository[f"i{number}"] = {
                "fullDatabaseId": str(issue["id"]),
                "id": issue["node_id"],
                "number": number,
                "title": issue["title"],
                "url": issue["html_url"],
                "labels": {"nodes": issue["labels"]},
            }
        return Reply({"data": {"repository": repository}})

    def _nodes(self, ids: list[str]) -> Reply:
        """Nodes by their ids, as null and with an error where there is none."""
        by_id = {one["node_id"]: self._issue_node(one) for one in self.issues}
        for comment in self.comments:
            number = int(comment["issue_url"].rpartition("/")[2])
            (issue,) = [one for one in self.issues if one["number"] == number]
            by_id[comment["node_id"]] = {
                **self._rest_node(comment),
                "issue": self._issue_node(issue),
            }
        for one in self.discussions:
            thread = {key: value for key, value in one.items() if key != "answers"}
            thread["repository"] = HOME
            by_id[one["id"]] = thread
            for answer in one["answers"]:
                by_id[answer["id"]] = {**answer, "discussion": thread, "replyTo": None}
        listed = [by_id.get(one) for one in ids]
        errors = [
            {"type": "NOT_FOUND", "path": ["nodes", place], "message": "no node"}
            for place, node in enumerate(listed)
            if node is None
        ]
        data = {"repository": {"nameWithOwner": "acme/app"}, "nodes": listed}
        return Reply({"data": data, **({"errors": errors} if errors else {})})

    def _issue_node(self, issue: dict[str, Any]) -> dict[str, Any]:
        node = self._rest_node(issue)
        return {**node, "number": issue["number"], "title": issue["title"], "labels": NO_LABELS}

    @staticmethod
    def _rest_node(row: dict[str, Any]) -> dict[str, Any]:
        """An issue or comment of the REST lists, as GraphQL shows it."""
        edited = row["updated_at"] if row.get("edited") else None
        return {
            "fullDatabaseId": str(row["id"]),
            "id": row["node_id"],
            "url": row["html_url"],
            "body": row["body"],
            "createdAt": row["created_at"],
            "updatedAt": row["updated_at"],
            "lastEditedAt": edited,
            "author": AUTHOR,
            "authorAssociation": "NONE",
            "reactions": {"totalCount": 0},
            "repository": HOME,
        }

    def _discussion(self, one: dict[str, Any], start: int) -> dict[str, Any]:
        end = start + self.comments_per_page
        shown = {key: value for key, value in one.items() if key != "answers"}
        shown["comments"] = {
            "pageInfo": _page_info(end, len(one["answers"])),
            "nodes": one["answers"][start:end],
        }
        return shown


def _page_info(end: int, total: int) -> dict[str, Any]:
    return {"hasNextPage": end < total, "endCursor": str(end)}

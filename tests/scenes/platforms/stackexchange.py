"""A site of Stack Exchange: of three that write, one asks, one answers and one comments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from tests.scenes.platforms.community import Community, Said
from tests.scenes.stand_ins import Asked, Reply

TOO_MANY = "too many requests from this IP, more requests available in 30 seconds"


@dataclass
class StandInStackExchange(Community):
    """Every refusal is a 400; a page tells whether there is another one."""

    platform: ClassVar[str] = "stackexchange"
    key: ClassVar[dict[str, str]] = {"key": "key-1"}
    wrong_key: ClassVar[dict[str, str]] = {"key": "key-2"}
    throttled: ClassVar[Reply] = Reply({"error_id": 502, "error_message": TOO_MANY}, 400)

    def chosen(self, url: str) -> dict[str, Any]:
        return {"tags": "acme", "api_url": url}

    def answered(self, request: Asked) -> Reply | None:
        if request.query.get("key") != "key-1":
            return Reply({"error_id": 400, "error_message": "`key` is not valid"}, 400)
        path, _, rest = request.path.removeprefix("/").partition("/")
        ids, _, what = rest.partition("/")
        chosen = [self._row(one) for one in self.newest_first()]
        if path == "questions" and not ids:
            questions = [row for row in chosen if "title" in row]
            questions.sort(key=lambda row: -int(row["last_activity_date"]))
            return self._items(questions, request)
        parents = {int(number) for number in ids.split(";")}
        if what:
            parent = {"answers": "question_id", "comments": "post_id"}[what]
            own = {"answers": "answer_id", "comments": "comment_id"}[what]
            rows = [row for row in chosen if own in row and row[parent] in parents]
            return self._items(rows, request)
        name = "comment_id" if path == "comments" else "post_id"
        rows = [row for row in (self._as_post(row) for row in chosen) if row.get(name) in parents]
        return self._items(rows, request)

    def _items(self, rows: list[Any], request: Asked) -> Reply:
        number = int(request.query.get("page", 1))
        shown, end = self.page(rows, (number - 1) * self.per_page)
        return Reply({"items": shown, "has_more": bool(end), "quota_remaining": 9_000})

    def _row(self, words: Said) -> dict[str, Any]:
        question = words.number - (words.number - 1) % 3
        row: dict[str, Any] = {
            "owner": {"user_id": 42, "display_name": "Ana"},
            "creation_date": int(words.at.timestamp()),
            "body": f"<p>{words.text}</p>",
        }
        if words.edited_at:
            row["last_edit_date"] = int(words.edited_at.timestamp())
        if question == words.number:
            thread = [one.edited_at or one.at for one in self.written[question - 1 : question + 2]]
            link = f"https://stackoverflow.com/questions/{question}/it"
            row |= {"question_id": question, "title": words.text, "body": "", "link": link}
            return {**row, "last_activity_date": int(max(thread).timestamp())}
        if words.number == question + 1:
            return {**row, "answer_id": words.number, "question_id": question}
        return {**row, "comment_id": words.number, "post_id": question, "post_type": "question"}

    def _as_post(self, row: dict[str, Any]) -> dict[str, Any]:
        number = row.get("answer_id") or row.get("question_id")
        return row if "comment_id" in row else {**row, "post_id": number}

"""The part of GitHub's deliveries that we read."""

from __future__ import annotations

from typing import Any

from integrations import payload


class User(payload.Shape):
    """A GitHub account."""

    id: payload.Identifier
    login: payload.Identifier
    type: payload.Line = ""


class Item(payload.Shape):
    """An issue, a discussion or a comment: they share these fields."""

    id: payload.Identifier
    node_id: payload.OptionalId = ""
    html_url: payload.Url = ""
    title: payload.Line = ""
    number: payload.Count = 0
    body: payload.Text = ""
    user: User | None = None
    author_association: payload.Line = ""
    created_at: payload.Time = None
    updated_at: payload.Time = None
    parent_id: payload.OptionalId = ""
    reactions: dict[str, Any] | None = None


class Repository(payload.Shape):
    """Where it happened."""

    full_name: payload.Line = ""


class Delivery(payload.Shape):
    """The body of every event about issues and discussions."""

    issue: Item | None = None
    discussion: Item | None = None
    comment: Item | None = None
    repository: Repository = Repository()

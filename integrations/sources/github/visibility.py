"""Who may read a repository, and which of its threads are followed."""

from __future__ import annotations

from typing import Any

from integrations import payload
from integrations.contract import Inbound, Visibility
from integrations.source_contract import Change, ScopeChange
from integrations.sources.github.events import event, json_body
from integrations.sources.github.settings import Settings

_PRIVATE_WORDS = ("private", "internal")


def visibility(inbound: Inbound, settings: Settings) -> Visibility:
    """Who may read what happened in a repository. An internal one is for the organisation alone,
    which is as private as words of customers and colleagues can be."""
    repository = json_body(inbound).get("repository")
    return of_repository(repository) if isinstance(repository, dict) else Visibility.unknown


def of_repository(repository: dict[str, Any]) -> Visibility:
    """Who may read a repository, as GitHub describes it; the stricter word counts where its two
    fields differ."""
    named = repository.get("visibility")
    if repository.get("private") is True or named in _PRIVATE_WORDS:
        return Visibility.private
    is_public = repository.get("private") is False or named == "public"
    return Visibility.public if is_public else Visibility.unknown


def place(full_name: str) -> str:
    """A repository as a place of comments; GitHub's names do not tell cases apart."""
    return payload.joined("repository", full_name.lower()) if full_name else ""


def changes(inbound: Inbound, settings: Settings) -> list[Change]:
    """A repository that is gone or private by now, whatever we heard of it before, or is public
    again."""
    repository = json_body(inbound).get("repository")
    if not isinstance(repository, dict):
        return []
    here = place(payload.name(repository.get("full_name")))
    if not here:
        return []
    name = event(inbound)
    if name == "repository.deleted":
        return [ScopeChange(place=here, deleted=True)]
    seen = of_repository(repository)
    if seen is Visibility.private or name == "repository.privatized":
        return [ScopeChange(place=here, visibility=Visibility.private)]
    if name in ("repository.publicized", "public"):
        return [ScopeChange(place=here, visibility=Visibility.public)]
    return []


def is_left_out(thread: dict[str, Any], settings: Settings) -> bool:
    """Whether a discussion stands in a category that is not followed, or a thread has a label that
    is left out."""
    labels = thread.get("labels")
    names = {
        str(label.get("name")).strip().lower()
        for label in (labels if isinstance(labels, list) else [])
        if isinstance(label, dict)
    }
    if names & _entries(settings.left_out_labels):
        return True
    category = thread.get("category")
    if not isinstance(category, dict):
        return False
    called = {str(category.get(key) or "").strip().lower() for key in ("slug", "name")}
    followed = _entries(settings.discussion_categories)
    if followed:
        return not called & followed
    return bool(called & _entries(settings.left_out_categories))


def _entries(value: str) -> set[str]:
    """The entries of a setting whose entries may hold blanks."""
    return {entry.strip().lower() for entry in value.split(",") if entry.strip()}

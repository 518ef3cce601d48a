"""The reason codes of people and their accounts, with their status and when they happen;
docs/api.md lists them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

PEOPLE_REASONS: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "person_not_found": (404, "Nobody has this number; they may have been forgotten."),
        "link_not_found": (404, "There is no link of this number."),
        "note_not_found": (404, "There is no note of this number."),
        "already_linked": (409, "The two accounts are linked already."),
        "already_refused": (409, "Somebody said already that the two are not one person."),
        "link_undone": (409, "The link was taken back already."),
        "same_account": (422, "An account is not linked to itself."),
        "never_linked": (422, "The platform's accounts are never linked; the sentence says why."),
        "link_not_made": (422, "Only a link that was made can be taken back."),
        "why_missing": (422, "The link says nothing of why."),
        "note_empty": (422, "The note says nothing."),
    }
)

"""The sorts of place that comments come from, which write in different ways."""

from __future__ import annotations

from enum import StrEnum


class Sort(StrEnum):
    """What sort of place a source is. ``unknown``: nothing says so; the strictest of all holds."""

    unknown = ""
    community = "community"
    chat = "chat"
    reviews = "reviews"
    help_desk = "help_desk"
    tracker = "tracker"


_NAMES_OF_PLACES: dict[Sort, str] = {
    Sort.community: "community forum discourse reddit hackernews facebook x twitter mastodon"
    " bluesky youtube instagram linkedin lemmy stackoverflow discussion discussions social",
    Sort.chat: "chat slack discord telegram teams matrix zulip",
    Sort.reviews: "reviews review app_store google_play play_store steam g2 trustpilot",
    Sort.help_desk: "help_desk helpdesk support support_form contact_form feedback_form form ticket"
    " zendesk intercom freshdesk email mail in_app survey generic widget",
    Sort.tracker: "tracker issue_tracker github gitlab jira gitea bugzilla linear",
}
_SORTS = {name: sort for sort, names in _NAMES_OF_PLACES.items() for name in names.split()}


def sort_of(place: str) -> Sort:
    """The sort of a platform or channel by its name, ``discourse`` or ``google_play``, or of a sort
    by its own; ``unknown`` for any other."""
    return _SORTS.get(place.strip().casefold().replace(" ", "_").replace("-", "_"), Sort.unknown)

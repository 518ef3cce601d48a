"""Where a comment was said, as the classifiers tell places apart."""

from __future__ import annotations

from classifiers.grouping.sorts import sort_of


def place_of(platform: str, thread_id: str) -> str:
    """The sort of place that a comment was said in. Discussions on GitHub are a forum, however near
    they are to a tracker."""
    return str(sort_of("discussions" if thread_id.startswith("discussion") else platform))

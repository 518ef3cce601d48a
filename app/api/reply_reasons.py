"""The reason codes of answers, with their status and when they happen; docs/api.md lists them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

REPLY_REASONS: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "reply_not_found": (404, "There is no answer with this id."),
        "reply_not_draft": (409, "The answer is no draft any more."),
        "already_answered": (409, "The thread has an answer that says so already."),
        "no_reply_account": (409, "No credentials of an account that answers were entered."),
        "comment_gone": (409, "The comment that is to be answered was deleted."),
        "author_is_bot": (409, "A program wrote the comment."),
        "opted_out": (409, "Whoever wrote the comment wants no answers."),
        "no_thread": (409, "It is not known in which thread the comment stands."),
        "no_address": (409, "The settings of the source do not name the platform's address."),
        "private_thread": (409, "The comment was written in private."),
        "too_late": (409, "The platform takes no answers to this comment any more."),
        "status_changed": (409, "The ticket's status is not what the answer says any more."),
        "platform_cannot": (409, "The platform has no way to answer."),
        "reply_says_nothing": (409, "Nothing is left of the answer for these readers."),
        "source_incomplete": (409, "The settings of the source are not complete."),
        "automatic_not_allowed": (
            422,
            "The rules of the platform want that a person looks at every answer.",
        ),
        "reply_empty": (422, "The answer says nothing."),
        "reply_too_long": (409, "The answer is longer than the platform takes."),
        "placeholder_unknown": (422, "The text has a placeholder that does not exist."),
        "text_too_long": (422, "The text is longer than it may be."),
        "meaning_invalid": (422, "The meaning is not one that this is about."),
        "quiet_hours_invalid": (422, "Quiet hours are full hours, 0 to 23."),
    }
)

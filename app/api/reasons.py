"""Every reason code of the API, with its status and when it happens; docs/api.md lists them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from app.api.community_reasons import COMMUNITY_REASONS
from app.api.people_reasons import PEOPLE_REASONS
from app.api.reply_reasons import REPLY_REASONS
from app.api.routing_reasons import ROUTING_REASONS

API_REASONS: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "body_invalid": (400, "The body cannot be read: it is not UTF-8 or not JSON."),
        "token_missing": (401, "The request carries no bearer token."),
        "token_invalid": (401, "The bearer token is not known."),
        "token_revoked": (401, "The bearer token was revoked."),
        "scope_missing": (
            403,
            "The token does not allow this; the sentence names the scope it needs.",
        ),
        "not_found": (404, "There is nothing at this address."),
        "product_not_found": (404, "There is no product with this id."),
        "source_not_found": (404, "There is no source with this id."),
        "delivery_not_found": (404, "There is no delivery with this id."),
        "comment_not_found": (404, "There is no comment with this id."),
        "theme_not_found": (404, "There is no theme with this id."),
        "suggestion_not_found": (404, "There is no suggestion with this id."),
        "activity_not_found": (404, "There is no action with this id."),
        "tracker_not_found": (404, "There is no tracker with this id."),
        "ticket_not_found": (404, "There is no ticket with this id."),
        "token_not_found": (404, "There is no token with this id."),
        "model_not_found": (404, "There is no version of this number."),
        "user_not_found": (404, "There is no user with this id."),
        "method_not_allowed": (
            405,
            "The address does not know this method; the Allow header names those it knows.",
        ),
        "version_conflict": (409, "Somebody changed the theme since the version that you sent."),
        "theme_merged": (409, "The theme was merged into another one; decide there."),
        "already_accepted": (409, "The theme is accepted already."),
        "already_ignored": (409, "The theme is ignored already."),
        "already_open": (409, "The theme waits for a decision already."),
        "already_this_kind": (409, "It is of this kind already."),
        "already_in_theme": (409, "The comment is in this theme already."),
        "already_alone": (409, "The comment has its theme to itself already."),
        "comment_deleted": (409, "The comment was deleted where it was written."),
        "no_secret": (409, "The source has no secret: rotate it first."),
        "delivery_expired": (
            409,
            "What the delivery said was kept for as long as the settings say.",
        ),
        "delivery_taken_back": (
            409,
            "What the delivery said was deleted, changed or private where it was written; it is "
            "not kept.",
        ),
        "merge_shows_private": (
            409,
            "A ticket would show words of another theme to more people than could read them. Send "
            "`although`.",
        ),
        "nothing_withheld": (409, "Nothing of the theme is kept out of a ticket."),
        "suggestion_decided": (409, "Somebody decided on this suggestion before."),
        "not_undoable": (409, "This action cannot be undone."),
        "already_undone": (409, "This action was undone before."),
        "later_step": (409, "A later action builds on this one; undo that first."),
        "ticket_not_retryable": (409, "The ticket is cancelled or gone; accept its theme again."),
        "ticket_there": (
            409,
            "The theme has a ticket there; relink it, or unlink it first.",
        ),
        "ticket_of_another_theme": (409, "The ticket stands for another theme already."),
        "ticket_in_doubt": (409, "The ticket is being created right now; try again later."),
        "ticket_superseded": (409, "The matter of the ticket is followed in another one."),
        "no_ticket_there": (409, "There is no ticket in the tracker to let go of."),
        "theme_not_accepted": (409, "The theme is not accepted, so it gets no ticket."),
        "tracker_refused": (409, "The tracker did not show the ticket; the sentence says why."),
        "nothing_to_tell": (
            409,
            "Nothing of the theme was shipped that people were not told of.",
        ),
        "hook_not_registered": (
            409,
            "The tracker did not register the webhook; the sentence says what to do.",
        ),
        "already_active": (409, "This version is in force already."),
        "nothing_active": (409, "The shipped model is in force; there is nothing to go back to."),
        "nothing_to_promote": (409, "The version changes nothing."),
        "rejected_unconfirmed": (
            409,
            "The version was not better; the sentence says by how much. Send `anyway`.",
        ),
        "nothing_new": (
            409,
            "Labels and shipped model are those of the last version; training would repeat it.",
        ),
        "not_polled_yet": (409, "The source has no credentials yet that let us read its platform."),
        "history_running": (409, "The source's history is being fetched already."),
        "history_not_running": (409, "No history of the source is being fetched."),
        "name_taken": (409, "There is one of this name already."),
        "conflict": (409, "Somebody changed the same thing at the same moment; try again."),
        "email_taken": (409, "There is a user with this address already."),
        "last_admin": (409, "It is the last administrator."),
        "body_too_large": (413, "The body is longer than 1 MB."),
        "invalid_value": (422, "A value cannot be used; `errors` names each field."),
        "invalid_text": (
            422,
            "A text holds a NUL character or half of a surrogate pair; `errors` names each field.",
        ),
        "cursor_invalid": (422, "The cursor was not made by this list, with this order."),
        "limit_invalid": (422, "A page holds 1 to 200 rows."),
        "sort_unknown": (422, "The list has no such order."),
        "days_invalid": (422, "A period has 1 to 731 days."),
        "timezone_unknown": (422, "The time zone is not known."),
        "kind_invalid": (422, "The kind is not known, or not one that themes have."),
        "reason_missing": (422, "A theme is ignored only with a reason."),
        "title_length": (422, "A title has 1 to 200 characters."),
        "nothing_to_merge": (422, "The merge names no other theme."),
        "too_many_themes": (422, "At most 200 themes are merged at once."),
        "nothing_selected": (422, "No pair is named."),
        "ticket_choice_invalid": (
            422,
            "The theme whose tickets are to live on is none of those merged, or has no ticket.",
        ),
        "other_product": (422, "Themes and comments of two products do not mix."),
        "comments_not_in_theme": (422, "A comment to split off is not in the theme."),
        "nothing_left": (422, "The split would leave no comment in the theme."),
        "unknown_platform": (422, "The platform is not known; `GET /platforms` lists them."),
        "unknown_tracker": (
            422,
            "The kind of tracker is not known; `GET /tracker-types` lists them.",
        ),
        "settings_invalid": (
            422,
            "Settings or credentials do not have the shape that is declared for them.",
        ),
        "secret_too_short": (422, "A signing secret has at least 8 characters."),
        "secret_malformed": (422, "The signing secret is not written as its platform writes it."),
        "secret_weak": (422, "The signing secret repeats the same few characters."),
        "secret_needed": (422, "The platform makes the secret itself; send the one it shows."),
        "test_not_possible": (422, "Only the platform can send there; use its own test."),
        "not_polled": (422, "The platform only sends; it cannot be asked."),
        "since_in_future": (422, "The date from which history is to be fetched lies ahead."),
        "interval_invalid": (422, "Polls are 30 seconds to 7 days apart, or 0 for the usual pace."),
        "secret_unused": (422, "The platform sends nothing, so there is no secret."),
        "name_length": (422, "A name has 1 to 100 characters."),
        "name_invalid": (422, "The slug that was sent has no Latin letter or digit."),
        "boldness_invalid": (422, "Boldness is careful, balanced or bold."),
        "policy_invalid": (422, "A policy is review, auto or hold."),
        "status_invalid": (
            422,
            "A status means open, in_progress, done, declined, duplicate or ignore.",
        ),
        "ticket_unnamed": (422, "What was sent names no ticket of the product's trackers."),
        "recurrence_invalid": (422, "The rule is nothing, comment, reopen or new_ticket."),
        "threshold_invalid": (422, "A threshold is out of its range."),
        "scope_unknown": (422, "A token's scopes are read, triage and admin."),
        "name_missing": (422, "The name is empty."),
        "email_invalid": (422, "The address does not look like name@example.org."),
        "password_invalid": (422, "A password needs 10 to 1000 characters."),
        "passwords_busy": (
            429,
            "Too many passwords are looked at right now; Retry-After says when to try again.",
        ),
        "internal_error": (
            500,
            "A mistake of ours; the sentence holds the id under which it was logged.",
        ),
        "secret_unreadable": (
            500,
            "A stored secret was encrypted with a key that this service does not have.",
        ),
        "database_unavailable": (
            503,
            "The database cannot be reached; Retry-After says when to try again.",
        ),
        "disk_full": (507, "The disk is full; nothing was stored."),
        **REPLY_REASONS,
        **COMMUNITY_REASONS,
        **PEOPLE_REASONS,
        **ROUTING_REASONS,
    }
)

REASONS_OF_ALL = (
    "token_missing",
    "token_invalid",
    "token_revoked",
    "scope_missing",
    "invalid_value",
    "invalid_text",
    "internal_error",
    "database_unavailable",
    "disk_full",
)
REASONS_WITH_BODY = ("body_invalid", "body_too_large")
REASONS_OF_WRITES = ("conflict",)
STATUS_TITLES = {
    400: "Bad request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Too large",
    422: "Cannot be used",
    429: "Too many at once",
    500: "Internal error",
    503: "Unavailable",
    507: "Disk full",
}


def refusals(
    *reasons: str, body: bool = False, writes: bool = False
) -> dict[int | str, dict[str, Any]]:
    """An operation's error answers for FastAPI's ``responses``: ``reasons`` and those all have.

    ``body``: it takes one, and so ``writes``.
    """
    possible = [*reasons, *REASONS_OF_ALL]
    if body:
        possible += REASONS_WITH_BODY
    if body or writes:
        possible += REASONS_OF_WRITES
    by_status: dict[int | str, dict[str, Any]] = {}
    for reason in possible:
        status, _ = API_REASONS[reason]
        answer = by_status.setdefault(status, _answer(status))
        examples = answer["content"]["application/problem+json"]["examples"]
        examples[reason] = {"$ref": f"#/components/examples/{reason}"}
    return dict(sorted(by_status.items(), key=str))


def _answer(status: int) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": STATUS_TITLES[status],
        "content": {
            "application/problem+json": {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {},
            },
        },
    }
    if status == 401:
        answer["headers"] = {
            "WWW-Authenticate": {"description": "Bearer", "schema": {"type": "string"}}
        }
    if status in (429, 503, 507):
        answer["headers"] = {
            "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}
        }
    return answer


def problem_examples() -> dict[str, dict[str, Any]]:
    """One example per reason, for the components of the description."""
    examples = {}
    for reason, (status, sentence) in API_REASONS.items():
        value = {
            "type": "about:blank",
            "title": STATUS_TITLES[status],
            "status": status,
            "detail": sentence,
            "reason": reason,
        }
        examples[reason] = {"summary": sentence, "value": value}
    return examples

"""The reason codes of questions and promises, with their status and when they happen; docs/api.md
lists them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

COMMUNITY_REASONS: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "promise_not_found": (404, "There is no promise of this number."),
        "not_a_question": (409, "The comment asks nothing."),
        "promise_settled": (409, "The promise is in this state already."),
        "same_question": (422, "A question does not answer itself."),
        "answer_private": (422, "Whoever asked may not be able to read the answer."),
        "period_invalid": (
            422,
            "The period ends before it begins, is longer than 731 days, or is none.",
        ),
        "promise_empty": (422, "The promise says nothing."),
        "promise_to_nobody": (422, "The promise names neither a comment nor an answer nor a name."),
        "spike_not_found": (404, "There is no spike of this number."),
        "subscription_not_found": (404, "There is no subscription with this id."),
        "digest_address_invalid": (422, "The address is none of this channel."),
        "digest_nothing_chosen": (422, "Neither digests nor alerts are wanted."),
        "digest_time_invalid": (422, "There is no such weekday or hour."),
        "digest_secret_invalid": (422, "The webhook has no secret, or one that signs nothing."),
        "too_many_subscriptions": (422, "There are 500 subscriptions already."),
        "evidence_invalid": (422, "The evidence is no address that begins with https://."),
    }
)

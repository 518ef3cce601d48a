"""Reviews of an app on Google Play, as comments of ours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BeforeValidator

from integrations import payload
from integrations.contract import Inbound, Visibility
from integrations.source_contract import AuthorRef, CommentEvent, EventType
from integrations.sources.googleplay.settings import Settings

PLAY_IGNORED = {
    "purchase": "A purchase is not a comment.",
    "subscription": "A subscription is not a comment.",
}
_NAMELESS_USER = "A Google user"


def _whole(value: object) -> object:
    """The seconds of Google's times, which are a text."""
    return value.get("seconds") if isinstance(value, dict) else value


PlayTime = Annotated[payload.UnixTime, BeforeValidator(_whole)]


class UserComment(payload.Shape):
    """What a user wrote."""

    text: payload.Text = ""
    originalText: payload.Text = ""  # noqa: N815 - Google's names
    lastModified: PlayTime = None  # noqa: N815
    starRating: payload.Count = 0  # noqa: N815
    reviewerLanguage: payload.Line = ""  # noqa: N815
    thumbsUpCount: payload.Count = 0  # noqa: N815
    appVersionName: payload.Line = ""  # noqa: N815
    device: payload.Line = ""


class Part(payload.Shape):
    """A part of a review: the user's, or the developer's answer."""

    userComment: UserComment | None = None  # noqa: N815


class PlayReview(payload.Shape):
    """What we read of a review."""

    reviewId: payload.Identifier  # noqa: N815
    authorName: payload.Line = ""  # noqa: N815
    comments: Sequence[Part]


def event(inbound: Inbound) -> str:
    """``review``, or what else it is called."""
    return payload.name(inbound.json().get("event"))


def delivery_id(inbound: Inbound) -> str | None:
    """The review with the time of its last change."""
    body = inbound.json()
    review, changed = body.get("review"), body.get("changed")
    number = review.get("reviewId") if isinstance(review, dict) else None
    if not isinstance(number, str) or not isinstance(changed, str):
        return None
    return payload.delivery_key(event(inbound), number, changed[:40])


def parse(inbound: Inbound, settings: Settings) -> list[CommentEvent]:
    """What the user wrote; the title stands before a tab. No account is told, so a review speaks
    for itself."""
    review = payload.read(PlayReview, inbound.json().get("review"))
    words = next((part.userComment for part in review.comments if part.userComment), None)
    if words is None:
        return []
    title, _, rest = (words.originalText or words.text).rpartition("\t")
    text, extras = payload.cut("\n\n".join(part for part in (title.strip(), rest.strip()) if part))
    moment = words.lastModified or datetime.fromtimestamp(0, UTC)
    package, number = settings.package, review.reviewId
    address = f"https://play.google.com/store/apps/details?id={package}&reviewId={number}"
    return [
        CommentEvent(
            EventType.created,
            number,
            version=payload.version(moment, "0"),
            thread_id=number,
            permalink=payload.web_address(address) if package else "",
            author=AuthorRef(number, handle=review.authorName or _NAMELESS_USER),
            text=text,
            created_at=words.lastModified,
            opens_thread=True,
            likes=words.thumbsUpCount,
            extras={
                **extras,
                "rating": words.starRating,
                "version": words.appVersionName,
                "device": words.device,
                "language": words.reviewerLanguage,
            },
            visibility=Visibility.public,
        )
    ]

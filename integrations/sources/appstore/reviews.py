"""Reviews of an app in the App Store, as comments of ours."""

from __future__ import annotations

from integrations import payload
from integrations.contract import Inbound, Visibility
from integrations.source_contract import AuthorRef, CommentEvent, EventType
from integrations.sources.appstore.settings import Settings

APPLE_IGNORED = {"customerReviewResponses": "What the developers answered is not feedback."}
_NAMELESS_REVIEWER = "somebody"
READ_FIELD = "relay_read_at"


class ReviewAttributes(payload.Shape):
    """What a customer wrote."""

    rating: payload.Count = 0
    title: payload.Line = ""
    body: payload.Text = ""
    reviewerNickname: payload.Line = ""  # noqa: N815 - Apple's names
    createdDate: payload.Time = None  # noqa: N815
    territory: payload.Line = ""


class AppleReview(payload.Shape):
    """What we read of a review."""

    id: payload.Identifier
    attributes: ReviewAttributes
    relay_read_at: payload.Time = None


def event(inbound: Inbound) -> str:
    """``customerReviews``, or what else Apple calls it."""
    return payload.name(inbound.json().get("type"))


def delivery_id(inbound: Inbound) -> str | None:
    """The review with what it says: Apple tells no time of an edit."""
    body = inbound.json()
    words = body.get("attributes")
    if not isinstance(body.get("id"), str) or not isinstance(words, dict):
        return None
    parts = [str(words.get(name) or "") for name in ("rating", "title", "body")]
    number = payload.fingerprinted(event(inbound), body["id"][:60], "\n".join(parts))
    return payload.delivery_key(number)


def parse(inbound: Inbound, settings: Settings) -> list[CommentEvent]:
    """The review: its title, an empty line and its words. An edit is as old as the answer that
    showed it. No account is told, so a review speaks for itself."""
    review = payload.read(AppleReview, inbound.json())
    words = review.attributes
    body, extras = payload.cut(words.body)
    number = payload.joined("review", review.id)
    return [
        CommentEvent(
            EventType.created,
            review.id,
            version=payload.version(review.relay_read_at or words.createdDate, "0"),
            thread_id=review.id,
            author=AuthorRef(number, handle=words.reviewerNickname or _NAMELESS_REVIEWER),
            text=f"{words.title}\n\n{body}".strip(),
            created_at=words.createdDate,
            opens_thread=True,
            extras={**extras, "rating": words.rating, "territory": words.territory},
            visibility=Visibility.public,
        )
    ]

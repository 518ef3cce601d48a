"""Comments that are no longer where they were written, as deliveries: a deletion that was found
goes the same way as one that an event tells.

Such a delivery holds the comment's id and the version that was looked for, and nothing it said. At
one version a deletion wins, so a newer one that arrives meanwhile stays.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import datetime
from typing import Protocol

from app.intake.comment_store import ParsedDelivery
from integrations.contract import Inbound
from integrations.source_contract import CommentEvent, EventType

GONE_HEADER = "relay-gone"
"""The mark of such a delivery. No sender can set it: a webhook's header of this name is not
stored."""
GONE_EVENT = "recheck.gone"


def gone_inbound(external_id: str, version: str, now: datetime) -> Inbound:
    """The request that says that a comment is gone."""
    body = json.dumps({"id": external_id, "version": version}, ensure_ascii=False)
    headers = {GONE_HEADER: "1", "content-type": "application/json"}
    return Inbound("POST", headers, body.encode(), {}, now)


def gone_key(inbound: Inbound) -> str:
    """What makes it the same delivery again."""
    return "gone:" + hashlib.sha256(inbound.body).hexdigest()


def gone_event(inbound: Inbound) -> CommentEvent:
    """The deletion that the request tells."""
    body = inbound.json()
    return CommentEvent(EventType.deleted, str(body["id"]), version=str(body["version"]))


class StandingComment(Protocol):
    """A comment that is stored, with what names it."""

    @property
    def product_id(self) -> uuid.UUID: ...
    @property
    def source_id(self) -> uuid.UUID: ...
    @property
    def platform(self) -> str: ...
    @property
    def external_id(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def delivery_id(self) -> int: ...


def deletion_of(comment: StandingComment, now: datetime) -> ParsedDelivery:
    """The deletion of a stored comment, as if its delivery had told it."""
    event = CommentEvent(
        type=EventType.deleted, external_id=comment.external_id, version=comment.version
    )
    return ParsedDelivery(
        comment.delivery_id, comment.product_id, comment.source_id, comment.platform, now, [event]
    )

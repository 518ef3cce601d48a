"""The part of Discourse's deliveries that we read."""

from __future__ import annotations

from integrations import payload


class PostVersion(payload.Shape):
    """Which state of which post it is."""

    id: payload.Identifier
    version: payload.Count = 1
    updated_at: payload.Time = None


class Post(PostVersion):
    """A post, as Discourse's WebHookPostSerializer writes it."""

    topic_id: payload.OptionalId = ""
    topic_slug: payload.Line = ""
    topic_title: payload.Line = ""
    topic_archetype: payload.Line = ""
    post_number: payload.Count = 0
    reply_to_post_number: payload.Count = 0
    created_at: payload.Time = None
    user_id: payload.OptionalId = ""
    username: payload.Line = ""
    name: payload.Line = ""
    staff: payload.Flag = False
    admin: payload.Flag = False
    moderator: payload.Flag = False
    user_deleted: payload.Flag = False
    raw: payload.Text = ""
    cooked: payload.Text = ""


class Delivery(payload.Shape):
    """The body of a post event."""

    post: Post


class DeliveryVersion(payload.Shape):
    """The little of a post event that tells one delivery from another; read while its sender
    waits."""

    post: PostVersion

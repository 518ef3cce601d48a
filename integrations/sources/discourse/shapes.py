"""The part of Discourse's deliveries that we read."""

from __future__ import annotations

from integrations import payload


class PostVersion(payload.Shape):
    """Which state of which post it is."""

    id: payload.Identifier
    version: payload.Count = 1
    updated_at: payload.Time = None
    topic_archetype: payload.Line = ""


class Post(PostVersion):
    """A post, as Discourse's WebHookPostSerializer writes it."""

    topic_id: payload.OptionalId = ""
    topic_slug: payload.Line = ""
    topic_title: payload.Line = ""
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


class Topic(payload.Shape):
    """A topic, as Discourse's WebHookTopicViewSerializer writes it."""

    id: payload.Identifier
    title: payload.Line = ""
    slug: payload.Line = ""


class Account(payload.Shape):
    """An account, as Discourse's WebHookUserSerializer writes it."""

    id: payload.Identifier
    username: payload.Line = ""
    name: payload.Line = ""
    admin: payload.Flag = False
    moderator: payload.Flag = False


class Delivery(payload.Shape):
    """The body of a post event."""

    post: Post


class TopicDelivery(payload.Shape):
    """The body of a topic event."""

    topic: Topic


class AccountDelivery(payload.Shape):
    """The body of a user event."""

    user: Account


class DeliveryVersion(payload.Shape):
    """The little of a post event that tells one delivery from another; read while its sender
    waits."""

    post: PostVersion

"""The part of Slack's deliveries that we read."""

from __future__ import annotations

from integrations import payload


class Profile(payload.Shape):
    """A member's names, where Slack sends them."""

    name: payload.Line = ""
    display_name: payload.Line = ""
    real_name: payload.Line = ""


class Edited(payload.Shape):
    """Who edited a message, and when."""

    ts: payload.Line = ""


class Message(payload.Shape):
    """A message as Slack's message event, or the ``message`` of message_changed, describes it."""

    subtype: payload.Line = ""
    user: payload.OptionalId = ""
    bot_id: payload.OptionalId = ""
    username: payload.Line = ""
    user_profile: Profile | None = None
    text: payload.Text = ""
    blocks: object = None
    attachments: object = None
    ts: payload.Line = ""
    thread_ts: payload.Line = ""
    edited: Edited | None = None


class Event(Message):
    """The inner event of a delivery."""

    channel: payload.OptionalId = ""
    event_ts: payload.Line = ""
    deleted_ts: payload.Line = ""
    message: Message | None = None
    previous_message: Message | None = None


class Delivery(payload.Shape):
    """Slack's envelope around one event."""

    team_id: payload.Line = ""
    event: Event

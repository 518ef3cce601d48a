"""The part of Discord's messages that we read."""

from __future__ import annotations

from integrations import payload


class DiscordUser(payload.Shape):
    """An account; ``global_name`` is what people call it."""

    id: payload.Identifier
    username: payload.Line = ""
    global_name: payload.Line = ""
    bot: payload.Flag = False


class DiscordMember(payload.Shape):
    """An account's place in a server."""

    nick: payload.Line = ""
    roles: list[payload.Identifier] | None = None


class MessageReference(payload.Shape):
    """What a message points to: ``type`` 0 answers it, 1 forwards it."""

    type: payload.Count = 0
    message_id: payload.OptionalId = ""
    channel_id: payload.OptionalId = ""


class Attachment(payload.Shape):
    """A file of a message."""

    filename: payload.Line = ""
    description: payload.Line = ""


class Embed(payload.Shape):
    """A card in a message."""

    title: payload.Line = ""
    description: payload.Text = ""


class PollText(payload.Shape):
    """The words of a question or an answer of a poll."""

    text: payload.Text = ""


class PollAnswerText(payload.Shape):
    """One answer of a poll."""

    poll_media: PollText = PollText()


class DiscordPoll(payload.Shape):
    """A poll in a message."""

    question: PollText = PollText()
    answers: tuple[PollAnswerText, ...] = ()


class Sticker(payload.Shape):
    """A picture with a name."""

    name: payload.Line = ""


class Reaction(payload.Shape):
    """How many people reacted in one way."""

    count: payload.Count = 0
    emoji: Sticker | None = None


class Content(payload.Shape):
    """What a message says."""

    content: payload.Text = ""
    mentions: tuple[DiscordUser, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    embeds: tuple[Embed, ...] = ()
    sticker_items: tuple[Sticker, ...] = ()
    poll: DiscordPoll | None = None


class Snapshot(payload.Shape):
    """A forwarded message."""

    message: Content = Content()


class Place(payload.Shape):
    """What we add to a message: the channel it stands in, which no message names."""

    title: payload.Line = ""
    channel_id: payload.OptionalId = ""
    in_thread: payload.Flag = False


class Message(Content):
    """A message. A thread is a channel; a forum's first post has the thread's id."""

    id: payload.Identifier
    channel_id: payload.Identifier
    guild_id: payload.OptionalId = ""
    type: payload.Count = 0
    author: DiscordUser
    member: DiscordMember | None = None
    webhook_id: payload.OptionalId = ""
    timestamp: payload.Time = None
    edited_timestamp: payload.Time = None
    message_reference: MessageReference | None = None
    message_snapshots: tuple[Snapshot, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    relay_place: Place = Place()


class Deletion(payload.Shape):
    """One deleted message."""

    id: payload.Identifier


class BulkDeletion(payload.Shape):
    """Several deleted messages."""

    ids: list[payload.Identifier]

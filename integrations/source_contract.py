"""What a source is: data plus pure functions.

To add a platform, write a module (or a folder, whose ``__init__`` exposes the same name) in
``integrations/sources`` with ``SOURCE``; the registry finds it. Its docstring is the guide that
people follow, with ``{webhook_url}`` and ``{secret}`` filled in. ``sources/generic.py`` is a
platform in one file, ``sources/github`` one in a folder: ``events`` (which deliveries are read),
``shapes`` (their JSON), ``comments`` (``parse``), ``source`` (guide and declaration).

    class Settings(BaseModel):
        channel: str = Field(default="", description="Only this channel. Blank follows all.")
        keep_private: KeepPrivate = False

    class Note(payload.Shape):
        id: payload.Identifier
        thread: payload.Identifier
        author: payload.Identifier
        body: payload.Text = ""
        at: payload.Time = None

    def event(inbound: Inbound) -> str:
        return payload.name(inbound.json().get("event"))

    def parse(inbound: Inbound, settings: Settings) -> list[CommentEvent]:
        note = payload.read(Note, inbound.json().get("note"))
        text, extras = payload.cut(note.body)
        return [
            CommentEvent(
                EventType.created,
                note.id,
                version=payload.version(note.at, "0"),
                thread_id=note.thread,
                author=AuthorRef(note.author, handle=note.author),
                text=markdown_to_text(text),
                created_at=note.at,
                extras=extras,
            )
        ]

    SOURCE: Source[Settings] = Source(
        name="notes",
        title="Notes",
        settings=Settings,
        signature=Signature(header="x-notes-signature", prefix="sha256="),
        handled=frozenset({"note.created"}),
        ignored={"ping": "A test of the connection.", "user.*": "Accounts are not comments."},
        event=event,
        parse=parse,
        delivery_id=lambda inbound: payload.delivery_key(inbound.headers.get("x-notes-id", "")),
        guide=__doc__,
        new_secret=lambda: secrets.token_urlsafe(32),
    )

What is sent is stored before it is parsed, and may be parsed again years later: nothing here may
use a clock, a database or the network, and a delivery gives the same comments each time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, Field, JsonValue

from integrations.contract import Inbound, Visibility
from integrations.poll_contract import PolledItem, Polling
from integrations.reply_contract import Replying
from integrations.signatures import SENDS_NOTHING, Signature

S = TypeVar("S", bound=BaseModel)


KeepPrivate = Annotated[
    bool,
    Field(
        description="Keep words that are private where they are written. They are never stored "
        "while this is off, and nothing of them goes into a ticket that more people can read."
    ),
]
"""The switch that the settings of every platform have, as ``keep_private``, off by default."""


@dataclass(frozen=True, slots=True)
class Response:
    """The answer to a handshake, sent as it is."""

    body: bytes = b""
    content_type: str = "text/plain"
    status: int = 200


TEST_HEADER = "x-relay-test"
"""Marks a request that this service sent itself to try the way in: it is read like any other, and
nothing of it counts."""


class EventType(StrEnum):
    """What happened to a comment. A comment that comes back after a deletion was ``edited``."""

    created = "created"
    edited = "edited"
    deleted = "deleted"


@dataclass(frozen=True, slots=True)
class AuthorRef:
    """Who wrote a comment, as the platform names them.

    ``external_id`` never changes and is unique within the source (within the platform where
    ``Source.global_authors``), at most 300 characters; ``handle`` may change and is never blank
    (use the id where there is none); ``name`` is what people call them. ``is_staff``: one of the
    product's own team. ``is_bot``: a program, whose comments are kept and not judged.
    ``identities``: names under which other sources may know the same human, and for which the
    platform vouches: the account with the site that it belongs to (``payload.account_identity``),
    an address of mail that it verified (``payload.mail_identity``). Never what people may enter.
    """

    external_id: str
    handle: str
    name: str = ""
    is_staff: bool = False
    is_bot: bool = False
    identities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CommentEvent:
    """One thing that happened to one comment, with the whole comment as it is afterwards.

    A deletion may leave everything blank but ``external_id`` and ``version``.

    - ``external_id``: never changes, unique within the source, at most 300 characters. Where kinds
      of comments count apart, put the kind in front: ``issue:7``, ``issue_comment:7``.
    - ``version``: orders what happened to a comment; the greatest one, compared as text, is what
      the comment is now. Make it with ``payload.version``, or of numbers padded with zeros; ``""``
      for a platform that never edits and never deletes. Events may arrive in any order and twice.
    - ``thread_id``: what an answer shares with its question: a topic, an issue, a first message.
      ``parent_id``: the comment that it answers, where the platform says so, else blank.
      ``position``: its number in the thread, from 1, and ``answers_position``: the number of what
      it answers, for platforms that name it by that; 0 where there is none.
      ``opens_thread``: it is the thread's first message (an issue, a topic), not an answer in it.
    - ``permalink``: a web address of the comment, or blank. ``thread_title``: one line.
    - ``text``: plain text in which quotes of others are left out, at most 100,000 characters; the
      converters are in ``integrations.text``.
    - ``created_at``, ``edited_at``: aware times, in UTC. ``edited_at`` for an edit alone.
    - ``likes``: how many people agree, 0 or more.
    - ``extras``: JSON that people see on the comment's page and replies may need; small.
    - ``visibility``: who may read it where it is written. ``place``: what becomes private as a
      whole, a channel, a repository, a category; blank where there is nothing of the kind.
    """

    type: EventType
    external_id: str
    version: str = ""
    thread_id: str = ""
    thread_title: str = ""
    permalink: str = ""
    author: AuthorRef | None = None
    text: str = ""
    created_at: datetime | None = None
    edited_at: datetime | None = None
    parent_id: str = ""
    opens_thread: bool = False
    position: int = 0
    answers_position: int = 0
    likes: int = 0
    extras: Mapping[str, JsonValue] = field(default_factory=dict)
    visibility: Visibility = Visibility.unknown
    place: str = ""


@dataclass(frozen=True, slots=True)
class ScopeChange:
    """Something that happened at once to a comment (``external_id``), to all comments of a thread
    or to all of a place; one of the three is named.

    - ``visibility``: who may read them from now on. ``deleted``: they are gone, and so is what was
      written there before and arrives later; ``restored``: no longer so.
    - ``title``: what the thread is called now. ``link_pattern`` and ``link``: the part of their
      addresses that changed, as a regular expression, and what stands there now.
    """

    external_id: str = ""
    thread_id: str = ""
    place: str = ""
    visibility: Visibility | None = None
    deleted: bool = False
    restored: bool = False
    title: str = ""
    link_pattern: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class AccountChange:
    """An account is called otherwise from now on. ``forgotten``: it is anonymous or gone, and what
    it was called before may not be kept."""

    author: AuthorRef
    forgotten: bool = False


Change = ScopeChange | AccountChange


@dataclass(frozen=True, slots=True)
class Source(Generic[S]):
    """A platform we listen to.

    What people see:

    - ``name``: in commands and addresses, ``[a-z_]``; never changes. ``title``: its own spelling.
    - ``settings``: what people enter; every field has a default and a ``description``, a sentence.
    - ``guide``: numbered steps in Markdown, the module's docstring. The only braces in it are
      ``{webhook_url}`` and ``{secret}``.
    - ``new_secret``: makes a secret to paste into the platform; None where the platform makes it.

    What is done with a request, in this order:

    1. Above ``max_body_bytes`` it is refused with 413.
    2. ``challenge`` answers a platform's handshake, given the active secrets, the newest first, and
       returns None for anything that is not one. ``challenge_signed`` says whether the handshake's
       signature must be right first.
    3. ``signature`` is verified; a wrong one is refused with 401. ``signature_of`` gives another
       one by the settings, for a platform of which people say how it signs.
    4. ``validate`` raises PayloadError for a body that its sender should be told of (400); where it
       is None, or passes, the delivery is stored and a bad one shows as failed.
    5. ``delivery_id`` returns what makes a delivery the same one again when it is sent twice: at
       most 200 characters (``payload.delivery_key``), or None for the SHA-256 of the body. The
       sender waits: read little.
    6. Once it is stored, ``acknowledge`` gives the answer, for a platform that shows it to whoever
       wrote, or waits for one of a certain form; None answers 202. It never raises.
    7. Later, ``event`` names what the delivery is about (``issues.opened``). It must be in
       ``handled`` (then ``parse`` is called) or in ``ignored`` (name -> why we leave it alone, a
       sentence; ``push.*`` matches ``push`` and ``push.anything``), or the delivery is 'unknown',
       which is counted and shown. PayloadError is allowed.
    8. ``parse`` makes comments of it: none where it is about something that the settings leave out.
       It raises PayloadError ``wrong_shape`` and nothing else, whatever was sent.

    ``visibility`` says, before a delivery of any event is looked at further, who may read all of it
    where it was written. What is private is neither parsed nor kept, unless the settings keep it.
    ``changes`` gives what a handled or a private delivery says of more than its own comments: a
    topic that became private, a repository, an account. Both are pure, as ``parse``, and may raise
    PayloadError. ``renamed`` gives a delivery's body with what an account is called now, and
    without its picture; where it is None such a body is emptied.

    ``unkept``: families of events (the part of their names before the dot) whose bodies are not
    stored beyond that: they hold words that nobody sent us as feedback.

    ``without`` gives a delivery's body without the comments of these ids, for a platform that sends
    several at once: when one is deleted, the others stay. It is empty where nothing is left. Where
    ``without`` is None, a delivery is emptied as a whole.

    ``sample``: a request about a comment that nobody wrote, to try the way in with; where it is
    None an empty object is sent.

    ``global_authors``: author ids mean the same person in every source of the platform.
    ``no_links``: why its authors are never linked to accounts elsewhere, a sentence; blank where
    they may be.
    ``polling`` says how the platform is asked for what it did not send; None where it cannot be.
    ``replying`` says how an answer goes back into a thread; where it is None, ``no_replies`` says
    why, a sentence.

    ``signature`` is SENDS_NOTHING for a platform that is only polled: it has no secret, and its
    address takes nothing.
    """

    name: str
    title: str
    settings: type[S]
    signature: Signature
    handled: frozenset[str]
    ignored: Mapping[str, str]
    event: Callable[[Inbound], str]
    parse: Callable[[Inbound, S], list[CommentEvent]]
    delivery_id: Callable[[Inbound], str | None]
    guide: str
    signature_of: Callable[[S], Signature] | None = None
    challenge: Callable[[Inbound, Sequence[str]], Response | None] | None = None
    challenge_signed: bool = True
    validate: Callable[[Inbound], None] | None = None
    acknowledge: Callable[[Inbound], Response] | None = None
    unkept: frozenset[str] = frozenset()
    without: Callable[[Inbound, Collection[str]], bytes] | None = None
    visibility: Callable[[Inbound, S], Visibility] | None = None
    changes: Callable[[Inbound, S], list[Change]] | None = None
    renamed: Callable[[Inbound, AuthorRef], bytes] | None = None
    sample: Callable[[S], PolledItem] | None = None
    global_authors: bool = False
    no_links: str = ""
    new_secret: Callable[[], str] | None = None
    polling: Polling[S] | None = None
    replying: Replying[S] | None = None
    no_replies: str = "This platform has no way to answer there."
    max_body_bytes: int = 1_048_576

    def signed_by(self, settings: Mapping[str, Any]) -> Signature:
        """How the requests of a source with these stored settings are signed."""
        if self.signature_of is None:
            return self.signature
        return self.signature_of(self.settings.model_validate(dict(settings)))

    @property
    def sends(self) -> bool:
        """Whether it has webhooks."""
        return self.signature != SENDS_NOTHING

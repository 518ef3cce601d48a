"""What a tracker is: one small asynchronous client, and what goes through it.

To add a tracker, write a folder in ``integrations/trackers`` whose ``__init__`` exposes
``TRACKER``; the registry finds it. ``trackers/github`` is an example: ``tracker`` (guide and
declaration), ``settings`` (what people enter), ``api`` (calls, and what an answer says of a
ticket's state), ``issues`` (the client), ``body`` (the ticket's text), ``check`` and ``events``.

    class NotesTracker:  # a Tracker
        async def create(self, draft: Draft) -> TicketRef: ...

    TRACKER = TrackerType(
        name="notes",
        title="Notes",
        settings=NotesSettings,
        credentials=NotesCredentials,
        open=open_notes,
        guide=__doc__ or "",
        parse_event=parse_event,
        signature=Signature(header="x-notes-signature", prefix="sha256="),
        min_interval=1.0,
        search_lag=5.0,
    )

A ticket holds one managed block, which begins and ends with the draft's marker and is all that an
update changes; ``trackers/text_block.py`` makes it for trackers whose tickets are text, of a
``Markup``. ``integrations.failures`` makes the errors, ``integrations.http.client`` the connection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, Protocol, TypeVar

from pydantic import BaseModel, Field

from integrations.contract import Finding as Finding
from integrations.contract import Inbound, IntegrationError, Visibility
from integrations.network import PLAIN_NETWORK, Network
from integrations.ticket_facts import Fact, Often
from integrations.ticket_fields import FieldValue, TicketField, TicketRequest
from integrations.ticket_status import ChangedTickets, RegisteredHook
from integrations.ticket_status import RemoteState as RemoteState
from integrations.ticket_status import StatusCategory as StatusCategory
from integrations.ticket_status import TicketEvent as TicketEvent
from integrations.ticket_status import TicketRef as TicketRef
from integrations.tracker_writes import NO_JOURNAL, DuplicateMark, Earlier, Followed, WriteJournal
from integrations.tracker_writes import Attempt as Attempt

if TYPE_CHECKING:
    from integrations.signatures import Signature

S = TypeVar("S", bound=BaseModel)

Audience = Annotated[
    Literal["", "public", "members", "private"],
    Field(
        description="Who can read the tickets: everybody, members of an organisation or a site, or "
        "only those who were let in. Blank asks the tracker; what it does not say counts as "
        "everybody. Words are never pushed to where more people read them, unless a person says so."
    ),
]
"""The setting ``audience`` of every kind of tracker."""


@dataclass(frozen=True, slots=True)
class Quote:
    """One comment as a ticket shows it.

    ``text`` and ``author`` are raw words of users: every tracker neutralises them when it renders
    (``integrations.neutralize``). ``platform`` is a source's title, ``permalink`` a web address or
    blank, ``created_at`` an aware time in UTC.
    """

    text: str
    author: str
    platform: str
    permalink: str
    created_at: datetime
    thread: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a theme's ticket should say now. Raw text everywhere; the tracker renders and
    neutralises.

    - ``marker``: ``relay-<theme id>``; the ticket is found by it, so it must stand in the ticket
      from its creation, in the block or as a label.
    - ``title``: one line of any length; cut it with ``neutralize.title``.
    - ``kind``: what the theme is, ``bug`` or another kind of comment; ``product``: its name.
    - ``people``, ``mentions``: how many wrote how many comments about it; both 0 without any.
    - ``first_seen``, ``last_seen``: aware times of the first and the last comment, in UTC.
    - ``quotes``: the most telling first; ``threads``: (title, permalink) of every thread that
      speaks of the theme. Both may be long: show what fits, and say how many were left out.
    - ``labels``: at most 50 characters of ``[a-z0-9._:-]`` each; ours, and only ever added.
    - ``theme_url``: the theme's page in the dashboard, or blank.
    - ``phrases``: what several people say in the same words.
    - ``summary``: written by the machine that ``summary_by`` names; blank where none is asked.
    - ``former_title``: a title of ours that may not stay; an update replaces it by ``title``.
    - ``followed``: of a superseded ticket, whose draft is else what it said before that.
    - ``facts``: what people name of versions, systems, browsers, devices and plans; ``often``: how
      often it was said lately; ``logs``: pieces of output of several lines; ``workarounds``: what
      people say helps; ``files``: addresses of what they attached.
    - ``earlier``: the ticket that was shipped before people spoke of it again.
    - ``intro``: what a new ticket says above the block, and ``fields``: what is put into its own
      fields. An update writes neither.
    """

    marker: str
    title: str
    kind: str
    product: str
    people: int
    mentions: int
    first_seen: datetime
    last_seen: datetime
    quotes: Sequence[Quote]
    threads: Sequence[tuple[str, str]]
    labels: Sequence[str]
    theme_url: str
    phrases: Sequence[str] = ()
    summary: str = ""
    summary_by: str = ""
    former_title: str = ""
    followed: Followed | None = None
    earlier: Earlier | None = None
    facts: Sequence[Fact] = ()
    often: Often | None = None
    logs: Sequence[str] = ()
    workarounds: Sequence[str] = ()
    files: Sequence[str] = ()
    intro: str = ""
    fields: Sequence[FieldValue] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """Whom the tracker takes us for. ``id`` tells accounts apart and is blank where the tracker
    does not say; ``name`` is for people, ``login`` what the account is called in webhooks.
    ``is_machine``: no person ever writes by it. ``key`` outlives a change of ``id``, where there is
    such."""

    id: str
    name: str
    login: str = ""
    is_machine: bool = False
    key: str = ""

    @property
    def identity(self) -> str:
        """What tells whether two are the same account."""
        return self.key or self.id


class TrackerError(IntegrationError):
    """A call to a tracker that failed; docs/trackers/README.md lists every ``reason``.

    ``ambiguous``: the tracker may have carried the call out (timeout, connection lost, 5xx), so
    look the marker up before any retry of a create. ``permanent``: trying again without a person's
    help cannot work; never together with ``ambiguous``. ``retry_after`` in seconds is what the
    tracker asked for. ``detail`` is a sentence that says what to do, without a token: raise it
    ``from None``, since a vendor's exception may carry one.
    """

    def __init__(
        self,
        reason: str,
        detail: str,
        *,
        ambiguous: bool = False,
        permanent: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(reason, detail)
        self.ambiguous = ambiguous
        self.permanent = permanent
        self.retry_after = retry_after


class Tracker(Protocol):
    """A connection to one tracker. Every method raises TrackerError and nothing else.

    No method repeats a call by itself: the ledger above decides when to try again.
    """

    async def create(self, draft: Draft) -> TicketRef:
        """Create the ticket by one write that holds its marker, so that whatever happens to the
        answer it can be found. Called once per ledger row."""

    def preview(self, draft: Draft) -> TicketRequest:
        """The request that ``create`` would make, without what lets us in. Makes no call. Raises
        ``field_invalid`` for a value that a field cannot have."""

    async def fields(self) -> Sequence[TicketField]:
        """The fields of new tickets that the service does not fill in by itself, as the tracker
        tells of them."""

    async def update(
        self, ref: TicketRef, draft: Draft, journal: WriteJournal = NO_JOURNAL
    ) -> TicketRef:
        """Bring the managed block, and the labels that are ours, up to date, and write nothing
        where nothing differs. What people wrote stays; an edit that we overwrote is told to the
        ``journal`` and given back. Our title stays unless it is ``former_title``. Raises
        ``body_full``, and a permanent error for a ticket that is gone."""

    async def holds(self, ref: TicketRef, draft: Draft) -> bool:
        """Whether the ticket's block says what this draft says. Writes nothing."""

    async def plan_duplicate(self, ref: TicketRef, of: TicketRef | None) -> DuplicateMark:
        """What ``mark_duplicate`` will have to do. Writes nothing."""

    async def mark_duplicate(self, ref: TicketRef, mark: DuplicateMark) -> DuplicateMark:
        """Do what is not done yet of a mark; what the account may not do goes into its ``note``."""

    async def unmark_duplicate(self, ref: TicketRef, mark: DuplicateMark) -> str:
        """Take back what was or may have been done; what was left because a person changed it."""

    async def note(self) -> str:
        """What a look-up after a create that is about to begin will need: the account it is made
        by, the highest key so far; blank where nothing helps. Kept with the ledger's row."""

    async def find(self, marker: str, attempt: Attempt | None = None) -> TicketRef | None:
        """The oldest ticket that carries exactly this marker, or None (search may lag behind a
        create: see ``search_lag``).

        ``attempt`` lets the tracker look where that call's ticket would be. None says little by
        itself, since some trackers answer an expired token with an empty list: believe it after
        ``whoami`` and ``probe`` succeeded.
        """

    async def whoami(self) -> Account:
        """The account our credentials belong to. Raises ``unauthorized`` where the tracker does not
        know us any more."""

    async def probe(self) -> None:
        """Nothing, where the repository or project that holds the tickets is to be seen. Raises
        ``no_access`` where it is not."""

    async def renamed(self) -> Mapping[str, str]:
        """The settings that no longer name the place of the tickets, with what it is called now;
        empty where nothing hinted at a rename, or where the place does not answer to the new
        name."""

    async def get(self, ref: TicketRef) -> RemoteState:
        """The ticket as it is now, wherever it was moved; category ``gone`` where it was deleted
        for certain, ``hidden`` where it is not to be seen in a repository or project that is.
        Raises ``no_access`` where that is not to be seen either."""

    async def changes(self, bookmark: str, since: datetime) -> ChangedTickets:
        """The next page of tickets that changed since the ``bookmark`` of the last one; since an
        aware time where it is blank. One call, which may lag behind."""

    async def comment(self, ref: TicketRef, text: str) -> None:
        """Add a comment, of plain text by ourselves; once, whatever happens to the answer."""

    async def reopen(self, ref: TicketRef) -> RemoteState:
        """Give a closed ticket an open status again, where it has none; what it is then. Raises
        ``no_such_transition``."""

    async def locate(self, name: str) -> RemoteState:
        """The ticket that people call ``name``: its key or its address, wherever our account sees
        it. Raises ``ticket_unnamed`` where it is neither, and ``not_found``."""

    async def similar(self, title: str) -> Sequence[RemoteState]:
        """Tickets whose titles share words with this one, the most alike first and a few at most,
        as far as the tracker's search knows."""

    async def keep_comment(self, ref: TicketRef, draft: Draft, comment_id: str) -> str:
        """Bring our own comment in a ticket of people's own up to date, and nothing else of it;
        returns its id. A blank ``comment_id``, or one that was deleted, is looked for by the
        draft's marker, and added where it is not there."""

    async def register_hook(self, address: str, secret: str) -> RegisteredHook:
        """Let the tracker send changes of tickets to ``address``, signed with ``secret``: the hook
        with this address is brought up to date, or made. Raises ``hook_not_allowed`` where the
        account may not, which people then do by hand."""

    async def audience(self) -> Visibility:
        """Who can read the tickets, as far as the tracker says it; ``unknown`` is taken as
        everybody."""

    async def check(self) -> list[Finding]:
        """Credentials, permissions and required fields, each with a remedy where it is wrong; stops
        where a failure hides the rest. Writes nothing."""

    async def close(self) -> None:
        """Release connections."""


S_contra = TypeVar("S_contra", bound=BaseModel, contravariant=True)


class OpenTracker(Protocol[S_contra]):
    """Opens a connection to a tracker. Makes no request: the first method called does."""

    def __call__(
        self, settings: S_contra, credentials: Any, *, network: Network = PLAIN_NETWORK
    ) -> Tracker:
        """``network`` is the operator's word on how calls leave this machine."""


@dataclass(frozen=True, slots=True)
class OwnPlace:
    """Where a tracker's tickets are, as a source tells of it: the ``platform``'s name, the ``host``
    that its pages are on, and the repository or project."""

    platform: str
    host: str
    container: str


@dataclass(frozen=True, slots=True)
class TrackerType(Generic[S]):
    """A kind of tracker we can push to.

    - ``name``: in commands, ``[a-z_]``; never changes. ``title``: its own spelling.
    - ``settings``: the public fields, among them ``base_url`` and ``audience``;
      ``credentials``: the secret ones, whose errors do not repeat what was entered
      (``trackers/credentials.py``).
    - ``guide``: numbered steps in Markdown, the module's docstring.
    - ``parse_event``: what a webhook delivery, already verified by ``signature``, says of tickets;
      empty where it says nothing of their status. Pure; raises PayloadError and nothing else.
    - ``delivery_id``: what tells one webhook delivery from its repetitions; blank where the tracker
      sends nothing of the kind.
    - ``min_interval``: seconds between two writes that keep us below the vendor's limits.
    - ``search_lag``: seconds until a created ticket is usually found by ``find``.
    - ``later_lookups``: seconds after a create that was cut off at which ``find`` is asked again,
      rising; a ticket that the last one does not find either is created again.
    - ``place``, ``posted_text``: for a tracker that is a source as well: where its tickets are, and
      what that source will say a ticket says, so that neither comes back as feedback.
    - ``has_own_account``: whether the settings say that nobody else writes by our account.
    """

    name: str
    title: str
    settings: type[S]
    credentials: type[BaseModel]
    open: OpenTracker[S]
    guide: str
    parse_event: Callable[[Inbound, S], list[TicketEvent]]
    signature: Signature
    delivery_id: Callable[[Inbound], str] = lambda inbound: ""
    min_interval: float = 0.0
    search_lag: float = 0.0
    later_lookups: tuple[float, ...] = ()
    place: Callable[[S], OwnPlace] | None = None
    posted_text: Callable[[Draft], str] | None = None
    has_own_account: Callable[[S], bool] = lambda settings: False

"""A tracker, and the ledger of the tickets we made there."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from app.models.base import (
    Json,
    Moment,
    document,
    documents,
    holds_only,
    moment,
    new_id,
    number,
    reference,
    serial_id,
    utc_now,
    word,
)
from app.models.states import (
    HeardFrom,
    Recurrence,
    TicketEventStage,
    TicketState,
    TicketStatus,
    Visibility,
)


class Tracker(SQLModel, table=True):
    """A Jira project or GitHub repository. ``kinds`` lists the kinds of theme it takes,
    comma-separated.

    ``paused_until`` holds back every call after the tracker asked for it; ``reason`` and ``detail``
    say what is wrong. ``seen_audience``: who may read its tickets, as it said when it was asked
    last. ``account_id`` and what follows tell whose account the credentials belong to, blank until
    that was asked; ``account_is_machine``: nobody else writes by it; ``account_confirmed``: it was
    asked since the credentials were last entered.

    ``fields`` are those of new tickets that rules can fill in, as the tracker told of them at
    ``fields_read_at``.

    ``hook_secret`` signs the webhooks that it sends us, and so does ``hook_old_secret`` as long as
    it is there; both are encrypted. ``hook_id`` is blank where we did not register the webhook by
    ourselves. ``heard_at``: when the last well-signed delivery came.

    ``bookmark`` and ``compared_at`` are where and when the list of what changed was read last;
    ``reads`` counts the calls of the hour that began at ``reads_from``. ``status_map`` says what
    statuses mean that we would take for something else; ``recurrence`` what is done there when
    people speak again of what was shipped. ``announces``: whether a
    ticket gets a comment at thresholds.
    """

    __tablename__ = "tracker"
    __table_args__ = (
        sa.UniqueConstraint("product_id", "name", name="tracker_name"),
        holds_only("seen_audience", Visibility, name="tracker_audience"),
        holds_only("recurrence", Recurrence, name="tracker_recurrence"),
    )

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    product_id: uuid.UUID = reference("product.id")
    type: str = Field(sa_type=sa.Text)
    name: str = Field(sa_type=sa.Text)
    settings: Json = document()
    credentials: bytes = Field(sa_type=sa.LargeBinary)
    kinds: str = word("bug,feature")
    enabled: bool = Field(
        default=True, nullable=False, sa_column_kwargs={"server_default": sa.true()}
    )
    paused_until: Moment = moment()
    reason: str = word()
    detail: str = word()
    checked_at: Moment = moment()
    seen_audience: str = word(Visibility.unknown)
    created_at: Moment = utc_now()
    account_id: str = word()
    account_login: str = word()
    account_name: str = word()
    account_is_machine: bool = Field(
        default=False, nullable=False, sa_column_kwargs={"server_default": sa.false()}
    )
    account_confirmed: bool = Field(
        default=False, nullable=False, sa_column_kwargs={"server_default": sa.false()}
    )
    fields: list[dict[str, object]] = documents()
    fields_read_at: Moment = moment()
    hook_secret: bytes | None = Field(default=None, sa_type=sa.LargeBinary)
    hook_old_secret: bytes | None = Field(default=None, sa_type=sa.LargeBinary)
    hook_id: str = word()
    heard_at: Moment = moment()
    bookmark: str = word()
    compared_at: Moment = moment()
    reads: int = number(0)
    reads_from: Moment = moment()
    status_map: Json = document()
    recurrence: str = word(Recurrence.nothing)
    announces: bool = Field(
        default=True, nullable=False, sa_column_kwargs={"server_default": sa.true()}
    )


class TicketDelivery(SQLModel, table=True):
    """One webhook delivery of a tracker, kept until it was read; then its body is emptied, and the
    row tells repetitions. ``try_at``: when it is looked at again."""

    __tablename__ = "ticket_delivery"
    __table_args__ = (
        sa.UniqueConstraint("tracker_id", "dedup_key", name="ticket_delivery_once"),
        sa.Index(
            "ticket_delivery_waiting",
            "tracker_id",
            "id",
            postgresql_where=sa.text("stage = 'received'"),
        ),
        sa.Index("ticket_delivery_by_time", "received_at"),
        holds_only("stage", TicketEventStage, name="ticket_delivery_stage"),
    )

    id: int = serial_id()
    tracker_id: uuid.UUID = reference("tracker.id", index=False)
    dedup_key: str = Field(sa_type=sa.Text)
    received_at: Moment = utc_now()
    headers: Json = document()
    body: bytes = Field(sa_type=sa.LargeBinary)
    stage: str = word(TicketEventStage.received)
    reason: str = word()
    try_at: Moment = utc_now()


class PostedText(SQLModel, table=True):
    """A text that we posted into a ticket, as digests of its lines; ``lead`` is the longest."""

    __tablename__ = "posted_text"
    __table_args__ = (sa.Index("posted_text_lead", "lead"),)

    id: int = serial_id()
    ticket_id: uuid.UUID = reference("ticket.id")
    lead: int = Field(sa_type=sa.BigInteger)
    lines: list[int] = Field(sa_column=sa.Column(ARRAY(sa.BigInteger), nullable=False))
    posted_at: Moment = utc_now()


class Ticket(SQLModel, table=True):
    """A theme's issue in a tracker. The row is written before the tracker is called.

    ``state``: ``pending`` (to create) -> ``creating`` (the call is out; after a crash the marker is
    looked up) -> ``created``; ``blocked`` waits for a person (``reason``, ``detail``);
    ``cancelled`` was undone before the push; ``gone`` was deleted in the tracker; ``unlinked`` was
    let go of by a person. ``due_at``: when
    the next push (create or refresh) is due, empty when current. ``title`` is what we called it
    there; ``title_gone``: somebody took those words back, so they are to go there too.

    ``create_unconfirmed_at``: when the create call went out whose outcome is not known; it stays
    through every state until the ticket is recorded, the tracker refuses the call for certain, or a
    look-up that is believed finds nothing. ``create_note``: what the tracker noted before the call.

    ``shown_visibility``: how private the comments are that a person let into this ticket, although
    more people read it; ``public`` where nobody did.

    ``superseded_at``: when its theme was merged, and the matter went on in the ticket
    ``superseded_by`` (empty where that row is gone); then ``last_words`` is what it says from then
    on. ``duplicate_mark``: what was done to it in the tracker as to a duplicate, written before
    each call. ``writing``: what an update call that is out read before it wrote.

    ``status`` is what ``remote_status`` means, ``status_since`` that moment, ``status_by`` whoever
    changed it there, ``status_from`` how it reached us. ``living_key`` and ``living_url`` name the
    ticket that this one is a duplicate of: then the status is that one's. ``look_at``: when it is
    to be looked at in the tracker, ``looked_at`` when it was; ``hint`` is what the last webhook
    said of it. ``drift`` says in one word what differs between here and there, ``drift_detail`` in
    a sentence. ``recurred_since`` is the ``status_since`` for which was done what the tracker's
    rule says about matters that are spoken of again; ``told_at``: when somebody said that the
    people who asked for it were told what became of it. ``drafted_since`` is the ``status_since``
    for which answers to them were drafted.

    ``linked_at``: when a person linked it; then it is people's own, and all that we write there is
    a comment, ``comment_id``. ``former`` lists what the row led to before (``id``, ``key``,
    ``url``, ``until``). ``announced`` is what our comments told of at thresholds, null before the
    first look.

    ``rule_name`` and ``rule_why`` tell which routing rule sent it here, and why, as it was then;
    ``rule_id`` is that rule as long as it stands, empty where the product's own policy decided.
    """

    __tablename__ = "ticket"
    __table_args__ = (
        sa.Index(
            "ticket_once",
            "theme_id",
            "tracker_id",
            unique=True,
            postgresql_where=sa.text("superseded_at is null"),
        ),
        sa.Index(
            "ticket_followers",
            "superseded_by",
            postgresql_where=sa.text("superseded_by is not null"),
        ),
        sa.Index("ticket_of_theme", "theme_id"),
        sa.UniqueConstraint("tracker_id", "marker", name="ticket_marker_once"),
        sa.Index(
            "ticket_due", "tracker_id", "due_at", postgresql_where=sa.text("due_at is not null")
        ),
        holds_only("state", TicketState, name="ticket_state"),
        holds_only("status", TicketStatus, name="ticket_status"),
        holds_only("status_from", HeardFrom, name="ticket_status_from"),
        sa.Index(
            "ticket_to_look_at",
            "tracker_id",
            "look_at",
            postgresql_where=sa.text("look_at is not null"),
        ),
        sa.Index("ticket_remote", "tracker_id", "remote_id"),
        sa.Index("ticket_of_rule", "rule_id", postgresql_where=sa.text("rule_id is not null")),
        holds_only("shown_visibility", Visibility, name="ticket_shown_visibility"),
        sa.CheckConstraint(
            "state <> 'pending' or create_unconfirmed_at is null",
            name="ticket_pending_is_confirmed",
        ),
    )

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    product_id: uuid.UUID = reference("product.id")
    theme_id: uuid.UUID = reference("theme.id", index=False)
    tracker_id: uuid.UUID = reference("tracker.id", index=False)
    marker: str = Field(sa_type=sa.Text)
    state: str = word(TicketState.pending)
    remote_id: str = word()
    remote_key: str = word()
    url: str = word()
    remote_status: str = word()
    content_hash: str = word()
    title: str = word()
    title_gone: bool = Field(
        default=False, nullable=False, sa_column_kwargs={"server_default": sa.false()}
    )
    due_at: Moment = moment()
    attempts: int = number(0)
    called_at: Moment = moment()
    create_unconfirmed_at: Moment = moment()
    create_note: str = word()
    reason: str = word()
    detail: str = word()
    created_at: Moment = utc_now()
    pushed_at: Moment = moment()
    shown_visibility: str = word(Visibility.public)
    superseded_at: Moment = moment()
    superseded_by: uuid.UUID | None = reference(
        "ticket.id", index=False, nullable=True, cascade=False
    )
    last_words: Json = document()
    duplicate_mark: Json = document()
    writing: str = word()
    status: str = word(TicketStatus.unknown)
    status_since: Moment = moment()
    status_by: str = word()
    status_from: str = word(HeardFrom.nobody)
    living_key: str = word()
    living_url: str = word()
    look_at: Moment = moment()
    looked_at: Moment = moment()
    hint: Json = document()
    drift: str = word()
    drift_detail: str = word()
    recurred_since: Moment = moment()
    told_at: Moment = moment()
    drafted_since: Moment = moment()
    linked_at: Moment = moment()
    comment_id: str = word()
    former: list[dict[str, object]] = documents()
    rule_id: uuid.UUID | None = reference(
        "routing_rule.id", index=False, nullable=True, cascade=False
    )
    rule_name: str = word()
    rule_why: str = word()
    announced: Json | None = Field(default=None, sa_type=JSONB, nullable=True)

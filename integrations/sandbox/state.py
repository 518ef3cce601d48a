"""What the sandbox tracker remembers: tickets, the requests that came in, and how it is told to
behave."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field

from integrations.sandbox.faults import Faults
from integrations.sandbox.forum_post import ForumPost
from integrations.sandbox.history import (
    HISTORY_MOST,
    PERSON,
    Change,
    ChangedField,
    Link,
)
from integrations.sandbox.settings import AppToken as AppToken
from integrations.sandbox.settings import Hook as Hook
from integrations.sandbox.settings import SandboxApp as SandboxApp
from integrations.sandbox.settings import Settings as Settings
from integrations.sandbox.tickets import Comment as Comment
from integrations.sandbox.tickets import Ticket as Ticket
from integrations.sandbox.vendors import JIRA_STATUSES as JIRA_STATUSES
from integrations.sandbox.vendors import Move
from integrations.sandbox.vendors import Vendor as Vendor

ISSUE_TYPES = {"10001": "Bug", "10002": "Task", "10003": "Story"}


class Saved(BaseModel):
    """The state file."""

    next_id: int = 1
    tickets: list[Ticket] = Field(default_factory=list)
    links: list[Link] = Field(default_factory=list)
    labels: list[str] = Field(default_factory=list)
    hooks: list[Hook] = Field(default_factory=list)
    posts: list[ForumPost] = Field(default_factory=list)
    closed_topics: list[int] = Field(default_factory=list)
    settings: Settings = Field(default_factory=Settings)


def _tell_nobody(ticket: Ticket, action: str, author: str) -> None:
    """Nothing is listening."""


class SandboxState:
    """All of it, in memory; ``changed`` counts changes so that a saver knows when the file is
    stale."""

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        settings: Settings | None = None,
    ):
        self.clock = clock
        self.saved = Saved(settings=settings or Settings())
        self.faults = Faults(clock)
        self.requests: deque[dict[str, Any]] = deque(maxlen=1000)
        self.app_tokens: dict[str, AppToken] = {}
        self.changed = 0
        self.base_url = ""
        """Our own address, as it was called last."""
        self.tell: Callable[[Ticket, str, str], None] = _tell_nobody
        """Called with a ticket, what happened to it, and who did that."""

    @property
    def settings(self) -> Settings:
        """How the sandbox behaves now."""
        return self.saved.settings

    def configure(self, settings: Settings) -> None:
        """Replace the settings."""
        self.saved.settings = settings
        for ticket in self._of("jira"):
            ticket.container = self.project(ticket.container)
        self.changed += 1

    def project(self, key: str) -> str:
        """The key that a Jira project has now; Jira answers to the former one as well."""
        return self.settings.former_keys.get(key, key)

    def reset(self) -> None:
        """Forget tickets, requests and faults, keep the settings and webhooks."""
        self.saved = Saved(settings=self.settings, hooks=self.saved.hooks)
        self.faults.clear()
        self.requests.clear()
        self.changed += 1

    def app_of(self, authorization: str) -> SandboxApp | None:
        """The App whose token a request carries, as long as it is good."""
        token = self.app_tokens.get(authorization.partition(" ")[2])
        return token.app if token and token.expires_at > self.clock() else None

    def has_container(self, container: str) -> bool:
        """Whether a repository or project exists here."""
        return not self.settings.containers or container in self.settings.containers

    def create(
        self, vendor: Vendor, container: str, *, title: str, status: str, **more: Any
    ) -> Ticket:
        """A new ticket, invisible to search until the lag has passed."""
        now = self.clock()
        numbers = (
            t.number for t in self.saved.tickets if t.vendor == vendor and t.container == container
        )
        ticket = Ticket(
            id=10_000 + self.new_id(),
            vendor=vendor,
            container=container,
            number=max(numbers, default=0) + 1,
            title=title,
            status=status,
            created_at=now,
            updated_at=now,
            visible_at=now + timedelta(seconds=self.settings.search_lag),
            **more,
        )
        self.saved.tickets.append(ticket)
        self.changed += 1
        return ticket

    def new_id(self) -> int:
        """The next number for a ticket or a comment."""
        number = self.saved.next_id
        self.saved.next_id += 1
        return number

    def touch(self, ticket: Ticket) -> None:
        """Note that a ticket changed now."""
        ticket.updated_at = self.clock()
        self.changed += 1

    def comment(self, ticket: Ticket, body: Any) -> Comment:
        """Add a comment to a ticket."""
        comment = Comment(id=self.new_id(), body=body, created_at=self.clock())
        ticket.comments.append(comment)
        self.touch(ticket)
        return comment

    def set_status(
        self, ticket: Ticket, status: str, reason: str | None = None, *, author: str = PERSON
    ) -> None:
        """Move a ticket to another status."""
        is_news = (ticket.status, ticket.reason) != (status, reason)
        self._remember(ticket, "status", ticket.status, status, author)
        ticket.status, ticket.reason = status, reason
        ticket.closed_at = self.clock() if ticket.done else None
        ticket.closed_by = author if ticket.done else ""
        self.touch(ticket)
        if is_news:
            self.tell(ticket, "closed" if ticket.done else "reopened", author)

    def move(self, ticket: Ticket, action: Move) -> None:
        """Change a ticket's status, and the label that says more of it, as a person in the tracker
        would."""
        moves = ticket.of.moves
        moved = moves.get(action, moves["reopen"])
        telling = {one.label for one in moves.values()}
        ticket.labels = [label for label in ticket.labels if label not in telling]
        ticket.labels += [moved.label] if moved.label else []
        self.touch(ticket)
        self.set_status(ticket, moved.status, moved.reason)

    def delete(self, ticket: Ticket, *, author: str = PERSON) -> None:
        """Delete a ticket; its row stays, so that its number is not given again."""
        ticket.deleted = True
        self.touch(ticket)
        self.tell(ticket, "deleted", author)

    def transfer(self, ticket: Ticket, container: str, *, author: str = PERSON) -> Ticket:
        """Move a ticket to another container: in GitHub and GitLab it becomes a new object, in Jira
        it keeps its id. GitLab closes the old one."""
        if ticket.of.keeps_id:
            numbers = (t.number for t in self._of(ticket.vendor) if t.container == container)
            ticket.number, ticket.container = max(numbers, default=0) + 1, container
            self.touch(ticket)
            self.tell(ticket, "moved", author)
            return ticket
        same = ticket.model_dump(include={"body", "kind", "labels", "reason"})
        new = self.create(
            ticket.vendor, container, title=ticket.title, status=ticket.status, **same
        )
        ticket.moved_to = new.id
        if ticket.vendor == "gitlab":
            self.set_status(ticket, ticket.of.moves["close"].status, author=author)
            return new
        ticket.deleted = True
        self.touch(ticket)
        self.tell(ticket, "transferred", author)
        return new

    def add_hook(self, vendor: Vendor, container: str, url: str, secret: str) -> Hook:
        """Register a webhook, or bring the one with this address up to date."""
        others = [one for one in self.saved.hooks if one.url != url]
        same_address = [one for one in self.saved.hooks if one.url == url]
        number = same_address[0].id if same_address else self.new_id()
        hook = Hook(id=number, vendor=vendor, container=container, url=url, secret=secret)
        self.saved.hooks = [*others, hook]
        self.changed += 1
        return hook

    def by_id(self, number: int | None) -> Ticket | None:
        """The ticket with this id, a deleted one too."""
        return next((t for t in self.saved.tickets if t.id == number), None)

    def edit(
        self, ticket: Ticket, field: Literal["body", "title"], value: Any, *, author: str = PERSON
    ) -> None:
        """Change a ticket's text or title."""
        self._remember(ticket, field, getattr(ticket, field), value, author)
        setattr(ticket, field, value)
        self.touch(ticket)

    def link(self, type_: str, inward: int, outward: int) -> None:
        """Connect two issues of Jira, unless they are."""
        ends = (type_, inward, outward)
        if ends not in [(one.type, one.inward, one.outward) for one in self.saved.links]:
            link = Link(id=self.new_id(), type=type_, inward=inward, outward=outward)
            self.saved.links.append(link)
            self.changed += 1

    def unlink(self, number: str) -> bool:
        """Take a connection away; whether there was one."""
        links = [one for one in self.saved.links if str(one.id) != number]
        gone = len(links) < len(self.saved.links)
        self.saved.links = links
        self.changed += 1
        return gone

    def _remember(
        self, ticket: Ticket, field: ChangedField, before: Any, after: Any, author: str
    ) -> None:
        """A change that changes nothing leaves no trace, as in both trackers."""
        if before == after:
            return
        change = Change(
            id=self.new_id(),
            at=self.clock(),
            author=author,
            field=field,
            before=before,
            after=after,
        )
        ticket.history = [*ticket.history, change][-HISTORY_MOST:]

    def live(self, vendor: Vendor | None = None) -> Iterable[Ticket]:
        """Tickets that were not deleted, oldest first."""
        return [t for t in self.saved.tickets if not t.deleted and vendor in (None, t.vendor)]

    def searchable(self, vendor: Vendor) -> list[Ticket]:
        """Tickets that the search index knows by now."""
        now = self.clock()
        return [t for t in self.live(vendor) if t.visible_at <= now]

    def github(self, container: str, number: int) -> Ticket | None:
        """An issue of a repository of GitHub."""
        return self.numbered("github", container, number)

    def numbered(self, vendor: Vendor, container: str, number: int) -> Ticket | None:
        """An issue of a repository or project, a deleted one too."""
        place = (container, number)
        return next((t for t in self._of(vendor) if (t.container, t.number) == place), None)

    def jira(self, id_or_key: str) -> Ticket | None:
        """An issue by its id or key."""
        project, hyphen, number = id_or_key.rpartition("-")
        name = self.project(project) + hyphen + number
        return next(
            (t for t in self._of("jira") if name in (str(t.id), t.key) and not t.deleted), None
        )

    def by_slug(self, slug: str) -> Ticket | None:
        """A ticket of either kind, deleted ones apart."""
        return next((t for t in self.live() if t.slug == slug), None)

    def _of(self, vendor: Vendor) -> Iterable[Ticket]:
        return (t for t in self.saved.tickets if t.vendor == vendor)

    def load(self, path: Path) -> None:
        """Read the state file where there is one. Raises ValueError where it is not one of ours."""
        if path.exists():
            self.saved = Saved.model_validate_json(path.read_bytes())

    def dump(self) -> bytes:
        """The contents of the state file."""
        return self.saved.model_dump_json().encode()

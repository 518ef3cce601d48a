"""A generated community that asks and answers, with what is true of it told apart from SQL."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.storage.db import Connection
from tests.scenes.reading import NOW, add_comment, add_product, add_source, one

KINDS = ("question", "question", "bug", "feature", "praise", "other")
LANGUAGES = ("en", "en", "en", "de", "und")
ADD_PERSON = "insert into person (product_id, name) values (%s, %s) returning id"
ADD_HANDLE = """
    insert into author (product_id, realm, external_id, handle, is_staff, is_bot, person_id)
    values (%s, 'x', %s, %s, %s, %s, %s) returning id
"""
ADD_POSTED = """
    insert into reply (id, product_id, source_id, thread, comment_id, meaning, text, state,
                       automatic, author, posted_at, permalink)
    values (gen_random_uuid(), %s, %s, %s, %s, 'free', 'There.', 'posted', %s, 'user:mo', %s, 'x:')
    returning id
"""


@dataclass(frozen=True)
class Handle:
    """An account: ``person`` is the human behind it, whatever it is called."""

    id: int
    person: int
    name: str
    staff: bool
    bot: bool


@dataclass
class Spoken:
    """A comment as it was generated. ``theme`` is a number of ours, 0 for none."""

    id: int
    source: uuid.UUID
    thread: str
    by: Handle | None
    at: datetime
    kind: str
    deleted: bool
    language: str
    sentiment: float

    @property
    def voice(self) -> object:
        """Who counts as one: the human, or the comment itself where nobody is named."""
        return self.by.person if self.by else f"comment {self.id}"


@dataclass
class Conversations:
    """The community: ``posted`` are answers of ours with the comment they answer, and whether a
    program sent them."""

    product: uuid.UUID
    sources: list[uuid.UUID]
    handles: list[Handle]
    spoken: list[Spoken] = field(default_factory=list)
    posted: list[tuple[Spoken, datetime, bool]] = field(default_factory=list)

    def questions(self, since: datetime, until: datetime = NOW) -> list[Spoken]:
        """What the community asked, oldest first."""
        asked = [
            one
            for one in self.spoken
            if one.kind == "question"
            and not one.deleted
            and since <= one.at < until
            and not (one.by and (one.by.staff or one.by.bot))
        ]
        return sorted(asked, key=lambda one: (one.at, one.id))

    def answered_at(self, question: Spoken) -> datetime | None:
        """When somebody else first wrote in the thread, or somebody of the team from here."""
        times = [
            one.at
            for one in self.spoken
            if question.thread
            and (one.source, one.thread) == (question.source, question.thread)
            and (one.at, one.id) > (question.at, question.id)
            and not one.deleted
            and not (one.by and one.by.bot)
            and one.voice != question.voice
        ]
        times += [
            at
            for target, at, automatic in self.posted
            if not automatic
            and at > question.at
            and (target.source, target.thread or target.id)
            == (question.source, question.thread or question.id)
        ]
        return min(times, default=None)

    def is_newcomer(self, question: Spoken) -> bool:
        """Whether whoever asked said nothing before, elsewhere."""
        return question.by is not None and not any(
            one.by is not None
            and one.voice == question.voice
            and one.at < question.at
            and (not one.thread or (one.source, one.thread) != (question.source, question.thread))
            for one in self.spoken
        )

    def heard(self, since: datetime, until: datetime) -> set[object]:
        """The people of the community who said something in [since, until)."""
        return {one.voice for one in self.said(since, until) if not _of_team(one)}

    def said(self, since: datetime, until: datetime) -> Iterable[Spoken]:
        """What was said in [since, until) and stands."""
        return [one for one in self.spoken if not one.deleted and since <= one.at < until]


def _of_team(one: Spoken) -> bool:
    return one.by is not None and (one.by.staff or one.by.bot)


async def add_conversations(
    c: Connection,
    seed: int,
    comments: int = 400,
    days: int = 120,
    slug: str = "atlas",
    now: datetime = NOW,
) -> Conversations:
    """Fill a product of its own with what was said in ``days`` days until ``now``."""
    rng = random.Random(seed)
    product = await add_product(c, slug)
    sources = [await add_source(c, product, name) for name in ("Forum", "Chat")]
    handles = await _add_handles(c, product, rng)
    community = Conversations(product, sources, handles)
    for number in range(comments):
        source = rng.choice(sources)
        thread = rng.choice(["", *(f"t{place}" for place in range(comments // 4))])
        by = rng.choice([*handles, None])
        at = now - timedelta(seconds=rng.randrange(60, days * 86_400))
        deleted = rng.random() < 0.08
        kind = "other" if by and by.bot else rng.choice(KINDS)
        language, sentiment = rng.choice(LANGUAGES), rng.choice((-0.8, -0.1, 0.0, 0.1, 0.7))
        comment_id = await add_comment(
            c,
            product,
            source,
            f"Comment {number}",
            thread_id=thread,
            author_id=by.id if by else None,
            created_at=at,
            kind=kind,
            language=language,
            sentiment=sentiment,
            deleted_at=NOW if deleted else None,
        )
        spoken = Spoken(comment_id, source, thread, by, at, kind, deleted, language, sentiment)
        community.spoken.append(spoken)
    await _add_posted(c, community, rng)
    return community


async def _add_handles(c: Connection, product: uuid.UUID, rng: random.Random) -> list[Handle]:
    handles: list[Handle] = []
    for person in range(1, 41):
        linked = person % 5 == 0
        row = await one(c, ADD_PERSON, product, f"Person {person}") if linked else None
        for place in range(2 if linked else 1):
            name, staff, bot = f"h{person}-{place}", person % 11 == 0, person % 13 == 0
            person_id = row["id"] if row else None
            made = await one(c, ADD_HANDLE, product, name, name, staff, bot, person_id)
            handles.append(Handle(int(str(made["id"])), person, name, staff, bot))
    rng.shuffle(handles)
    return handles


async def _add_posted(c: Connection, community: Conversations, rng: random.Random) -> None:
    for target in rng.sample(community.spoken, 25):
        at = target.at + timedelta(hours=rng.randrange(1, 300))
        automatic = rng.random() < 0.3
        thread = target.thread or f"comment:{target.id}"
        await one(c, ADD_POSTED, community.product, target.source, thread, target.id, automatic, at)
        community.posted.append((target, at, automatic))

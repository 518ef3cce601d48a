"""People who write into a ticket at the very moment in which we do lose nothing.

A person stands between our requests and the sandbox, and edits right before some of them arrive:
the read, the write, the look at the history. Sometimes the answer after our write is lost as well,
as if we had died. ``RELAY_EDIT_ROUNDS`` sets how many updates are tried.
"""

from __future__ import annotations

import copy
import os
import random
from collections import deque
from collections.abc import Callable
from typing import Any

import pytest

from integrations.sandbox.faults import Fault
from integrations.sandbox.jira.shape import plain
from integrations.tracker_contract import Draft, TrackerError
from integrations.tracker_writes import Overwritten

Drafts = Callable[..., Draft]
EDIT_ROUNDS = int(os.environ.get("RELAY_EDIT_ROUNDS", "100"))
EDITS_PER_ROUND_MOST = 3


class Journal:
    """Keeps notes as the ledger does."""

    def __init__(self) -> None:
        self.note = ""
        self.told: list[Overwritten] = []

    async def begin(self, note: str) -> None:
        self.note = note

    async def tell(self, edit: Overwritten) -> None:
        self.told.append(edit)


class Person(deque[dict[str, Any]]):
    """Hears of each request before it is worked on, and writes into the ticket now and then."""

    def __init__(self, bench: Any, chance: random.Random) -> None:
        super().__init__(maxlen=1000)
        self.bench, self.chance = bench, chance
        self.sentences: list[str] = []
        self.left = 0
        self.edits_before: tuple[str, ...] = ("GET", "PUT", "PATCH", "POST")

    def append(self, request: dict[str, Any], /) -> None:
        super().append(request)
        if self.left and request["method"] in self.edits_before and self.chance.random() < 0.5:
            self.left -= 1
            self.write(f"Sentence {len(self.sentences)} by a person")

    def write(self, sentence: str) -> None:
        ticket = self.bench.tickets[0]
        self.sentences.append(sentence)
        body, above = copy.deepcopy(ticket.body), self.chance.random() < 0.5
        if isinstance(body, dict):
            node = {"type": "paragraph", "content": [{"type": "text", "text": sentence}]}
            body["content"] = [node, *body["content"]] if above else [*body["content"], node]
        elif above:
            body = f"{sentence}\n\n{body}"
        else:
            body = f"{body}\n\n{sentence}"
        self.bench.state.edit(ticket, "body", body)


def text_of(body: Any) -> str:
    return plain(body) if isinstance(body, dict) else str(body)


async def test_no_edit_is_lost_whenever_it_comes(bench: Any, draft: Drafts) -> None:
    chance = random.Random(f"{bench.name} 20261130")
    ref = await bench.tracker.create(draft())
    person, journal = Person(bench, chance), Journal()
    bench.state.requests = person
    overwritten = 0
    for number in range(EDIT_ROUNDS):
        current = draft(people=20 + number, mentions=2000 + number)
        person.left = chance.randint(0, EDITS_PER_ROUND_MOST)
        if chance.random() < 0.2:
            fault = Fault(mode="status", status=500, path=bench.traits.history, method="*")
            bench.state.faults.add(fault)
        for _ in range(20):
            try:
                await bench.tracker.update(ref, current, journal)
            except TrackerError as error:
                assert not error.permanent, error.detail
                bench.state.faults.clear()
            else:
                break
        journal.note = ""
        person.left = 0
        text = text_of(bench.tickets[0].body)
        missing = [sentence for sentence in person.sentences if sentence not in text]
        assert missing == [], f"in round {number}"
        assert text.count("keeps only this block current") == 1
        assert f"{20 + number} people" in text
        if len(person.sentences) > 15:  # tickets do not grow for ever
            tidy(bench, person)
        overwritten += len(journal.told)
        journal.told.clear()
    assert overwritten > EDIT_ROUNDS / 20, "some edits did come between"


def tidy(bench: Any, person: Person) -> None:
    """A person takes all sentences away again."""
    ticket = bench.tickets[0]
    body = copy.deepcopy(ticket.body)
    if isinstance(body, dict):
        body["content"] = [
            node for node in body["content"] if plain(node).strip() not in person.sentences
        ]
    else:
        body = "\n".join(line for line in body.split("\n") if line not in person.sentences)
    person.sentences.clear()
    bench.state.edit(ticket, "body", body)


async def test_it_is_said_whose_words_were_overwritten(bench: Any, draft: Drafts) -> None:
    ref = await bench.tracker.create(draft())
    person, journal = Person(bench, random.Random(3)), Journal()
    person.edits_before = ("PATCH", "PUT")
    bench.state.requests = person
    while not journal.told:
        person.left = 1
        people = 20 + len(person)
        await bench.tracker.update(ref, draft(people=people), journal)
    (told,) = journal.told
    editor = bench.traits.editor
    assert told.editor == editor
    assert f"What {editor} wrote into the ticket" in told.sentence
    assert person.sentences[-1] in text_of(bench.tickets[0].body)


async def test_a_person_who_takes_words_away_is_obeyed(bench: Any, draft: Drafts) -> None:
    ref = await bench.tracker.create(draft())
    person = Person(bench, random.Random(5))
    person.write("Remove me")
    person.write("Keep me")
    ticket = bench.tickets[0]
    marked: list[bool] = []

    class Remover(deque[dict[str, Any]]):
        def append(self, request: dict[str, Any], /) -> None:
            super().append(request)
            if request["method"] in ("PATCH", "PUT") and not marked:
                marked.append(True)
                person.sentences = ["Remove me"]
                tidy(bench, person)

    bench.state.requests = Remover()
    await bench.tracker.update(ref, draft(people=99), Journal())
    text = text_of(ticket.body)
    assert "Remove me" not in text
    assert "Keep me" in text
    assert "99 people" in text


@pytest.mark.parametrize("bench", ["github", "gitlab"], indirect=True)
async def test_a_server_without_history_is_written_all_the_same(bench: Any, draft: Drafts) -> None:
    ref = await bench.tracker.create(draft())
    bench.state.faults.add(Fault(mode="status", status=404, path="*/graphql", count=None))
    await bench.tracker.update(ref, draft(people=99), Journal())
    assert "99 people" in bench.tickets[0].body


@pytest.mark.parametrize("bench", ["jira-cloud"], indirect=True)
async def test_what_a_person_did_not_touch_keeps_its_form(bench: Any, draft: Drafts) -> None:
    ref = await bench.tracker.create(draft())
    ticket = bench.tickets[0]
    link = {"type": "link", "attrs": {"href": "https://example.org/"}}
    rich = {
        "type": "paragraph",
        "content": [
            {"type": "text", "text": "Read "},
            {"type": "text", "text": "this page", "marks": [link]},
        ],
    }
    body = {**ticket.body, "content": [rich, *ticket.body["content"]]}
    bench.state.edit(ticket, "body", body)
    person, journal = Person(bench, random.Random(3)), Journal()
    person.edits_before = ("PUT",)
    bench.state.requests = person
    while not journal.told:
        person.left = 1
        await bench.tracker.update(ref, draft(people=20 + len(person)), journal)
    assert rich in ticket.body["content"]
    assert person.sentences[-1] in plain(ticket.body)

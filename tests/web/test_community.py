"""Questions and promises on their pages."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from app.config import Settings
from app.storage.db import Database
from app.storage.vault import Vault
from integrations.sandbox.server import SandboxServer
from tests.scenes.answering import Answering, open_answering
from tests.scenes.conversations import add_conversations
from tests.web.webbing import Person, sign_in

ASK = "How do I invite a colleague to my harbour?"
ASK_AGAIN = "How can I invite colleagues to my harbour?"


@pytest.fixture
async def scene(database: Database, settings: Settings, vault: Vault) -> AsyncIterator[Answering]:
    with SandboxServer() as sandbox:
        scene = await open_answering(database, settings, vault, sandbox)
        # The page looks back from now.
        times = [(datetime.now(UTC) - timedelta(hours=hours)).isoformat() for hours in (9, 8, 7)]
        await scene.say(ASK_AGAIN, "kim", 21, created_at=times[0])
        await scene.say("In the menu, below People.", "lea", 21, created_at=times[1])
        await scene.say(ASK, "zoe", 22, created_at=times[2])
        yield scene


async def ask(scene: Answering, text: str) -> int:
    """The comment's number, taken as a question."""
    (row,) = await scene.forum.rows("select id from comment where text = %s", text)
    await scene.forum.change("update comment set kind = 'question' where id = %s", row["id"])
    return int(row["id"])


async def toast(person: Person, address: str) -> str:
    """What the last action said."""
    shown = re.search(r"data-says>([^<]*)<", (await person.get(address)).text)
    assert shown is not None
    return shown[1]


async def test_a_question_is_answered_from_its_page_and_leaves_the_list(
    scene: Answering, client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database, "mem@example.org")
    number = await ask(scene, ASK)
    listed = (await person.get("/questions")).text
    assert ASK in listed
    assert ">Newcomer<" in listed
    page = (await person.get(f"/questions/{number}")).text
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key is not None
    for _ in range(2):
        await person.send(f"/comments/{number}/reply", text="Like so.", key=key[1])
    assert "An answer of ours: on its way" in (await person.get("/questions")).text
    assert await scene.send() == 1
    assert ASK not in (await person.get("/questions")).text
    assert ASK in (await person.get("/questions?state=answered")).text


async def test_an_answer_that_exists_is_linked_and_drafted(
    scene: Answering, client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database, "mem@example.org")
    number, like = await ask(scene, ASK), await ask(scene, ASK_AGAIN)
    page = (await person.get(f"/questions/{number}")).text
    assert ASK_AGAIN in page
    for _ in range(2):
        await person.send(f"/questions/{number}/link", like=like)
    drafts = await scene.replies()
    assert [draft.state for draft in drafts] == ["draft"]
    assert re.search(r"answered before: \S+/21/\d+$", drafts[0].text)
    assert ASK not in (await person.get("/questions")).text
    await person.send(f"/questions/{number}/unlink")
    assert ASK in (await person.get("/questions")).text


async def test_a_question_is_looked_after(
    scene: Answering, client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database, "mem@example.org")
    number = await ask(scene, ASK)
    (user,) = await scene.forum.rows("select id from user_account")
    await person.send(f"/questions/{number}/assign", user=user["id"])
    page = (await person.get(f"/questions?assignee={user['id']}")).text
    assert "looked after by" in page
    await person.send(f"/questions/{number}/assign", user="")
    assert ASK not in (await person.get(f"/questions?assignee={user['id']}")).text


async def test_what_is_no_question_is_refused_and_leaves(
    scene: Answering, client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database, "mem@example.org")
    number = await ask(scene, ASK)
    await person.send(f"/questions/{number}/link", like=number, next="/questions")
    assert await toast(person, "/questions") == "A question does not answer itself."
    await person.send(f"/comments/{number}/kind", kind="other")
    assert ASK not in (await person.get("/questions")).text
    await person.send(f"/questions/{number}/assign", user="", next="/questions")
    assert await toast(person, "/questions") == "This comment asks nothing."


async def test_a_promise_is_made_kept_and_stands_again(
    scene: Answering, client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database, "mem@example.org")
    number = await ask(scene, ASK)
    await person.send("/promises", words="A guide", due_on="2026-11-02", comment=number)
    page = (await person.get("/promises?state=overdue")).text
    assert "A guide" in page
    assert "<bdi>zoe</bdi>" in page
    (promise,) = await scene.forum.rows("select id, promised_by from promise")
    assert promise["promised_by"] == "user:mem@example.org"
    address = f"/promises/{promise['id']}"
    await person.send(address, state="kept", evidence="javascript:alert(1)", next="/promises")
    assert "begins with https://" in await toast(person, "/promises")
    await person.send(address, state="kept", evidence="https://docs.example.org/guide")
    assert "https://docs.example.org/guide" in (await person.get("/promises?state=kept")).text
    await person.send(address, state="kept", next="/promises")
    assert "the promise is kept already" in await toast(person, "/promises")
    await person.send(address, state="open")
    assert "A guide" in (await person.get("/promises")).text


async def test_a_promise_is_made_from_an_answer(
    scene: Answering, client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database, "mem@example.org")
    number = await ask(scene, ASK)
    await person.send(f"/comments/{number}/reply", text="We will write a guide.")
    assert await scene.send() == 1
    page = (await person.get("/replies?state=posted")).text
    reply = re.search(r'name="reply" value="([^"]+)"', page)
    assert reply is not None
    await person.send("/promises", words="A guide", reply=reply[1])
    (promise,) = await scene.forum.rows("select comment_id, due_on from promise")
    assert promise == {"comment_id": number, "due_on": None}


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"words": " "}, "Say what was promised."),
        ({"words": "x", "made_to": ""}, "Say to whom"),
        ({"words": "x", "due_on": "tomorrow"}, "A day is written like"),
        ({"words": "x" * 2_001, "made_to": "Kim"}, "2,000 characters at most"),
        ({"words": "x", "made_to": "Kim"}, "no product with this id"),
        ({"words": "x", "comment": "99999999"}, "There is no comment"),
    ],
)
async def test_a_promise_that_says_too_little_is_refused(
    client: httpx.AsyncClient, database: Database, fields: dict[str, str], sentence: str
) -> None:
    person = await sign_in(client, database)
    answer = await person.send("/promises", **fields, next="/promises")
    page = (await person.get("/promises")).text if answer.status_code == 303 else answer.text
    assert sentence in page


async def test_the_page_says_what_the_numbers_say(
    client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database)
    now = datetime.now(UTC)
    async with database.transaction() as c:
        community = await add_conversations(c, 4, days=20, now=now)
    asked = community.questions(now - timedelta(days=30), now)
    waiting = [one for one in asked if community.answered_at(one) is None]
    page = (await person.get("/questions")).text
    assert f'<dd class="big">{len(asked)}</dd>' in page
    assert f"{len(waiting)} questions, longest wait first" in page

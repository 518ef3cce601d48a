"""People on their pages, over the API and on the command line: the same person everywhere."""

from __future__ import annotations

import httpx
import pytest

from app.storage.db import Database
from tests.api.calling import V1, bearer
from tests.scenes.people import add_account
from tests.scenes.reading import (
    add_comment,
    add_product,
    add_source,
    add_theme,
    add_ticket,
    add_tracker,
    ago,
)
from tests.web.webbing import sign_in

TOLD = """
    insert into reply (id, product_id, theme_id, source_id, thread, comment_id, meaning, text,
                       state, posted_at, permalink)
    values (gen_random_uuid(), %s, %s, %s, 't1', %s, 'shipped', 'It is there.', 'posted', %s,
            'https://forum.example.org/t/1/9')
"""
PROPOSE = """
    insert into account_link (product_id, low_id, high_id, signs) values (%s, %s, %s, %s)
"""
SIGNS = '[{"sign": "same_handle", "value": "kim"}, {"sign": "same_name"}]'


@pytest.fixture
async def kim(database: Database) -> tuple[int, int]:
    """Two accounts that may be one; one of them asked for something that was shipped and told."""
    async with database.transaction() as c:
        product = await add_product(c)
        source = await add_source(c, product)
        one = await add_account(c, product, "kim", name="Kim Ode")
        other = await add_account(c, product, "kim", "github", name="Kim Ode")
        theme = await add_theme(c, product, "Dark <b>mode</b>", status="accepted")
        for account, thread in ((one, "t1"), (other, "t2")):
            comment = await add_comment(
                c,
                product,
                source,
                "Please <script>add</script> a dark mode.",
                author_id=account,
                theme_id=theme,
                thread_id=thread,
                created_at=ago(days=20),
            )
            if account == one:
                await c.execute(TOLD, [product, theme, source, comment, ago(days=1)])
        ticket = await add_ticket(
            c, product, theme, await add_tracker(c, product), remote_key="APP-7"
        )
        await c.execute(
            "update ticket set status = 'done', status_since = %s where id = %s",
            [ago(days=2), ticket],
        )
        await c.execute(PROPOSE, [product, one, other, SIGNS])
    return one, other


async def test_a_proposal_is_confirmed_and_taken_back_on_the_page(
    client: httpx.AsyncClient, database: Database, kim: tuple[int, int]
) -> None:
    person = await sign_in(client, database)
    page = (await person.get("/people")).text
    assert "the same handle, the same name" in page
    assert "<bdi>Discourse: kim</bdi>" in page
    assert page.count("Kim Ode</bdi></a>") == 2
    await person.send("/account-links/1", state="linked")
    page = (await person.get("/people")).text
    assert page.count("Kim Ode</bdi></a>") == 1
    assert "GitHub: kim" in page
    page = (await person.get(f"/people/{kim[1]}")).text
    assert "heard" in page
    assert "https://forum.example.org/t/1/9" in page
    assert "<script>" not in page
    assert "by <bdi>ada@example.org</bdi>" in page
    refused = await person.send("/account-links/1", state="undone", next="/people")
    assert "Say in a word why" in (await person.get(refused.headers["location"])).text
    await person.send("/account-links/1", state="undone", why="Two people after all.")
    assert (await person.get("/people")).text.count("Kim Ode</bdi></a>") == 2
    page = (await person.get(f"/people/{kim[0]}?find=kim")).text
    assert f'value="{kim[1]}"' in page
    await person.send(f"/people/{kim[0]}/link", other=kim[1], why="They are one.")
    page = (await person.get(f"/comments?person={kim[0]}")).text
    assert page.count('id="comment-') == 2


async def test_notes_and_wishes(
    client: httpx.AsyncClient, database: Database, kim: tuple[int, int]
) -> None:
    person = await sign_in(client, database)
    address = f"/people/{kim[0]}"
    await person.send(f"{address}/notes", text="Runs the <i>user group</i>.")
    page = (await person.get(address)).text
    assert "Runs the &lt;i&gt;user group" in page
    await person.send("/person-notes/1/remove")
    assert "user group" not in (await person.get(address)).text
    long = await person.send(f"{address}/notes", text="x" * 20_000, next=address)
    assert "4,000 characters at most" in (await person.get(long.headers["location"])).text
    huge = await person.send(f"{address}/notes", text="x" * 10_000_000, next=address)
    assert huge.status_code == 413
    assert "Too much at once" in huge.text
    await person.send(f"{address}/answers-wanted", wanted="off")
    assert "Wants no answers" in (await person.get(address)).text
    await person.send(f"{address}/answers-wanted", wanted="on")
    assert "Wants no answers" not in (await person.get(address)).text


async def test_the_api_tells_the_same(
    client: httpx.AsyncClient, database: Database, kim: tuple[int, int]
) -> None:
    headers = await bearer(database)
    links = (await client.get(f"{V1}/account-links", headers=headers)).json()["items"]
    assert [sign["sign"] for sign in links[0]["signs"]] == ["same_handle", "same_name"]
    decision = f"{V1}/account-links/{links[0]['id']}/decision"
    answer = await client.post(decision, json={"state": "linked"}, headers=headers)
    assert answer.json()["state"] == "linked"
    again = await client.post(decision, json={"state": "linked"}, headers=headers)
    assert (again.status_code, again.json()["reason"]) == (409, "already_linked")
    (row,) = (await client.get(f"{V1}/people?q=@KIM", headers=headers)).json()["items"]
    assert (row["id"], row["comments"], row["accounts"]) == (
        kim[0],
        2,
        ["discourse: kim", "github: kim"],
    )
    person = (await client.get(f"{V1}/people/{kim[1]}", headers=headers)).json()
    (matter,) = person["matters"]
    assert (matter["ticket_key"], matter["comments"]) == ("APP-7", 2)
    assert matter["told_link"] == "https://forum.example.org/t/1/9"
    assert matter["shipped_at"] < matter["told_at"]
    comments = await client.get(f"{V1}/comments?person_id={kim[1]}", headers=headers)
    assert len(comments.json()["items"]) == 2
    gone = await client.get(f"{V1}/people/999999", headers=headers)
    assert (gone.status_code, gone.json()["reason"]) == (404, "person_not_found")


async def test_somebody_is_exported_and_forgotten_from_their_page(
    client: httpx.AsyncClient, database: Database, kim: tuple[int, int]
) -> None:
    person = await sign_in(client, database)
    kept = await person.get(f"/people/{kim[0]}/export")
    assert kept.json()["comments"][0]["text"].startswith("Please <script>")
    assert "attachment" in kept.headers["content-disposition"]
    page = (await person.get(f"/people/{kim[0]}/forget")).text
    assert "It cannot be undone" in page
    async with database.transaction() as c:
        await c.execute("update comment set delivery_id = 1")
    answer = await person.send(f"/people/{kim[0]}/forget")
    page = (await person.get(answer.headers["location"])).text
    assert "1 account and 1 comment are forgotten. What they wrote stays" in page
    assert (await person.get(f"/people/{kim[0]}")).status_code == 404
    headers = await bearer(database)
    forgotten = await client.delete(f"{V1}/people/{kim[1]}", headers=headers)
    assert (forgotten.json()["accounts"], forgotten.json()["comments"]) == (1, 1)
    kept = await client.get(f"{V1}/people/{kim[1]}/export", headers=headers)
    assert kept.status_code == 404


async def test_weights_are_taken_in_from_a_file(
    client: httpx.AsyncClient, database: Database, kim: tuple[int, int]
) -> None:
    person = await sign_in(client, database)
    data = {"csrf": person.csrf, "next": "/people"}

    async def send(content: bytes) -> httpx.Response:
        files = {"file": ("weights.csv", content, "text/csv")}
        answer = await client.post(
            "/people/weights", data=data, files=files, headers={"accept": "text/html"}
        )
        if answer.status_code == 303:
            answer = await person.get(answer.headers["location"])
        return answer

    answer = await send(b"handle,platform,plan,weight\nkim,github,<i>pro</i>,3\nnobody,,,1\n")
    assert "1 account got a weight" in answer.text
    assert "Nobody has the handle" in answer.text
    assert "Line 3" in answer.text
    page = (await person.get("/people?sort=weight")).text
    assert "weight 3" in page
    assert "<i>pro" not in page
    assert "1 account got a weight." in (await send(b"handle,platform\nkim,discourse\n")).text
    assert "not UTF-8" in (await send(b"\xff\xfe")).text
    assert "names the columns" in (await send(b"name\nkim")).text
    page = (await person.get("/triage?status=accepted&sort=weight&rare=1&view=themes")).text
    assert "weight 4" in page
    headers = await bearer(database)
    products = (await client.get(f"{V1}/products", headers=headers)).json()
    body = {
        "product_id": products[0]["id"],
        "lines": [{"handle": "kim", "platform": "github", "weight": 7}, {"handle": "kim"}],
    }
    answer = await client.put(f"{V1}/people/weights", json=body, headers=headers)
    assert answer.json()["accounts"] == 1
    assert [line["reason"] for line in answer.json()["refused"]] == ["handle_ambiguous"]
    themes = await client.get(f"{V1}/themes?sort=weight&rare=true", headers=headers)
    assert [row["weight"] for row in themes.json()["items"]] == [8.0]

"""A theme's title stays while people would call it right; phrases and quotes follow what is
said."""

from __future__ import annotations

import httpx

from app.themes.quotes import read_face, theme_quotes
from app.themes.taking_back import TAKEN_BACK_TITLE
from app.triage import decisions
from tests.api.calling import bearer
from tests.scenes.faces import title_changes, work_and_refresh_faces
from tests.scenes.forum import ME, Forum
from tests.scenes.themes import only_theme


async def test_a_theme_is_looked_at_once_per_change(forum: Forum) -> None:
    await forum.say("export to pdf crashes", "ann")
    assert await work_and_refresh_faces(forum) == 1
    assert await work_and_refresh_faces(forum) == 0
    await forum.say("export to pdf crashes", "bob")
    assert await work_and_refresh_faces(forum) == 1
    theme = await only_theme(forum)
    assert theme["title"] == "Export to pdf crashes"
    assert theme["title_by"] == "model"
    assert await title_changes(forum) == [], "its first name is no change"


async def test_the_title_stays_while_its_comment_does(forum: Forum) -> None:
    await forum.say("export to pdf crashes today", "ann")
    await work_and_refresh_faces(forum)
    await forum.say("big export to pdf crashes", "bob")
    await work_and_refresh_faces(forum)
    assert (await only_theme(forum))["title"] == "Export to pdf crashes today"


async def test_the_title_goes_with_its_deleted_comment(forum: Forum) -> None:
    first = await forum.say("export to pdf crashes here", "ann")
    await work_and_refresh_faces(forum)
    await forum.say("export to pdf crashes there", "bob")
    await work_and_refresh_faces(forum)
    await forum.deliver_comments(first, event="comment.deleted")
    await work_and_refresh_faces(forum)
    assert (await only_theme(forum))["title"] == "Export to pdf crashes there"
    assert await title_changes(forum) == [
        {
            "from": TAKEN_BACK_TITLE,
            "to": "Export to pdf crashes there",
            "why": "comment_gone",
        }
    ]


async def test_an_edit_that_says_the_same_keeps_the_title(forum: Forum) -> None:
    first = await forum.say("export to pdf crashes here", "ann")
    await forum.say("export to pdf crashes there", "bob")
    await work_and_refresh_faces(forum)
    before = (await only_theme(forum))["title"]
    later = {**first, "text": f"{before}. Edit: still", "edited_at": "2026-11-05T00:00:00Z"}
    await forum.deliver_comments(later, event="comment.edited")
    await work_and_refresh_faces(forum)
    assert (await only_theme(forum))["title"] == before
    otherwise = {
        **first,
        "text": "export to pdf crashes on blue paper",
        "edited_at": "2026-11-06T00:00:00Z",
    }
    await forum.deliver_comments(otherwise, event="comment.edited")
    await work_and_refresh_faces(forum)
    reasons = {change["why"] for change in await title_changes(forum)}
    assert reasons <= {"comment_edited", "comment_gone"}


async def test_a_person_s_title_is_never_touched(forum: Forum) -> None:
    first = await forum.say("export to pdf crashes here", "ann")
    await forum.say("export to pdf crashes there", "bob")
    await work_and_refresh_faces(forum)
    async with forum.database.transaction() as connection:
        await decisions.rename(
            connection, (await only_theme(forum))["id"], "Our own words", actor=ME
        )
    await forum.deliver_comments(first, event="comment.deleted")
    await work_and_refresh_faces(forum)
    theme = await only_theme(forum)
    assert (theme["title"], theme["title_by"]) == ("Our own words", "person")


async def _grow(forum: Forum) -> None:
    """One strange comment first, then many that agree on other words."""
    await forum.say("export pdf printer crashes when purple", "ann")
    await work_and_refresh_faces(forum)
    for number in range(5):
        await forum.say(
            f"export pdf printer crashes when margins exceed paper {number % 2}",
            f"person{number}",
        )
        await forum.work()


async def test_a_theme_that_outgrew_its_title_gets_a_better_one(forum: Forum) -> None:
    await _grow(forum)
    (theme,) = await forum.themes()
    assert theme["mentions"] == 6
    assert "purple" in theme["title"]
    await work_and_refresh_faces(forum)
    theme = await only_theme(forum)
    assert "margins" in theme["title"]
    assert "purple" not in theme["title"]
    assert [each["why"] for each in await title_changes(forum)] == ["grown"]


async def test_what_is_known_by_its_ticket_keeps_its_title(forum: Forum) -> None:
    await _grow(forum)
    await forum.rows(
        "with r as (insert into tracker (id, product_id, type, name, credentials)"
        " values (gen_random_uuid(), %s, 'github', 'code', '') returning id)"
        " insert into ticket (id, product_id, theme_id, tracker_id, marker, state)"
        " select gen_random_uuid(), %s, t.id, r.id, 'relay-x', 'created' from theme t, r returning "
        "id",
        forum.product_id,
        forum.product_id,
    )
    await work_and_refresh_faces(forum)
    assert "purple" in (await only_theme(forum))["title"]
    (ticket,) = await forum.rows("select due_at from ticket")
    assert ticket["due_at"] is not None, "its block shows the new phrases"


async def test_phrases_and_quotes_are_those_of_the_theme(forum: Forum) -> None:
    for author, text in (
        ("ann", "export pdf printer crashes when margins exceed the paper size"),
        ("ann", "export pdf printer crashes, margins exceed the paper, again me"),
        ("bob", "export pdf printer crashes when margins exceed the paper size"),
        ("cid", "margins exceed paper so export pdf printer crashes, every time"),
    ):
        await forum.say(text, author)
    await work_and_refresh_faces(forum)
    theme = await only_theme(forum)
    async with forum.database.transaction() as connection:
        face = await read_face(connection, theme["id"])
        quotes = await theme_quotes(connection, theme["id"])
    assert face is not None
    assert any("margins exceed" in phrase or "pdf" in phrase for phrase in face.phrases)
    people, texts = {quote.author for quote in quotes}, {quote.text for quote in quotes}
    assert len(quotes) == len(people) == len(texts) >= 2, "copies and persons once"


async def test_a_theme_without_comments_keeps_none_of_their_words(forum: Forum) -> None:
    first = await forum.say("export to pdf crashes here", "ann")
    await work_and_refresh_faces(forum)
    await forum.deliver_comments(first, event="comment.deleted")
    await work_and_refresh_faces(forum)
    async with forum.database.transaction() as connection:
        assert await theme_quotes(connection, (await only_theme(forum))["id"]) == []
    assert (await only_theme(forum))["title"] == TAKEN_BACK_TITLE


async def test_the_api_tells_phrases_quotes_and_who_wrote_what(
    forum: Forum, client: httpx.AsyncClient
) -> None:
    for author in ("ann", "bob", "cid"):
        await forum.say(f"export to pdf crashes when margins exceed paper, says {author}", author)
    await work_and_refresh_faces(forum)
    theme = await only_theme(forum)
    answer = await client.get(
        f"/api/v1/themes/{theme['id']}", headers=await bearer(forum.database, "read")
    )
    found = answer.json()
    assert "margins exceed paper" in found["phrases"] or any(
        "pdf" in each for each in found["phrases"]
    )
    assert (found["summary"], found["summary_by"], found["theme"]["title_by"]) == ("", "", "model")
    assert found["quotes"][0]["author"] in ("ann", "bob", "cid")
    assert found["quotes"][0]["comment_id"] > 0

"""What leaves for a tracker holds no personal data that shows by its shape: not in quotes, names,
phrases or summaries."""

from __future__ import annotations

from app.tickets.drafts import load_draft
from tests.scenes.forum import Forum


async def test_an_author_whose_name_is_an_address_is_not_named(forum: Forum) -> None:
    await forum.say("export to pdf crashes always", author="pat.doe@example.com")
    await forum.work()
    (theme,) = await forum.themes()
    async with forum.database.transaction() as connection:
        draft = await load_draft(connection, theme["id"], "relay-1", "https://relay.example")
    assert [quote.author for quote in draft.quotes] == ["[name]"]
    assert "pat.doe" not in str(draft)

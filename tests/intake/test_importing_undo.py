"""An import is taken back as a whole, and the file can be imported again, read another way."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import Conflict, Invalid, NotFound
from app.intake.importing import Imported, import_file
from app.intake.importing_comment import Reading
from app.intake.importing_undo import list_imports, undo_import
from app.setup.sources import get_source
from tests.commands.command_line import command_line
from tests.scenes.forum import Forum


async def take(forum: Forum, path: Path, **columns: str) -> Imported:
    async with forum.database.transaction() as connection:
        source = await get_source(connection, forum.source_id)
    return await import_file(forum.database, source, path, Reading(columns))


async def test_an_import_is_taken_back_and_can_be_read_another_way(
    forum: Forum, tmp_path: Path
) -> None:
    path = tmp_path / "c.csv"
    path.write_text(
        "id,who,made,text\n1,ana,2026-11-02,export crashes\n2,bob,2026-11-03,import crashes\n"
    )
    first = await take(forum, path)
    await forum.work()
    undone = await undo_import(forum.database, first.import_id)
    assert (undone.deleted, undone.restored, undone.deliveries) == (2, 0, 1)
    await forum.work()
    gone = await forum.rows("select * from comment")
    assert all(row["deleted_at"] and not row["text"] for row in gone)
    assert await forum.rows("select 1 from comment_version where text <> ''") == []
    [delivery] = await forum.rows("select * from delivery")
    assert (bytes(delivery["body"]), delivery["reason"]) == (b"", "import_undone")
    async with forum.database.transaction() as connection:
        [listed] = await list_imports(connection, forum.source_id)
    assert (listed.import_id, listed.file, listed.undone) == (first.import_id, "c.csv", True)
    with pytest.raises(Conflict):
        await undo_import(forum.database, first.import_id)

    again = await take(forum, path, author="who", created_at="made")
    assert again.stored == 2
    await forum.work()
    rows = await forum.rows(
        "select c.external_id, c.text, c.created_at, a.handle from comment c "
        "join author a on a.id = c.author_id where c.deleted_at is null order by c.external_id"
    )
    assert [(row["external_id"], row["handle"], row["created_at"].day) for row in rows] == [
        ("1", "ana", 2),
        ("2", "bob", 3),
    ]
    await undo_import(forum.database, again.import_id)
    assert (await take(forum, path)).stored == 2, "the very same file is new again"


async def test_what_no_worker_has_read_yet_never_becomes_a_comment(
    forum: Forum, tmp_path: Path
) -> None:
    path = tmp_path / "c.csv"
    path.write_text("id,text\n1,export crashes\n")
    imported = await take(forum, path)
    await undo_import(forum.database, imported.import_id)
    await forum.work()
    assert await forum.rows("select 1 from comment") == []


async def test_a_comment_that_was_there_before_is_as_it_was(forum: Forum, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("id,created_at,text\n1,2026-11-02,export crashes\n")
    await take(forum, path)
    await forum.work()
    path.write_text(
        "id,created_at,edited_at,text\n1,2026-11-02,2026-11-04,wrong words\n2,2026-11-02,,new\n"
    )
    second = await take(forum, path)
    await forum.work()
    undone = await undo_import(forum.database, second.import_id)
    assert (undone.deleted, undone.restored) == (1, 1)
    await forum.work()
    [comment] = await forum.rows("select * from comment where deleted_at is null")
    assert (comment["text"], comment["edited_at"]) == ("export crashes", None)


async def test_only_an_import_can_be_taken_back(forum: Forum, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        await undo_import(forum.database, "20261102-00000000")
    path = tmp_path / "c.csv"
    path.write_text("text,date\nSlow,2026-11-02\nFast,03/04/2026\n")
    with pytest.raises(Invalid):
        await take(forum, path)
    assert await forum.rows("select 1 from delivery") == [], "what is not clear stores nothing"


def test_the_commands_show_take_and_take_back(database_url: str, tmp_path: Path) -> None:
    relay = command_line(database_url, tmp_path)
    relay("product", "add", "Tide")
    relay("source", "add", "reviews", "--platform", "generic")
    path = tmp_path / "c.csv"
    path.write_text(
        "comment,author,private,date\nGreat,ana,no,2026-11-02\nKey,bob,yes,2026-11-02\n"
    )
    shown = relay("import", str(path), "--dry-run").out
    assert "2, of which 1 would be stored" in shown
    assert "text <- comment" in shown
    assert "1 people, 0 of the staff, 0 bots" in shown
    assert relay("import", "--list", "--json").json == []
    answer = relay("import", str(path), "--source", "reviews", "--json").json
    assert (answer["stored"], answer["private"]) == (1, 1)
    refused = relay("import", "--undo", answer["import_id"], fails=True)
    assert "(not_confirmed)" in refused.err
    assert "taken back" in relay("import", "--undo", answer["import_id"], "--yes").out
    assert relay("import", "--list").rows[1][0] == answer["import_id"]

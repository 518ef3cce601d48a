"""Importing files: every row arrives once with its fields, and every row that cannot is named with
its line."""

from __future__ import annotations

import gzip
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from app.errors import Invalid
from app.intake.importing import ROWS_PER_DELIVERY, Imported, import_file
from app.intake.importing_comment import Reading
from app.intake.importing_rows import read_rows
from app.setup.products import create_product
from app.setup.sources import Source, create_source, get_source
from app.storage.db import Database
from app.storage.vault import Vault
from tests.commands.command_line import command_line
from tests.scenes.forum import Forum


async def take(forum: Forum, path: Path, **columns: str) -> Imported:
    async with forum.database.transaction() as connection:
        source = await get_source(connection, forum.source_id)
    reading = Reading(columns, columns.pop("time_format", ""), columns.pop("markup", ""))
    return await import_file(forum.database, source, path, reading)


async def comments(forum: Forum) -> list[dict[str, Any]]:
    await forum.work()
    return await forum.rows(
        "select c.*, a.handle from comment c left join author a on a.id = c.author_id order by "
        "c.created_at, c.id"
    )


async def test_rows_of_a_csv_arrive_with_their_fields(forum: Forum, tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text(
        "\ufeffID,Author,Created At,Thread,Title,Link,Likes,Review\n"
        "7,ann,2026-11-02T10:00:00+02:00,t1,Export,https://forum.example/7,3,"
        '"It crashes, always\nwhen I export"\n'
        "8,bob,1793700000,t1,Export,,,Same here\n"
        "9,,2026-11-04 08:30,,,,,Dark mode please\n"
    )
    result = await take(forum, path)
    assert (result.rows, result.stored, result.known, result.bad) == (3, 3, 0, 0)
    first, second, third = await comments(forum)
    assert (first["external_id"], first["handle"], first["likes"]) == ("7", "ann", 3)
    assert first["text"] == "It crashes, always\nwhen I export"
    assert (first["thread_id"], first["thread_title"], first["permalink"]) == (
        "t1",
        "Export",
        "https://forum.example/7",
    )
    assert first["created_at"] == datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
    assert second["created_at"] == datetime.fromtimestamp(1793700000, UTC)
    assert third["created_at"] == datetime(2026, 11, 4, 8, 30, tzinfo=UTC)
    assert (third["handle"], third["thread_id"]) == ("anonymous", "reviews.csv")


async def test_a_row_that_was_edited_says_when_and_a_later_edit_wins(
    forum: Forum, tmp_path: Path
) -> None:
    path = tmp_path / "posts.csv"
    path.write_text(
        "id,created_at,updated_at,text\n"
        "1,2026-11-02T10:00:00,2026-11-03T10:00:00,export crashes\n"
        "2,2026-11-02T10:00:00,2026-11-02T10:00:00,import crashes\n"
    )
    await take(forum, path)
    first, second = await comments(forum)
    assert first["edited_at"] == datetime(2026, 11, 3, 10, 0, tzinfo=UTC)
    assert second["edited_at"] is None, "the time of writing is no edit"
    path.write_text(
        "id,created_at,edited,text\n1,2026-11-02T10:00:00,2026-11-05T10:00:00,export crashes on "
        "paper\n"
    )
    await take(forum, path)
    first, _ = await comments(forum)
    assert (first["text"], first["edited_at"].day) == ("export crashes on paper", 5)


async def test_a_file_imported_twice_changes_nothing(forum: Forum, tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    lines = [
        json.dumps({"text": f"comment {n}", "date": "2026-11-01"})
        for n in range(ROWS_PER_DELIVERY * 2 + 3)
    ]
    path.write_text("\n".join(lines))
    assert (await take(forum, path)).stored == len(lines)
    again = await take(forum, path)
    assert (again.stored, again.known) == (0, len(lines))
    assert len(await forum.rows("select 1 from delivery")) == 3
    path.write_text(
        "\n".join([json.dumps({"text": "a new first line", "date": "2026-11-01"}), *lines])
    )
    await take(forum, path)
    found = await comments(forum)
    assert len(found) == len(lines) + 1 == len({row["external_id"] for row in found})


async def test_bad_rows_are_named_and_the_others_arrive(forum: Forum, tmp_path: Path) -> None:
    path = tmp_path / "mixed.jsonl"
    good = '{"id": "%s", "text": "fine", "created_at": "2026-11-01"}'
    path.write_bytes(
        b"\n".join(
            [
                (good % "a").encode(),
                b"{not json",
                b"[1, 2]",
                b'{"text": "   "}',
                b"",
                b'{"text": "when?", "created_at": "the other day"}',
                b'{"text": "caf\xe9", "created_at": "2026-11-01"}',
                json.dumps({"text": "x" * 1_100_000}).encode(),
                (good % "b").encode(),
            ]
        )
    )
    result = await take(forum, path)
    assert [(fault.line, fault.reason) for fault in result.faults] == [
        (2, "invalid_json"),
        (3, "wrong_shape"),
        (4, "text_missing"),
        (6, "time_unreadable"),
        (7, "invalid_encoding"),
        (8, "row_too_large"),
    ]
    assert (result.rows, result.stored, result.bad) == (8, 2, 6)
    assert [row["external_id"] for row in await comments(forum)] == ["a", "b"]


async def test_lines_of_a_csv_are_counted_as_an_editor_does(forum: Forum, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text('id;text\n1;"two\nlines"\n2;;too;many\n3;\n4;fine\n')
    result = await take(forum, path)
    assert [(fault.line, fault.reason) for fault in result.faults] == [
        (4, "too_many_columns"),
        (5, "text_missing"),
    ]
    assert result.stored == 2


async def test_columns_with_other_names_are_mapped_and_nested_ones_found(
    forum: Forum, tmp_path: Path
) -> None:
    path = tmp_path / "c.ndjson.gz"
    row = {
        "key": 5,
        "meta": {"writer": "zoe", "on": "03/11/2026"},
        "words": "<b>Crash</b> at start",
    }
    path.write_bytes(gzip.compress(json.dumps(row).encode()))
    named = {"id": "key", "author": "meta.writer", "created_at": "meta.on", "text": "words"}
    await take(forum, path, time_format="%d/%m/%Y", markup="html", **named)
    [found] = await comments(forum)
    assert (found["external_id"], found["handle"], found["text"]) == ("5", "zoe", "Crash at start")
    assert found["created_at"] == datetime(2026, 11, 3, tzinfo=UTC)


async def test_a_row_without_a_time_was_written_when_the_file_was(
    forum: Forum, tmp_path: Path
) -> None:
    path = tmp_path / "c.tsv"
    path.write_text('text\tstars\nSlow, and "loud"\t2\n')
    moment = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)
    os.utime(path, (moment.timestamp(), moment.timestamp()))
    await take(forum, path)
    [found] = await comments(forum)
    assert (found["created_at"], found["text"]) == (moment, 'Slow, and "loud"')


async def test_reading_streams(forum: Forum, tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    path.write_text("".join(json.dumps({"id": n, "text": "hello"}) + "\n" for n in range(20_000)))
    positions: list[int] = []
    rows = read_rows(path)
    positions = [next(rows).position for _ in range(3)]
    assert max(positions) < path.stat().st_size / 10
    rows.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "content", "columns", "reason"),
    [
        ("c.pdf", "text\nhello\n", {}, "file_type_unknown"),
        ("c.csv", "stars,when\n5,now\n", {}, "column_missing"),
        ("c.csv", "text\nhello\n", {"author": "who"}, "column_missing"),
        ("c.csv.gz", "this is no gzip", {}, "file_unreadable"),
    ],
)
async def test_a_file_that_cannot_be_used_is_refused(
    forum: Forum, tmp_path: Path, name: str, content: str, columns: dict[str, str], reason: str
) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(Invalid) as refused:
        await take(forum, path, **columns)
    assert refused.value.reason == reason
    assert await forum.rows("select 1 from delivery") == []


async def test_only_a_generic_source_takes_files(
    database: Database, vault: Vault, tmp_path: Path
) -> None:
    async with database.transaction() as connection:
        product = await create_product(connection, "Tide")
        source: Source = (
            await create_source(connection, vault, product.id, "discourse", "forum", {})
        )[0]
    with pytest.raises(Invalid) as refused:
        await import_file(database, source, tmp_path / "c.csv", Reading())
    assert refused.value.reason == "source_not_generic"


def test_the_command_reports_counts_and_bad_lines(database_url: str, tmp_path: Path) -> None:
    relay = command_line(database_url, tmp_path)
    relay("product", "add", "Tide")
    relay("source", "add", "reviews", "--platform", "generic")
    path = tmp_path / "c.csv"
    path.write_text("comment,stars\nGreat,5\n,1\n")
    answer = relay("import", str(path), "--source", "reviews", fails=True)
    assert "1 of 2 rows of c.csv are stored" in answer.out
    assert "line 3" in answer.err
    assert "(text_missing)" in answer.err
    shown = relay("import", str(path), "--source", "reviews", "--json", fails=True).json
    assert (shown["known"], shown["bad"], shown["faults"][0]["line"]) == (1, 1, 3)
    path.write_bytes(b"")
    assert "(no_rows)" in relay("import", str(path), "--source", "reviews", fails=True).err
    path.write_text("comment\n \n")
    relay("import", str(path), "--source", "reviews", fails=True)
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        [delivery] = connection.execute("select * from delivery").fetchall()
    assert delivery["stage"] == "received"
    assert delivery["dedup_key"].startswith("import:")

"""How files are read: encodings, shapes, columns by any spelling, times, what is left out."""

from __future__ import annotations

import json
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.errors import Invalid
from app.intake import importing_parts
from app.intake.importing import survey_file
from app.intake.importing_comment import Reading, comment_of
from app.intake.importing_rows import BadRow, read_rows
from app.intake.importing_survey import Survey

FILE_TIME = datetime(2026, 11, 5, tzinfo=UTC)


def look(path: Path, **reading: Any) -> Survey:
    return survey_file(path, Reading(**reading))


def comment(row: dict[str, Any], **reading: Any) -> dict[str, Any]:
    return dict(comment_of(row, Reading(**reading), "c.jsonl", FILE_TIME).comment)


@pytest.mark.parametrize(
    ("codec", "shown"),
    [
        ("utf-8", "utf-8-sig"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "cp1252"),
    ],
)
def test_encodings_are_told_apart(tmp_path: Path, codec: str, shown: str) -> None:
    path = tmp_path / "c.csv"
    path.write_bytes("id;comment;date\n1;Die App stürzt ab;2026-11-02\n".encode(codec))
    survey = look(path)
    assert survey.encodings == [shown]
    assert survey.samples[0]["text"] == "Die App stürzt ab"


def test_a_table_that_is_partly_utf_8_is_not_taken_for_windows(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_bytes("text\ncafé\n".encode() + b"caf\xe9\n")
    survey = look(path)
    assert [(fault.line, fault.reason) for fault in survey.faults] == [(3, "invalid_encoding")]
    assert look(path, encoding="cp1252").bad == 0
    with pytest.raises(Invalid) as refused:
        look(path, encoding="klingon")
    assert refused.value.reason == "encoding_unknown"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_are_detected(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "c.csv"
    path.write_text(separator.join(['"id, or; so"', "id", "text"]) + "\n" + separator.join("123"))
    assert look(path).samples[0]["text"] == "3"


@pytest.mark.parametrize(
    "document",
    [
        [{"text": "one"}, {"text": "two"}],
        {"data": [{"text": "one"}, {"text": "two"}]},
        {"data": {"issues": {"nodes": [{"text": "one"}, {"text": "two"}], "total": 2}}},
        {"errors": [{"code": 1}], "items": [{"text": "one"}, {"text": "two"}]},
        {"type": "comment.created", "data": [{"text": "one"}, {"text": "two"}]},
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_a_json_document_has_its_rows_in_one_array(
    tmp_path: Path, document: Any, indent: int | None
) -> None:
    path = tmp_path / "c.json"
    path.write_text(json.dumps(document, indent=indent))
    assert [row.values["text"] for row in read_rows(path)] == ["one", "two"]


def test_json_lines_and_a_single_object_may_be_named_json(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    path.write_text('{"text": "one"}\n{"text": "two"}\n')
    assert [row.line for row in read_rows(path)] == [1, 2]
    path.write_text('{"text": "one", "labels": [{"name": "bug"}]}')
    assert [row.values["text"] for row in read_rows(path)] == ["one"]


def test_a_broken_document_names_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    path.write_text('[\n{"text": "one"},\n7,\n{"text": "tw')
    rows = list(read_rows(path))
    assert [(row.line, row.fault and row.fault.reason) for row in rows] == [
        (2, None),
        (3, "wrong_shape"),
        (4, "invalid_json"),
    ]
    path.write_text('{"a": [{"text": "one"}], "b": [{"text": "two"}]}')
    with pytest.raises(Invalid) as refused:
        list(read_rows(path))
    assert refused.value.reason == "json_unclear"


def test_a_zip_holds_tables_and_nothing_else_is_read(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/one.csv", "text\nfrom a table\n")
        archive.writestr("two.json", '[{"text": "from a document"}, 3]')
        archive.writestr("picture.png", b"x")
    survey = look(path)
    assert [sample["text"] for sample in survey.samples] == ["from a table", "from a document"]
    assert survey.entries_ignored == ["picture.png"]
    assert [(fault.part, fault.line) for fault in survey.faults] == [("two.json", 1)]


@pytest.mark.parametrize("name", ["../c.csv", "/etc/c.csv", "a\\..\\..\\c.csv"])
def test_a_zip_with_a_path_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "c.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, "text\nhello\n")
    with pytest.raises(Invalid) as refused:
        list(read_rows(path))
    assert refused.value.reason == "archive_unsafe"


def test_a_zip_that_would_burst_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "c.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("c.csv", "text\n" + "a" * 8_000_000)
    with pytest.raises(Invalid) as refused:
        list(read_rows(path))
    assert "200 times" in refused.value.detail
    monkeypatch.setattr(importing_parts, "ZIP_BYTES_MAX", 1000)
    with pytest.raises(Invalid) as refused:
        list(read_rows(path))
    assert refused.value.reason == "archive_unsafe"
    monkeypatch.setattr(importing_parts, "ZIP_ENTRIES_MAX", 0)
    with pytest.raises(Invalid) as refused:
        list(read_rows(path))
    assert "more than 0 files" in refused.value.detail


def test_a_slack_export_is_read_as_people_see_it(tmp_path: Path) -> None:
    path = tmp_path / "slack.zip"
    users = [{"id": "U1", "name": "ana", "real_name": "Ana B"}, {"id": "U2", "name": "bo"}]
    day = [
        {"type": "message", "user": "U1", "text": "<@U2> tabs &amp; <https://a.example|more>"},
        {"type": "message", "subtype": "channel_join", "user": "U2", "text": "joined"},
        {"type": "message", "subtype": "bot_message", "bot_id": "B1", "text": "Build failed"},
    ]
    for number, message in enumerate(day):
        message["ts"] = f"179370000{number}.000100"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("users.json", json.dumps(users))
        archive.writestr("channels.json", "[]")
        archive.writestr("groups.json", json.dumps([{"name": "secret"}]))
        archive.writestr("general/2026-11-03.json", json.dumps(day))
        archive.writestr("secret/2026-11-03.json", json.dumps(day[:1]))
    survey = look(path)
    assert (survey.rows, survey.people, survey.bots, survey.private) == (3, 1, 1, 1)
    assert survey.samples[0]["text"] == "@bo tabs & more"
    assert survey.samples[0]["author"] == "ana"


def test_columns_are_guessed_in_any_spelling() -> None:
    for created in ("createdAt", "created_at", "Created At", "timestamp", "date", "CREATED-AT"):
        read = comment({"body": "Slow", created: "2026-11-02T09:00:00Z"})
        assert read["created_at"] == "2026-11-02T09:00:00+00:00", created
    for person in (
        {"author": {"login": "ana"}},
        {"author.login": "ana"},
        {"user": {"login": "ana", "type": "User"}},
        {"author": "ana"},
        {"userName": "ana"},
    ):
        assert comment({"text": "Slow", **person})["author"]["id"] == "ana", person


def test_staff_and_bots_are_marked() -> None:
    for person in (
        {"is_staff": "true"},
        {"author": {"id": "u", "is_staff": True}},
        {"role": "Moderator"},
        {"author_association": "MEMBER"},
        {"isAdmin": 1},
    ):
        assert comment({"text": "Slow", "user_id": "u", **person})["author"]["is_staff"], person
    for robot in (
        {"bot": "yes"},
        {"user": {"login": "x", "type": "Bot"}},
        {"author": "dependabot[bot]"},
        {"author_is_bot": True},
        {"bot_id": "B1"},
    ):
        assert comment({"text": "Slow", **robot})["author"]["is_bot"], robot
    nobody = comment({"text": "Slow", "author": "ana", "is_staff": "false", "role": "member"})
    assert nobody["author"] == {"id": "ana"}


def test_what_the_api_gives_is_read_back() -> None:
    row = {
        "id": 4711,
        "external_id": "8812",
        "thread_id": "2001",
        "thread_title": "Export is broken",
        "permalink": "https://forum.example.org/t/2001/3",
        "author_id": 12,
        "author": "Ada",
        "author_handle": "ada",
        "author_is_staff": True,
        "author_is_bot": False,
        "text": "Exporting crashes.",
        "likes": 3,
        "created_at": "2026-11-20T11:58:00Z",
        "edited_at": None,
        "deleted_at": None,
        "kind": "bug",
        "theme_title": "Exporting",
    }
    assert comment(row) == {
        "id": "8812",
        "thread": {
            "id": "2001",
            "title": "Export is broken",
            "url": "https://forum.example.org/t/2001/3",
        },
        "author": {"id": "12", "handle": "ada", "name": "Ada", "is_staff": True},
        "text": "Exporting crashes.",
        "url": "https://forum.example.org/t/2001/3",
        "created_at": "2026-11-20T11:58:00+00:00",
        "likes": 3,
    }
    deleted = {**row, "deleted_at": "2026-11-21T00:00:00Z"}
    assert comment_of(deleted, Reading(), "c.json", FILE_TIME).left_out == "deleted"


def test_the_format_of_webhooks_is_read_back() -> None:
    read = comment(
        {
            "id": "c-3",
            "thread": {"id": "t-17", "title": "Dark mode"},
            "author": {"id": "u-9", "handle": "team", "is_staff": True},
            "text": "We will add it.",
        }
    )
    assert (read["id"], read["thread"]["id"], read["text"]) == ("c-3", "t-17", "We will add it.")
    assert read["author"] == {"id": "u-9", "handle": "team", "is_staff": True}


def test_a_title_of_the_row_itself_stands_before_its_text() -> None:
    idea = comment({"title": "Bulk edit", "description": "It saves hours.", "votes": 42})
    assert (idea["text"], idea["opens_thread"]) == ("Bulk edit\n\nIt saves hours.", True)
    assert comment({"title": "Export fails", "description": ""})["text"] == "Export fails"
    assert comment({"title": "Talk", "thread": "t1", "text": "Slow"})["text"] == "Slow"
    assert comment({"topic_title": "Talk", "text": "Slow"})["text"] == "Slow"
    with pytest.raises(BadRow):
        comment({"title": " ", "text": ""})


def test_a_mail_address_tells_people_apart_and_is_not_kept() -> None:
    first = comment({"text": "Slow", "email": "Ana@example.com"})
    again = comment({"text": "Fast", "email": "ana@example.com"})
    assert first["author"] == again["author"]
    assert "example" not in json.dumps(first)


def test_private_rows_are_left_out() -> None:
    for mark in (
        {"visibility": "internal"},
        {"visibility": "members"},
        {"private": "true"},
        {"is_pm": "Yes"},
        {"internal": 1},
        {"public": False},
        {"repository": {"private": True}},
        {"archetype": "private_message"},
    ):
        row = {"text": "My key is 1234", **mark}
        assert comment_of(row, Reading(), "c", FILE_TIME).left_out == "private", mark
        assert comment(row, include_private=True)["text"] == "My key is 1234"
    for mark in ({"visibility": "Public"}, {"private": "no"}, {"public": True}, {"is_pm": ""}):
        assert comment({"text": "Slow", **mark})["text"] == "Slow", mark
    own = comment_of({"text": "x", "team": "yes"}, Reading({"private": "team"}), "c", FILE_TIME)
    assert own.left_out == "private"


def test_the_survey_counts_times_people_and_what_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text(
        "id,author,role,visibility,text,created_at,stars\n"
        "1,ana,,public,Slow,2026-11-02T09:00:00Z,1\n"
        "2,ana,,public,Still slow,2026-11-03T09:00:00Z,1\n"
        "3,kim,staff,public,We look,,1\n"
        "4,bob,,internal,Note,2026-11-03T09:00:00Z,1\n"
        "5,bob,,public,Loud,yesterday,1\n"
    )
    os.utime(path, (FILE_TIME.timestamp(), FILE_TIME.timestamp()))
    survey = look(path)
    assert (survey.rows, survey.usable, survey.private, survey.bad) == (5, 3, 1, 1)
    assert (survey.people, survey.staff, survey.untimed) == (1, 1, 1)
    assert (survey.first_at, survey.last_at) == (
        datetime(2026, 11, 2, 9, tzinfo=UTC),
        datetime(2026, 11, 3, 9, tzinfo=UTC),
    )
    assert survey.columns["created_at"] == ["created_at"]
    assert survey.columns_unread == ["stars"]
    assert survey.faults[0].reason == "time_unreadable"
    path.write_text("text,date\nSlow,13/04/2026\nFast,03/04/2026\n")
    with pytest.raises(Invalid) as refused:
        look(path)
    assert refused.value.reason == "time_ambiguous"
    assert "line 3" in refused.value.detail
    assert look(path, day_first=True).usable == 2


def test_a_sample_shows_what_would_be_stored(tmp_path: Path) -> None:
    """Without what others are quoted with, and without markup."""
    path = tmp_path / "posts.csv"
    quoted = '"[quote=""olaf, post:1""]\nold words\n[/quote]\n**Mine** alone"'
    path.write_text(f"id,text,format,date\n1,{quoted},markdown,2026-11-02\n")
    assert look(path).samples[0]["text"] == "Mine alone"

"""One set of rows, however its file is written."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.datasets import DataError, labelled_rows, read_rows

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), min_size=1, max_size=40)
ROWS = st.lists(st.tuples(TEXT.filter(str.strip), st.sampled_from(["bug", "other"])), min_size=1, max_size=8)


def table(rows: list[tuple[str, str]], delimiter: str) -> str:
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter).writerows([("Text", " kind"), *rows])
    return file.getvalue()


@settings(max_examples=40, deadline=None)
@given(ROWS, st.sampled_from(",;\t|"), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), st.booleans())
def test_csv_of_any_make_reads_like_json_lines(
    rows: list[tuple[str, str]], delimiter: str, encoding: str, packed: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder) / "rows.jsonl"
        lines.write_text("".join(json.dumps({"text": text, "kind": kind}) + "\n" for text, kind in rows))
        content = table(rows, delimiter).encode(encoding)
        path = Path(folder) / ("rows.csv.gz" if packed else "rows.csv")
        path.write_bytes(gzip.compress(content) if packed else content)
        read = [[(row["text"], row["kind"]) for row in read_rows(each, "text", "kind")] for each in (lines, path)]
    assert read[0] == read[1] == rows


def test_rows_that_lack_a_field_are_counted_and_left_out(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "a", "kind": "bug"}\n{"text": " ", "kind": "bug"}\n\n{"text": "b"}\n')
    rows, left_out = labelled_rows(path, "text", "kind")
    assert [row["text"] for row in rows] == ["a"]
    assert left_out == {2: ("text", 2), 3: ("kind", 3)}
    with pytest.raises(DataError, match=r"Row 2 of .* has no field 'text'"):
        read_rows(path, "text", "kind")


def test_a_file_without_the_field_says_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("body;label\nit crashes;bug\n")
    with pytest.raises(DataError, match="no field 'text', nor has any other; there are: body, label") as refusal:
        labelled_rows(path, "text", "kind")
    assert refusal.value.reason == "field_missing"


def test_a_limit_reads_no_further(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "a"}\n{"text": "b"}\n{broken\n')
    assert [row["text"] for row in read_rows(path, "text", limit=2)] == ["a", "b"]


@pytest.mark.parametrize("content", [b"\x1f\x8b broken", b""])
def test_a_broken_archive_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "rows.jsonl.gz"
    path.write_bytes(content)
    with pytest.raises(DataError) as refusal:
        read_rows(path, "text")
    assert refusal.value.reason in ("file_unreadable", "file_empty")

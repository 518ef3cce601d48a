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

from classifiers.evaluation.datasets import AS_NAMED, DataError, Reading, labelled_rows, read_rows

TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), min_size=1, max_size=40
)
ROWS = st.lists(
    st.tuples(TEXT.filter(str.strip), st.sampled_from(["bug", "other"])), min_size=1, max_size=8
)


def table(rows: list[tuple[str, str]], delimiter: str) -> str:
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter).writerows([("Text", " kind"), *rows])
    return file.getvalue()


@settings(max_examples=40, deadline=None)
@given(
    ROWS, st.sampled_from(",;\t|"), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), st.booleans()
)
def test_csv_of_any_make_reads_like_json_lines(
    rows: list[tuple[str, str]], delimiter: str, encoding: str, packed: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder) / "rows.jsonl"
        lines.write_text(
            "".join(json.dumps({"text": text, "kind": kind}) + "\n" for text, kind in rows)
        )
        content = table(rows, delimiter).encode(encoding)
        path = Path(folder) / ("rows.csv.gz" if packed else "rows.csv")
        path.write_bytes(gzip.compress(content) if packed else content)
        read = [
            [(row["text"], row["kind"]) for row in read_rows(each, "text", "kind")]
            for each in (lines, path)
        ]
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
    with pytest.raises(
        DataError, match="no field 'text', nor has any other; there are: body, label"
    ) as refusal:
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


def refusal(path: Path, content: bytes, reading: Reading = AS_NAMED) -> str:
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        labelled_rows(path, "text", "kind", reading=reading)
    assert caught.value.reason in ("file_unreadable", "file_empty", "field_missing")
    return caught.value.detail.replace(str(path), "FILE")


@pytest.mark.parametrize("packed", [False, True])
def test_a_line_that_is_not_utf_8_is_named(tmp_path: Path, packed: bool) -> None:
    content = (
        b'{"text": "a"}\n' * 3000
        + '{"text": "café"}\n'.encode("latin-1")
        + b'{"text": "b"}\n' * 3000
    )
    said = refusal(
        tmp_path / ("a.jsonl.gz" if packed else "a.jsonl"),
        gzip.compress(content) if packed else content,
    )
    assert (
        said
        == "Line 3001 of FILE is not UTF-8 (invalid continuation byte, byte 14): save it as UTF-8."
    )


def test_what_is_no_archive_or_half_of_one_is_told_so(tmp_path: Path) -> None:
    assert "is not packed with gzip" in refusal(tmp_path / "a.csv.gz", b"text,kind\n")
    whole = gzip.compress(b'{"text": "a", "kind": "bug"}\n' * 500)
    assert "is damaged or cut off" in refusal(tmp_path / "a.jsonl.gz", whole[:-9])
    assert "is damaged or cut off" in refusal(tmp_path / "a.jsonl.gz", whole[:12] + b"\xff" * 40)


@pytest.mark.parametrize(
    "content", [b'[{"text": "a", "kind": "bug"}]', b'[\n{"text": "a"}]', b'{\n  "text": "a"\n}']
)
def test_one_json_value_over_all_rows_is_told_what_is_read(tmp_path: Path, content: bytes) -> None:
    assert "; write one object per line, not an array over all of them." in refusal(
        tmp_path / "a.jsonl", content
    )


def test_fields_by_other_names_and_within_objects(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    told = [("a", "bug", "en"), ("b", "bug", "de"), ("c", None, "EN")]
    path.write_text(
        "\n".join(json.dumps({"body": t, "truth": {"kind": k, "language": x}}) for t, k, x in told)
    )
    reading = Reading.of(
        ["text=body", "kind = truth.kind"], ["truth.language=en", "truth.language=fr"]
    )
    rows, left_out = labelled_rows(path, "text", "kind", reading=reading)
    assert [(row["text"], row["kind"]) for row in rows] == [("a", "bug")]
    assert left_out == {3: ("kind", 3)}
    columns = tmp_path / "rows.csv"
    columns.write_text("Body,Label,Lang\na,bug,en\nb,bug,de\n")
    reading = Reading.of(["text=Body", "kind=Label"], ["Lang=EN"])
    assert [row["kind"] for row in labelled_rows(columns, "text", "kind", reading=reading)[0]] == [
        "bug"
    ]


def test_fields_that_are_not_there_are_named_as_the_file_would(tmp_path: Path) -> None:
    content = b'{"text": "a", "truth": {"kind": "bug"}}\n'
    said = refusal(tmp_path / "a.jsonl", content, Reading.of(["kind=truth.kin"], []))
    assert "has no field 'truth.kin', nor has any other; there are: text, truth.kind." in said
    assert said.endswith("Say which one it is: --field kind=NAME.")
    said = refusal(
        tmp_path / "a.jsonl", content, Reading.of(["kind=truth.kind"], ["truth.language=en"])
    )
    assert said == "No row of FILE has truth.language=en; there are: text, truth.kind."
    for wrong in ("kind", "kind=", "=kind"):
        with pytest.raises(
            DataError, match=f"--field {wrong}: write it as in --field kind=label"
        ) as caught:
            Reading.of([wrong], [])
        assert caught.value.reason == "option_invalid"

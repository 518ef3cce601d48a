"""What somebody wrote moves no cursor and opens no line: in logs, tables and JSON."""

from __future__ import annotations

import json

import pytest
import structlog

from app.commands import output
from app.logs import configure_logs
from tests.scenes.hostile import HOSTILE_TEXTS


def _acts(shown: str) -> list[str]:
    """The characters that a terminal or a reader of lines would act on."""
    return [c for c in shown if not c.isprintable()]


@pytest.mark.parametrize("style", ["console", "json"])
def test_a_log_line_is_one_line(style: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("info", style)
    for text in HOSTILE_TEXTS:
        structlog.get_logger("hostile").info("delivery_failed", detail=text, reason=text)
        lines = capsys.readouterr().out.removesuffix("\n")
        assert "\n" not in lines, repr(text)
        assert not _acts(lines), repr(text)
    structlog.reset_defaults()


def test_a_row_of_a_table_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    for text in HOSTILE_TEXTS:
        output.table(["name", "state"], [[text, "created"]])
        heading, row = capsys.readouterr().out.removesuffix("\n").split("\n")
        assert heading == "name\tstate"
        assert [c for c in _acts(row) if c != "\t"] == [], repr(text)
        assert row.count("\t") == 1


def test_json_in_a_terminal_is_printable(capsys: pytest.CaptureFixture[str]) -> None:
    for text in HOSTILE_TEXTS:
        output.as_json({"text": text})
        shown = capsys.readouterr().out
        assert [c for c in _acts(shown) if c != "\n"] == [], repr(text)
        assert json.loads(shown) == {"text": text}


def test_a_sentence_keeps_its_marks_and_colours_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for text in HOSTILE_TEXTS:
        output.complain(text, "some_reason")
        shown = capsys.readouterr().err
        assert [c for c in _acts(shown) if c not in "\n\t"] == [], repr(text)

"""What somebody wrote moves no cursor and opens no line: in logs, tables and JSON."""

from __future__ import annotations

import json
import logging

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


def test_an_exception_opens_no_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("info", "console")
    for text in HOSTILE_TEXTS:
        try:
            raise ValueError(text)
        except ValueError:
            structlog.get_logger("exceptions").exception("parse_failed")
        first, *others = capsys.readouterr().out.removesuffix("\n").split("\n")
        assert first.endswith("parse_failed")
        assert others
        assert all(line.startswith("  ") for line in others), repr(text)
        assert not [line for line in others if _acts(line)], repr(text)
    structlog.reset_defaults()


def test_lines_of_other_libraries_are_held_to_the_same(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", root.level)
    configure_logs("info", "console")
    for text in HOSTILE_TEXTS:
        try:
            raise ValueError(text)
        except ValueError as error:
            logging.getLogger("of.a.library").warning("heard %s", text, exc_info=error)
        first, *others = capsys.readouterr().err.removesuffix("\n").split("\n")
        assert first.startswith("WARNING of.a.library: heard ")
        assert all(line.startswith("  ") for line in others), repr(text)
        assert not [line for line in (first, *others) if _acts(line)], repr(text)
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

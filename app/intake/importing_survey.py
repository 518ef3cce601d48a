"""Looks through a file before anything of it is stored: who wrote, when, and what is left out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.errors import Invalid
from app.intake.importing_columns import flattened
from app.intake.importing_comment import Reading, ReadRow, has_column
from app.intake.importing_parts import FileFacts
from app.intake.importing_rows import BadRow, Row
from integrations import registry
from integrations.contract import Inbound, PayloadError

FAULTS_MAX = 100
SAMPLES_MAX = 3
SAMPLE_CHARACTERS = 200
COLUMNS_PER_FIELD_MAX = 3
PEOPLE_MAX = 1_000_000
"""So many writers are told apart; with more, the count says that much and no more."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that cannot be used. ``line`` counts from 1, as an editor does; ``reason`` is one
    snake_case word; ``part`` is its file in a zip."""

    line: int
    reason: str
    detail: str
    part: str = ""


@dataclass(slots=True)
class Survey:
    """What a file holds as it is read.

    ``rows`` are all, ``usable`` those that would be stored; ``bad`` counts those that cannot be
    used, ``faults`` holds the first ones. ``untimed`` have no time, so ``file_time`` stands for
    theirs; ``future`` lie ahead. ``people``, ``staff`` and ``bots`` count writers, ``anonymous``
    rows without one. ``columns`` has the columns that each field was read from.
    """

    rows: int = 0
    usable: int = 0
    bad: int = 0
    private: int = 0
    deleted: int = 0
    untimed: int = 0
    future: int = 0
    people: int = 0
    staff: int = 0
    bots: int = 0
    anonymous: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    file_time: datetime | None = None
    encodings: list[str] = field(default_factory=list)
    entries_ignored: list[str] = field(default_factory=list)
    columns: dict[str, list[str]] = field(default_factory=dict)
    columns_unread: list[str] = field(default_factory=list)
    samples: list[dict[str, Any]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


class Surveyor:
    """Counts rows one by one; memory grows with the writers alone, up to a limit."""

    def __init__(self, file_time: datetime, facts: FileFacts) -> None:
        self.survey = Survey(
            file_time=file_time, encodings=facts.encodings, entries_ignored=facts.entries_ignored
        )
        self._writers: dict[str, set[int]] = {"people": set(), "staff": set(), "bots": set()}
        self._ambiguous: list[tuple[Row, str]] = []
        self._ambiguous_count = 0
        self._now = datetime.now(UTC)

    def fault(self, row: Row, fault: BadRow) -> None:
        """Count a row that cannot be used."""
        survey = self.survey
        survey.rows += 1
        survey.bad += 1
        if fault.reason == "time_ambiguous":
            self._ambiguous_count += 1
            self._ambiguous = self._ambiguous or [(row, fault.detail)]
        if len(survey.faults) < FAULTS_MAX:
            survey.faults.append(Fault(row.line, fault.reason, fault.detail, row.part))

    def row(self, row: Row, read: ReadRow) -> None:
        """Count a row that was read, be it left out or not."""
        survey = self.survey
        survey.rows += 1
        self._note_columns(row, read.columns)
        if read.left_out == "private":
            survey.private += 1
        elif read.left_out == "deleted":
            survey.deleted += 1
        else:
            survey.usable += 1
            self._note_time(read)
            self._note_author(read.comment["author"])
            if len(survey.samples) < SAMPLES_MAX:
                survey.samples.append(_sample(read.comment))

    def finish(self) -> Survey:
        """The counts. Raises Invalid (``time_ambiguous``) where a person has to say how dates are
        meant."""
        if self._ambiguous:
            first, detail = self._ambiguous[0]
            place = f"line {first.line}" + (f" of {first.part}" if first.part else "")
            raise Invalid(
                f"{self._ambiguous_count:,} times such as the one in {place} are not clear, and "
                f"nothing was stored. {detail}",
                reason="time_ambiguous",
            )
        return self.survey

    def _note_columns(self, row: Row, columns: Mapping[str, str]) -> None:
        for name, column in columns.items():
            listed = self.survey.columns.setdefault(name, [])
            if column not in listed and len(listed) < COLUMNS_PER_FIELD_MAX:
                listed.append(column)
        if self.survey.rows == 1:
            used = set(columns.values())
            present = [column for column, _ in flattened(row.values).values()]
            self.survey.columns_unread = [column for column in present if column not in used]

    def _note_time(self, read: ReadRow) -> None:
        survey = self.survey
        if not read.timed:
            survey.untimed += 1
            return
        moment = read.created_at
        survey.future += moment > self._now
        survey.first_at = min(survey.first_at or moment, moment)
        survey.last_at = max(survey.last_at or moment, moment)

    def _note_author(self, author: Mapping[str, Any]) -> None:
        survey = self.survey
        kind = "bots" if author.get("is_bot") else "staff" if author.get("is_staff") else "people"
        writers = self._writers[kind]
        if str(author["id"]).startswith("anonymous:"):
            survey.anonymous += 1
        elif len(writers) < PEOPLE_MAX:
            writers.add(hash(author["id"]))
            setattr(survey, kind, len(writers))


def require_columns(row: Row, reading: Reading) -> None:
    """Raises Invalid (``column_missing``) where there is no text, or not the columns that
    ``reading`` names."""
    for name, column in {"text": "", **reading.columns}.items():
        if not column and name != "text":
            continue
        titled = name == "text" and not column and has_column(row.values, "title", "")
        if not titled and not has_column(row.values, name, column):
            present = ", ".join(str(present_name) for present_name in row.values) or "none"
            raise Invalid(
                f"No column {column or name!r} in the first row; it has: {present}. "
                f"Name the right one with --{name.replace('_', '-')}.",
                reason="column_missing",
            )


def with_columns(rows: Iterator[Row], reading: Reading) -> Iterator[Row]:
    """The rows, after a look whether the first usable one has the columns at all."""
    checked = False
    for row in rows:
        if not checked and row.fault is None:
            checked = True
            require_columns(row, reading)
        yield row


def modified_at(path: Path) -> datetime:
    """When the file was last changed, to the second."""
    return datetime.fromtimestamp(int(path.stat().st_mtime), UTC)


def _sample(comment: Mapping[str, Any]) -> dict[str, Any]:
    author = comment["author"]
    return {
        "id": comment["id"],
        "author": author.get("handle") or author["id"],
        "is_staff": author.get("is_staff", False),
        "is_bot": author.get("is_bot", False),
        "created_at": comment["created_at"],
        "text": _stored_text(comment)[:SAMPLE_CHARACTERS],
    }


def _stored_text(comment: Mapping[str, Any]) -> str:
    """The comment's text as it will be read: without markup and without quotes of others."""
    source = registry.source("generic")
    body = json.dumps({"type": "comment.created", "data": comment}).encode()
    inbound = Inbound("POST", {}, body, {}, datetime.fromisoformat(comment["created_at"]))
    try:
        (event,) = source.parse(inbound, source.settings())
    except PayloadError:
        return str(comment["text"])
    return event.text

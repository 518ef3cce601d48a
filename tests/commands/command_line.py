"""Calls `relay` in this process, over a database of the test."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from app.cli import app


@dataclass
class Answer:
    """What a call printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, read as JSON."""
        return json.loads(self.out)

    @property
    def rows(self) -> list[list[str]]:
        """The lines of a table, headings first."""
        return [line.split("\t") for line in self.out.splitlines()]


Relay = Callable[..., Answer]


def command_line(url: str | None, data_dir: Path, **environment: str) -> Relay:
    """A function that runs `relay ARGUMENTS`, with ``typed`` on standard input."""
    given = {"RELAY_DATA_DIR": str(data_dir), "RELAY_LOG_LEVEL": "error", **environment}
    variables: dict[str, str | None] = {**given, "RELAY_DATABASE_URL": url}

    def call(*arguments: str, typed: str | None = None, fails: bool = False) -> Answer:
        result = CliRunner().invoke(app, list(arguments), env=variables, input=typed)
        answer = Answer(result.exit_code, result.stdout, result.stderr)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert bool(answer.code) == fails, (
            f"{arguments}: exit code {answer.code}\n{answer.out}\n{answer.err}"
        )
        return answer

    return call

"""The command line as a whole: light to start, one sentence per error, plain output in a pipe, all
documented."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from cryptography.fernet import Fernet

from app.cli import app
from app.config import Settings
from app.storage.dbcheck import DatabaseProblem
from app.storage.revisions import revisions
from classifiers.contract import ModelError
from tests.commands.command_line import Relay, command_line
from tests.paths import ROOT

HEAVY = (
    "fastapi",
    "starlette",
    "sqlalchemy",
    "numpy",
    "openvino",
    "psycopg",
    "alembic",
    "pydantic",
    "httpx",
)


@pytest.fixture
def relay(database_url: str, tmp_path: Path) -> Relay:
    """`relay` over a fresh migrated database."""
    return command_line(database_url, tmp_path)


def commands(group: Any, before: str = "relay") -> Iterator[str]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{before} {name}")
        else:
            yield f"{before} {name}"


def test_the_command_line_imports_nothing_heavy() -> None:
    code = f"import app.cli, sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"


def test_every_command_has_help_and_is_documented() -> None:
    documented = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    everything = list(commands(typer.main.get_command(app)))
    assert len(everything) > 35
    assert [each for each in everything if not re.search(rf"`{each}[` ]", documented)] == []
    root: Any = typer.main.get_command(app)
    for path in everything:
        command = root
        for name in path.split()[1:]:
            command = command.commands[name]
        assert command.help, path
        assert command.help.rstrip().endswith("."), path


def test_every_setting_is_documented_with_its_default_and_nothing_else_is() -> None:
    documented = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(RELAY_[A-Z_]+)` \| ([^|]*) \|", documented, re.MULTILINE))
    assert set(rows) == {f"RELAY_{name.upper()}" for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        if field.default_factory is None and field.default not in (None, ""):
            said = str(field.default).removesuffix(".0")
            said = said.lower() if isinstance(field.default, bool) else said
            assert rows[f"RELAY_{name.upper()}"].strip() == f"`{said}`", name


def test_an_error_is_one_sentence_with_its_reason_and_no_traceback(tmp_path: Path) -> None:
    relay = command_line("postgresql://relay:hush@127.0.0.1:1/none", tmp_path)
    answer = relay("product", "list", fails=True)
    assert answer.out == ""
    assert answer.err.count("\n") == 1
    assert "127.0.0.1:1" in answer.err
    assert "(database_unreachable)" in answer.err
    assert "hush" not in answer.err
    assert "Traceback" not in answer.err


def test_debug_shows_where_an_error_came_from(tmp_path: Path) -> None:
    relay = command_line("postgresql://relay:hush@127.0.0.1:1/none", tmp_path)
    with pytest.raises(DatabaseProblem):
        relay("--debug", "product", "list", fails=True)


def test_a_model_that_is_missing_is_a_sentence_too(relay: Relay, tmp_path: Path) -> None:
    labelled = tmp_path / "labelled.jsonl"
    labelled.write_text('{"text": "it crashes", "kind": "bug"}\n')
    answer = relay(
        "evaluate", "kind", str(labelled), "--weights", str(tmp_path / "nowhere"), fails=True
    )
    assert re.search(r"\(\w+\)\n$", answer.err)
    assert "Traceback" not in answer.err
    assert issubclass(ModelError, Exception)


def test_a_setting_that_cannot_be_used_is_named_without_its_value(
    database_url: str, tmp_path: Path
) -> None:
    relay = command_line(database_url, tmp_path, RELAY_PORT="eighty-secret")
    answer = relay("status", fails=True)
    assert "RELAY_PORT" in answer.err
    assert "(settings_invalid)" in answer.err
    assert "eighty-secret" not in answer.err


def test_version_names_what_it_stands_on(relay: Relay) -> None:
    assert set(relay("version", "--json").json) >= {
        "feedback-relay",
        "python",
        "fastapi",
        "openvino",
    }


def test_the_version_alone_is_one_word_for_scripts(relay: Relay) -> None:
    assert relay("--version").out == f"{relay('version', '--json').json['feedback-relay']}\n"


def test_secret_key_prints_a_new_usable_key(relay: Relay) -> None:
    first, second = relay("secret-key").out.strip(), relay("secret-key").out.strip()
    assert first != second
    Fernet(first)


def test_a_database_without_tables_asks_for_migrate_which_goes_up_and_down(
    empty_url: str, tmp_path: Path
) -> None:
    relay = command_line(empty_url, tmp_path)
    assert "(database_not_migrated)" in relay("product", "list", fails=True).err
    assert "(revision_unknown)" in relay("migrate", "--to", "zzzz", fails=True).err
    relay("migrate", "--to", "0001")
    assert revisions(empty_url)[0] == "0001"
    relay("migrate")
    current, newest = revisions(empty_url)
    assert current == newest
    assert "already" in relay("migrate").out
    relay("product", "list")
    assert "(downgrade_unconfirmed)" in relay("migrate", "--to", "base", fails=True).err
    relay("migrate", "--to", "base", "--down")
    assert revisions(empty_url)[0] is None


def test_status_shows_stages_sources_and_tickets(relay: Relay) -> None:
    relay("product", "add", "Tide")
    relay("source", "add", "forum", "--platform", "generic")
    shown = relay("status", "--json").json
    assert [stage["stage"] for stage in shown["stages"]] == ["parse", "enrich", "group", "push"]
    assert [(source["name"], source["status"]) for source in shown["sources"]] == [
        ("forum", "never")
    ]
    assert shown["tickets"] == {}
    assert ["forum", "generic", "never", "never", "0", "0", "0"] in relay("status").rows


def test_doctor_names_every_trouble_with_a_remedy(database_url: str, tmp_path: Path) -> None:
    relay = command_line(
        database_url, tmp_path, RELAY_PROT="8400", RELAY_MODEL_DIR=str(tmp_path / "none")
    )
    answer = relay("doctor", "--json", fails=True)
    found = {each["subject"]: each for each in answer.json["findings"]}
    assert {name for name, each in found.items() if each["ok"]} == {
        "database",
        "migrations",
        "clock",
        "secret key",
        "network",
        "sources",
        "trackers",
        "vectors",
        "search",
        "disk",
    }
    assert "RELAY_PROT" in found["settings"]["detail"]
    assert "relay model prepare" in found["model"]["remedy"]
    (tmp_path / "secret.key").chmod(0o644)
    assert "chmod 600" in relay("doctor", fails=True).out


def test_doctor_reports_a_database_that_does_not_answer(tmp_path: Path) -> None:
    found = command_line("postgresql://relay@127.0.0.1:1/none", tmp_path)(
        "doctor", "--json", fails=True
    ).json
    assert found["ok"] is False
    [database] = [each for each in found["findings"] if each["subject"] == "database"]
    assert "127.0.0.1:1" in database["detail"]
    assert database["remedy"]


def test_what_people_wrote_cannot_move_the_cursor_of_whoever_looks(relay: Relay) -> None:
    relay("product", "add", "Tide\x1b[2J[red]x")
    assert "\x1b" not in relay("product", "list").out
    assert "[red]x" in relay("product", "show", "tide-2j-red-x").out


def test_serving_on_a_taken_port_says_which_setting_changes_it(
    database_url: str, tmp_path: Path
) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        answer = command_line(database_url, tmp_path)("serve", "--port", port, fails=True)
    assert "(port_taken)" in answer.err
    assert "RELAY_PORT" in answer.err
    assert port in answer.err


def test_retention_counts_first_and_then_lets_go(relay: Relay) -> None:
    headings, *rows = relay("retention", "run", "--dry-run").rows
    assert headings == ["what", "kept for", "would go", "oldest"]
    assert rows == [
        ["raw deliveries", "30 days", "0", ""],
        ["ignored deliveries", "7 days", "0", ""],
        ["comments", "ever", "0", ""],
        ["activity", "ever", "0", ""],
    ]
    assert relay("retention", "run").out.splitlines() == [
        "✓ Raw deliveries: 0 let go.",
        "✓ Ignored deliveries: 0 let go.",
    ]


def test_a_guide_in_a_pipe_has_no_marks_of_markdown(relay: Relay) -> None:
    relay("product", "add", "Tide")
    shown = relay("source", "add", "Forum", "--platform", "discourse").out
    assert "Admin → Advanced → Webhooks" in shown
    assert [mark for mark in ("**", "`", " *post") if mark in shown] == []


def test_what_is_still_to_be_connected_is_no_tick(relay: Relay) -> None:
    lines = relay("doctor", fails=True).out.splitlines()
    (trackers,) = [line for line in lines if " trackers " in line]
    assert trackers.startswith("○ trackers")


def test_requests_are_called_requests(relay: Relay) -> None:
    relay("product", "add", "Tide")
    made = relay(
        *("tracker", "add", "repo", "--type", "github", "--kinds", "bug,request"),
        *("--set", "repository=https://github.com/acme/app.git"),
        typed="a-token\n",
    )
    assert "it takes bugs and requests" in made.out
    assert relay("tracker", "show", "repo", "--json").json["kinds"] == "bug,feature"


def test_a_setting_that_nobody_declared_is_refused(relay: Relay) -> None:
    relay("product", "add", "Tide")
    refused = relay(
        *("source", "add", "Forum", "--platform", "discourse", "--set", "base_ulr=x.example"),
        fails=True,
    )
    assert "no setting base_ulr (did you mean base_url?)" in refused.err

"""The image and the composition say what the program understands; no engine is needed to check
that."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import typer.main
import yaml

from app.cli import app
from app.config import Settings
from tests.paths import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE_TEXT = (ROOT / "compose.yaml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)
KNOWN = {f"RELAY_{name.upper()}" for name in Settings.model_fields}


def stages() -> list[list[tuple[str, str]]]:
    """The image's stages, each a list of (instruction, rest of it)."""
    text = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE))
    found: list[list[tuple[str, str]]] = []
    for line in filter(None, text.splitlines()):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            found.append([])
        if found:
            found[-1].append((word, rest))
    return found


def last(word: str) -> str:
    """What the final stage says last with an instruction."""
    return [rest for each, rest in stages()[-1] if each == word][-1]


def test_the_final_stage_only_copies_and_is_not_root() -> None:
    assert all(
        stage[0] == ("FROM", said)
        for stage, said in zip(stages(), ["${BASE} AS builder", "${BASE}"], strict=True)
    )
    assert not re.search(
        r"pip|apt-get|torch", " ".join(rest for word, rest in stages()[-1] if word == "RUN")
    )
    assert all(rest.startswith("--from=builder ") for word, rest in stages()[-1] if word == "COPY")
    uid, gid = last("USER").split(":")
    assert int(uid) > 0
    assert int(gid) > 0


def test_everything_from_outside_is_checked_by_hash() -> None:
    runs = [rest for word, rest in stages()[0] if word == "RUN"]
    installs = [
        part for run in runs for part in run.split("&&") if re.search(r"pip\b.* install\b", part)
    ]
    assert len(installs) == 3
    assert all("--require-hashes" in part or "--no-index" in part for part in installs)
    assert all("--no-deps" in part for part in installs)


def test_the_image_serves_by_default() -> None:
    assert [*json.loads(last("ENTRYPOINT")), *json.loads(last("CMD"))] == ["relay", "serve"]
    assert last("EXPOSE") == str(Settings.model_fields["port"].default)
    assert last("STOPSIGNAL") == "SIGTERM"


@pytest.fixture
def answering() -> Iterator[tuple[int, list[int]]]:
    """A port, and the status that /readyz has there."""
    status = [200]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status[0] if self.path == "/readyz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port, status
        server.shutdown()


def test_the_health_check_asks_whether_the_service_is_ready(
    answering: tuple[int, list[int]],
) -> None:
    port, status = answering
    command = json.loads(last("HEALTHCHECK").partition(" CMD ")[2])
    assert command[0] == "python"

    def check() -> int:
        proxied = {"http_proxy": "http://127.0.0.1:9", "RELAY_PORT": str(port)}
        return subprocess.run(
            [sys.executable, *command[1:]], env={**os.environ, **proxied}, check=False
        ).returncode

    assert check() == 0
    status[0] = 503
    assert check() == 1


def test_every_setting_is_one_of_ours() -> None:
    in_image = set(re.findall(r"\b(RELAY_\w+)=", DOCKERFILE))
    in_services = {
        name for each in COMPOSE["services"].values() for name in each.get("environment", {})
    }
    assert in_image | {name for name in in_services if name.startswith("RELAY_")} <= KNOWN
    assert {"RELAY_DATABASE_URL", "RELAY_SECRET_KEY"} <= in_services


def test_the_commands_exist() -> None:
    commands: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    ran = {name: each["command"] for name, each in COMPOSE["services"].items() if "command" in each}
    assert set(ran) == {"migrate", "serve", "worker"}
    for name, *options in ran.values():
        known = {flag for parameter in commands[name].params for flag in parameter.opts}
        assert set(options) <= known


def test_no_secret_has_a_default() -> None:
    secrets = re.findall(r"\$\{(\w*(?:PASSWORD|SECRET_KEY)\w*)(:?[-?+]?)", COMPOSE_TEXT)
    assert {name for name, _ in secrets} == {"POSTGRES_PASSWORD", "RELAY_SECRET_KEY"}
    assert {operator for _, operator in secrets} == {":?"}


def test_nothing_serves_before_the_database_is_migrated() -> None:
    services = COMPOSE["services"]
    assert services["migrate"]["depends_on"] == {"db": {"condition": "service_healthy"}}
    for name in ("serve", "worker"):
        assert services[name]["depends_on"] == {
            "migrate": {"condition": "service_completed_successfully"}
        }
        assert services[name]["restart"] == "unless-stopped"
    assert services["worker"]["deploy"]["replicas"] >= 2
    assert services["db"]["volumes"]


def test_only_the_web_server_is_reached_from_outside_and_by_default_from_this_machine_alone() -> (
    None
):
    published = {
        name: each["ports"] for name, each in COMPOSE["services"].items() if "ports" in each
    }
    assert list(published) == ["serve"]
    assert published["serve"][0].startswith("${RELAY_BIND:-127.0.0.1}:")

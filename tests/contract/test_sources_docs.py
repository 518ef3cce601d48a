"""The page about sources names every source and every handled event, and its example works as it
stands."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from pydantic import BaseModel

from integrations import registry
from integrations.contract import Inbound
from integrations.signatures import verify
from integrations.sources import generic
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "sources" / "README.md").read_text()


def rows(heading: str) -> dict[str, str]:
    """The rows of a table that start with, or have in their second column, a source's name."""
    section = PAGE.partition(f"{heading}\n")[2].partition("\n## ")[0]
    return {
        name: row
        for row in section.splitlines()
        for name in registry.sources()
        if f"| `{name}` |" in row
    }


@pytest.mark.parametrize("name", registry.sources())
def test_page_tells_how_each_source_delivers_and_is_verified(name: str) -> None:
    row = rows("# Sources")[name].lower()
    source = registry.source(name)
    if not source.sends:
        assert "sends nothing" in row
        return
    assert f"`{source.signature.header}`" in row
    assert {"hmac-sha256": "hmac-sha256"}[source.signature.algorithm] in row
    assert (f"{source.signature.tolerance} s" in row) is bool(source.signature.timestamp_header)


@pytest.mark.parametrize("name", registry.sources())
def test_page_names_exactly_the_handled_events(name: str) -> None:
    handled = rows("## What becomes of an event")[name].split("|")[2]
    assert set(re.findall(r"`([^`]+)`", handled)) == registry.source(name).handled


@pytest.mark.parametrize(
    "model", [generic.Comment, generic.Deletion, generic.Thread, generic.Author]
)
def test_page_names_every_field_of_the_generic_format(model: type[BaseModel]) -> None:
    section = PAGE.partition("## The generic format")[2]
    for field in model.model_fields:
        assert f"`{field}`" in section


@pytest.mark.skipif(
    not (shutil.which("openssl") and shutil.which("curl")),
    reason="openssl or curl is not installed",
)
def test_example_of_the_generic_format_works() -> None:
    received: list[Inbound] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            received.append(Inbound("POST", headers, body, {}, datetime.now(UTC)))
            self.send_response(202)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: a test's output is its assertions."""

    secret = generic.new_secret()
    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        serving = threading.Thread(target=server.handle_request)
        serving.start()
        address = f"http://127.0.0.1:{server.server_port}/hooks/1"
        example = PAGE.partition("```bash\n")[2].partition("```")[0]
        subprocess.run(
            ["bash", "-euo", "pipefail", "-c", example],
            env={**os.environ, "WEBHOOK_URL": address, "WEBHOOK_SECRET": secret, "no_proxy": "*"},
            check=True,
            timeout=30,
        )
        serving.join(timeout=30)
    (inbound,) = received
    verify(generic.SOURCE.signature, inbound, [secret], inbound.received_at)
    generic.validate(inbound)
    (comment,) = generic.parse(inbound, generic.Settings())
    assert comment.text == "Please add a dark mode."
    assert (comment.thread_title, comment.likes) == ("Dark mode", 4)

"""The pages about sources are what their modules declare, and the example of the generic format
works as it stands."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from pydantic import BaseModel

from integrations.contract import Inbound
from integrations.signatures import verify
from integrations.sources import generic
from tests.paths import ROOT
from tests.rules.source_pages import FOLDER, pages

PAGE = (ROOT / "docs" / "sources" / "README.md").read_text()


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.stem)
def test_the_page_about_a_platform_says_what_its_module_says(path: Path) -> None:
    """Write it anew with ``python -m tests.rules.source_pages``."""
    assert path.read_text(encoding="utf-8") == pages()[path]


def test_there_is_no_page_about_a_platform_that_is_gone() -> None:
    written = {path for path in FOLDER.glob("*.md") if path.name != "README.md"}
    assert written == set(pages())


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

"""A tracker that repeats our request in an error gets no secret into ours."""

from __future__ import annotations

import base64
import http.server
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest

from integrations import registry
from integrations.network import Network
from integrations.tracker_contract import Draft, TrackerError
from tests.scenes.company import Serving, running

CASES: dict[str, tuple[dict[str, str], str]] = {
    "github": ({"repository": "acme/app"}, "github"),
    "jira-cloud": ({"project": "APP", "deployment": "cloud"}, "jira"),
    "jira-data-center": ({"project": "APP", "deployment": "data_center"}, "jira"),
    "gitlab": ({"project": "acme/app"}, "gitlab"),
}
EMAIL, TOKEN = "relay@acme.example", "ATATT3x/fF+GsECReT="
BASIC = base64.b64encode(f"{EMAIL}:{TOKEN}".encode()).decode()
FORMS = {
    "token": TOKEN,
    "url": quote(TOKEN, safe=""),
    "url in lower case": quote(TOKEN, safe="").lower(),
    "base64": base64.b64encode(TOKEN.encode()).decode(),
    "basic": BASIC,
    "basic, url": quote(BASIC, safe=""),
    "basic without padding": BASIC.rstrip("="),
    "another user": base64.b64encode(f"someone:{TOKEN}".encode()).decode(),
    "hex": TOKEN.encode().hex(),
}


class _Echo(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        server: Any = self.server
        told = f"{server.words} from {self.headers.get('Authorization')} was refused"
        body = json.dumps(
            {
                "message": told,
                "errors": {"summary": told} if "/rest/" in self.path else [{"message": told}],
                "errorMessages": [told],
            }
        ).encode()
        self.send_response(server.status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/json")
        if server.in_header:
            self.send_header("X-Authentication-Denied-Reason", told)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def do_PUT(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: Any) -> None:
        del format, args


class Echoing(Serving):
    status, words, in_header = 400, "", False


@pytest.fixture(scope="module")
def echo() -> Iterator[Echoing]:
    server = Echoing(_Echo)
    with running(server):
        yield server


def leaks(text: str) -> list[str]:
    """The forms of our token that a text holds; its first half counts as well."""
    lowered = text.lower()
    halves = {name: form[: len(form) * 2 // 3].lower() for name, form in FORMS.items()}
    return [name for name, half in halves.items() if half in lowered]


@pytest.mark.parametrize("case", sorted(CASES))
@pytest.mark.parametrize("form", sorted(FORMS))
@pytest.mark.parametrize("in_header", [False, True])
async def test_no_form_of_the_token_comes_back(
    case: str,
    form: str,
    in_header: bool,
    echo: Echoing,
    draft: Callable[..., Draft],
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings, kind = CASES[case]
    tracker_type = registry.tracker(kind)
    echo.words, echo.in_header = FORMS[form] + " ", in_header
    tracker = tracker_type.open(
        tracker_type.settings.model_validate(
            {**settings, "base_url": f"http://127.0.0.1:{echo.port}"}
        ),
        tracker_type.credentials.model_validate({"email": EMAIL, "token": TOKEN}),
        network=Network(allow_private=True),
    )
    sentences = []
    for status in (400, 401, 403, 404, 409, 410, 422, 429, 500, 503):
        echo.status = status
        with pytest.raises(TrackerError) as caught:
            await tracker.create(draft())
        sentences += [caught.value.detail, str(caught.value), repr(caught.value)]
        sentences += [f"{finding}" for finding in await tracker.check()]
    await tracker.close()
    assert any("was refused" in sentence for sentence in sentences), "the complaint is told"
    assert leaks("\n".join(sentences)) == []
    captured = capfd.readouterr()
    assert leaks(captured.out + captured.err + caplog.text) == []


async def test_a_token_at_the_end_of_a_long_complaint_is_not_cut_into_the_sentence(
    echo: Echoing, draft: Callable[..., Draft]
) -> None:
    tracker_type = registry.tracker("github")
    echo.words, echo.status = "x" * 490 + TOKEN, 400
    tracker = tracker_type.open(
        tracker_type.settings.model_validate(
            {"repository": "acme/app", "base_url": f"http://127.0.0.1:{echo.port}"}
        ),
        tracker_type.credentials.model_validate({"token": TOKEN}),
        network=Network(allow_private=True),
    )
    with pytest.raises(TrackerError) as caught:
        await tracker.create(draft())
    await tracker.close()
    assert TOKEN[:5] not in caught.value.detail

"""A server on loopback that speaks the OpenAI API as far as it is asked, and answers what a test
put in."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Answer:
    """One HTTP answer. ``hang``: nothing is sent until the server stops. ``lost``: the connection
    ends instead."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    hang: bool = False
    lost: bool = False


def says(content: object) -> Answer:
    """A chat completion whose message holds ``content`` (an object becomes JSON)."""
    written = content if isinstance(content, str) else json.dumps(content)
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": written},
        "finish_reason": "stop",
    }
    return Answer(
        body=json.dumps({"id": "x", "object": "chat.completion", "choices": [choice]}).encode()
    )


@dataclass
class SmallModel:
    """``answers`` are given in turn, the last one again and again; ``asked`` holds the requests."""

    url: str
    answers: list[Answer] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    models: list[str] = field(default_factory=lambda: ["tiny:latest"])

    def comments(self, number: int = -1) -> list[str]:
        """What was sent as comments."""
        comments: list[str] = json.loads(self.asked[number]["messages"][1]["content"])["comments"]
        return comments


@contextmanager
def small_model(*answers: Answer) -> Iterator[SmallModel]:
    """A running server."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != "/v1/models" or not model.models:
                self._send(Answer(404))
                return
            data = [{"id": name, "object": "model"} for name in model.models]
            self._send(Answer(body=json.dumps({"object": "list", "data": data}).encode()))

        def do_POST(self) -> None:
            if self.path != "/v1/chat/completions":
                self._send(Answer(404))
                return
            model.keys.append(self.headers.get("authorization", ""))
            model.asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            answer = model.answers.pop(0) if len(model.answers) > 1 else model.answers[0]
            if answer.hang:
                over.wait(30)
            elif not answer.lost:
                self._send(answer)

        def _send(self, answer: Answer) -> None:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        model = SmallModel(f"http://127.0.0.1:{server.server_address[1]}/v1", list(answers))
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        thread.start()
        try:
            yield model
        finally:
            over.set()
            server.shutdown()
            thread.join()

"""A program that takes our signed events, in tests: it verifies them with the library that Standard
Webhooks publish, and passes over what it knows."""

from __future__ import annotations

import http.server
import json
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from tests.scenes.company import Serving

RECEIVER_SECRET = "whsec_" + "c2VjcmV0" * 4


class _Taking(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        receiver = self.server
        try:
            event = Webhook(receiver.secret).verify(body, dict(self.headers.items()))
        except WebhookVerificationError:
            self._answer(401, {"error": "the signature is wrong"})
            return
        message_id = str(self.headers["webhook-id"])
        receiver.arrived.append((message_id, event))
        if message_id not in receiver.by_id:
            receiver.by_id[message_id] = event
        if receiver.faults and event["type"] != "ping":
            fault = receiver.faults.pop(0)
            if fault == "lost":
                self.close_connection = True
                self.connection.close()
                return
            self._answer(int(fault), {"error": "told to fail"})
            return
        self._answer(200, receiver.answers.get(event["type"]))

    def _answer(self, status: int, value: Any) -> None:
        body = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        del format, args


class Receiver(Serving):
    """``arrived`` is every event that was verified, with its id; ``by_id`` what the program keeps.
    ``answers`` by kind of event; ``faults`` strike one after the other, after the work: a status,
    or ``lost`` for an answer that never comes."""

    def __init__(self) -> None:
        super().__init__(_Taking)
        self.secret = RECEIVER_SECRET
        self.arrived: list[tuple[str, dict[str, Any]]] = []
        self.by_id: dict[str, dict[str, Any]] = {}
        self.answers: dict[str, dict[str, Any]] = {}
        self.faults: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/relay"

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        """What the program did, each event once."""
        return [event["data"] for event in self.by_id.values() if event["type"] == kind]

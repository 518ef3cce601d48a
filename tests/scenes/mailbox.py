"""A mail server on a real socket that keeps what it gets, and refuses as it is told to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from app.config import MailServer

pytest.importorskip("aiosmtpd", reason="the mail server that tests talk to is not installed")
from aiosmtpd.controller import Controller  # type: ignore[import-not-found,unused-ignore]
from aiosmtpd.smtp import (  # type: ignore[import-not-found,unused-ignore]
    AuthResult,
    LoginPassword,
)

USER, PASSWORD = "relay", "hunter2-hunter2"


@dataclass
class Mailbox:
    """What arrived. ``to_recipients`` and ``to_data`` are answers that come before the usual ones,
    one each; ``hangs_up``: it takes a mail and ends the connection without a word."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    to_recipients: list[str] = field(default_factory=list)
    to_data: list[str] = field(default_factory=list)
    hangs_up: bool = False

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if self.to_recipients:
            return self.to_recipients.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.to_data:
            return self.to_data.pop(0)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        if self.hangs_up:
            server.transport.close()
        return "250 OK"

    def server(self, **changes: Any) -> MailServer:
        """The settings by which it is reached."""
        fields: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": self.port,
            "tls": "none",
            "user": USER,
            "password": PASSWORD,
            "sender": "Feedback Relay <relay@example.org>",
        }
        return MailServer(**{**fields, **changes})


def _authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> Any:
    assert isinstance(data, LoginPassword)
    right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)


class _AnyPort(Controller):  # type: ignore[misc,unused-ignore]  # has types where it is installed
    """Listens on a port that is free."""

    def _trigger_server(self) -> None:
        listening: Any = self.server
        self.port = listening.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call,unused-ignore]


@contextmanager
def open_mailbox() -> Iterator[Mailbox]:
    """A mail server until the end of the block."""
    mailbox = Mailbox()
    controller = _AnyPort(
        mailbox,
        hostname="127.0.0.1",
        port=0,
        authenticator=_authenticate,
        auth_require_tls=False,
        auth_required=True,
    )
    controller.start()
    try:
        mailbox.port = controller.port
        yield mailbox
    finally:
        controller.stop()

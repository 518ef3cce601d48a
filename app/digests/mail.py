"""Mails by SMTP: one message to one address, and what the server said about it."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, make_msgid, parseaddr
from functools import partial
from uuid import UUID

import anyio.to_thread

from app.config import MailServer
from app.digests.failures import SendFailed
from app.digests.html_mail import as_html
from app.digests.message import Message
from app.digests.plain_text import as_text

MAIL_TIMEOUT_SECONDS = 30.0
SERVER_SAYS_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Envelope:
    """Whom a mail goes to, the id that makes it the same one, and how it is ended (blank where it
    was asked for once)."""

    to: str
    id: UUID
    off_url: str = ""


def build_mail(
    message: Message, envelope: Envelope, server: MailServer, base_url: str
) -> EmailMessage:
    """The mail with its plain-text twin. RFC 2369 and RFC 8058 say how it is ended by one click."""
    mail = EmailMessage()
    # Headers refuse line ends, and titles are words of people.
    mail["Subject"] = " ".join(message.title.split())[:200]
    mail["From"] = server.sender
    mail["To"] = envelope.to
    mail["Date"] = format_datetime(datetime.now(UTC))
    domain = parseaddr(server.sender)[1].rpartition("@")[2] or "localhost"
    mail["Message-ID"] = make_msgid(idstring=envelope.id.hex, domain=domain)
    mail["Auto-Submitted"] = "auto-generated"
    if envelope.off_url:
        mail["List-Unsubscribe"] = f"<{envelope.off_url}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    text = as_text(message, base_url)
    if envelope.off_url:
        text += f"\nSend me no more of these: {envelope.off_url}\n"
    mail.set_content(text)
    mail.add_alternative(as_html(message, base_url, envelope.off_url), subtype="html")
    return mail


async def send_mail(server: MailServer, mail: EmailMessage) -> None:
    """Give a mail to the server. Raises SendFailed."""
    await anyio.to_thread.run_sync(partial(_send, server, mail))


async def check_mail(server: MailServer) -> None:
    """Connect and sign in, and send nothing. Raises SendFailed."""
    await anyio.to_thread.run_sync(partial(_check, server))


def _check(server: MailServer) -> None:
    with _connection(server):
        pass


def _send(server: MailServer, mail: EmailMessage) -> None:
    with _connection(server) as smtp:
        sender = parseaddr(server.sender)[1]
        recipient = parseaddr(str(mail["To"]))[1]
        for step in (
            lambda: smtp.mail(sender),
            lambda: smtp.rcpt(recipient),
            lambda: smtp.docmd("DATA"),
        ):
            _expect(_reply(step))
        # From here on the server may have taken it, whether or not its answer comes back.
        try:
            smtp.send(_on_the_wire(mail))
            answer = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            raise SendFailed(
                "answer_lost",
                "The mail server did not answer after it had the whole mail.",
                ambiguous=True,
            ) from error
        _expect(answer)


def _on_the_wire(mail: EmailMessage) -> bytes:
    """The mail as RFC 5321 has it: lines that begin with a dot get another, one alone ends it."""
    lines = mail.as_bytes(policy=SMTP_POLICY).removesuffix(b"\r\n").split(b"\r\n")
    stuffed = [b"." + line if line.startswith(b".") else line for line in lines]
    return b"\r\n".join([*stuffed, b".", b""])


class _Connected:
    """An open connection, which is said goodbye to however the mail went."""

    def __init__(self, smtp: smtplib.SMTP) -> None:
        self.smtp = smtp

    def __enter__(self) -> smtplib.SMTP:
        return self.smtp

    def __exit__(self, *_: object) -> None:
        self.smtp.close()


def _connection(server: MailServer) -> _Connected:
    """A connection on which mail is taken. Raises SendFailed, of which none is ambiguous."""
    where = f"{server.host}:{server.port}"
    context = ssl.create_default_context(cafile=server.ca_file or None)
    try:
        if server.tls == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=MAIL_TIMEOUT_SECONDS, context=context
            )
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=MAIL_TIMEOUT_SECONDS)
    except ssl.SSLError as error:
        raise _untrusted(where) from error
    except smtplib.SMTPResponseException as error:
        raise _refused(error.smtp_code, error.smtp_error) from error
    except (OSError, smtplib.SMTPException) as error:
        raise _unreachable(where) from error
    try:
        smtp.ehlo_or_helo_if_needed()
        if server.tls == "starttls":
            smtp.starttls(context=context)
            smtp.ehlo()
        if server.user:
            smtp.login(server.user, server.password)
    except BaseException as error:
        smtp.close()
        raise _not_let_in(error, where) from error
    return _Connected(smtp)


def _not_let_in(error: BaseException, where: str) -> BaseException:
    """What went wrong before a mail was named. Only codes are told of a sign-in: some servers
    repeat what was sent."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return SendFailed(
            "mail_login_refused",
            f"The mail server does not let us in (it answered {error.smtp_code}): look at "
            "RELAY_SMTP_USER and RELAY_SMTP_PASSWORD.",
            permanent=error.smtp_code >= 500,
        )
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return SendFailed(
            "mail_not_supported",
            f"The mail server at {where} offers no STARTTLS or no sign-in: look at RELAY_SMTP_TLS "
            "and RELAY_SMTP_USER.",
            permanent=True,
        )
    if isinstance(error, ssl.SSLError):
        return _untrusted(where)
    if isinstance(error, smtplib.SMTPResponseException):
        return _refused(error.smtp_code, error.smtp_error)
    if isinstance(error, OSError | smtplib.SMTPException):
        return _unreachable(where)
    return error


def _reply(step: Callable[[], tuple[int, bytes]]) -> tuple[int, bytes]:
    try:
        return step()
    except (TimeoutError, OSError, smtplib.SMTPException) as error:
        raise SendFailed(
            "mail_server_silent", "The mail server hung up before it had the mail."
        ) from error


def _expect(answer: tuple[int, bytes]) -> None:
    """Raises SendFailed unless the server goes on."""
    code, words = answer
    if not 200 <= code < 400:
        raise _refused(code, words)


def _refused(code: int, words: bytes | str) -> SendFailed:
    answer_words = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    answer_words = " ".join(answer_words.split())[:SERVER_SAYS_CHARACTERS]
    permanent = 500 <= code < 600
    detail = f"The mail server answered {code} ({answer_words})."
    if permanent:
        detail += " It would say so again: look at the address and at RELAY_MAIL_FROM."
    return SendFailed("mail_refused", detail, permanent=permanent)


def _unreachable(where: str) -> SendFailed:
    return SendFailed(
        "mail_server_unreachable",
        f"No mail server answers at {where}: look at RELAY_SMTP_HOST, RELAY_SMTP_PORT and "
        "RELAY_SMTP_TLS.",
    )


def _untrusted(where: str) -> SendFailed:
    return SendFailed(
        "mail_server_untrusted",
        f"The mail server at {where} could not prove who it is, or speaks no TLS there: look at "
        "RELAY_SMTP_TLS, or name its authority in RELAY_CA_FILE.",
        permanent=True,
    )

"""Posts of Mastodon ("statuses"), as comments of ours.

A post has a number of its own on every server, and an address (``uri``) that is the same on all:
the address names it here, the number is for calls to the one server that is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from integrations import payload
from integrations.contract import Inbound, Visibility
from integrations.source_contract import AuthorRef, CommentEvent, EventType
from integrations.sources.mastodon.settings import Settings
from integrations.text.html import html_to_text

_SEEN_BY = {
    "public": Visibility.public,
    "unlisted": Visibility.public,
    "private": Visibility.private,
    "direct": Visibility.private,
}
MASTODON_IGNORED = {
    "reblog": "A post that somebody passes on is read where it was written.",
    "account.*": "Accounts are not comments.",
    "report.*": "A report to moderators is not a comment.",
}
POLLED_FIELD = "relay_list"
"""Marks a post that was asked for, so that no filter is needed."""


class MastodonAccount(payload.Shape):
    """Who wrote."""

    id: payload.Identifier
    acct: payload.Line = ""
    display_name: payload.Line = ""
    bot: payload.Flag = False


class Attachment(payload.Shape):
    """A picture, a film or a sound."""

    type: payload.Line = ""
    description: payload.Line = ""


class Choice(payload.Shape):
    """What can be chosen in a poll."""

    title: payload.Line = ""


class StatusPoll(payload.Shape):
    """A poll."""

    options: Sequence[Choice] = ()


class Status(payload.Shape):
    """What we read of a post."""

    id: payload.Identifier
    uri: payload.Identifier
    url: payload.Url = ""
    content: payload.Text = ""
    spoiler_text: payload.Text = ""
    account: MastodonAccount
    created_at: payload.Time = None
    edited_at: payload.Time = None
    in_reply_to_id: payload.OptionalId = ""
    favourites_count: payload.Count = 0
    media_attachments: Sequence[Attachment] = ()
    poll: StatusPoll | None = None


def _status(inbound: Inbound) -> dict[str, Any]:
    inner = inbound.json().get("object")
    return inner if isinstance(inner, dict) else {}


def event(inbound: Inbound) -> str:
    """``status.created``, ``status.updated``, or what else the server's webhook calls it."""
    return "reblog" if _status(inbound).get("reblog") else payload.name(inbound.json().get("event"))


def delivery_id(inbound: Inbound) -> str | None:
    """The post with the time of its last edit."""
    status = _status(inbound)
    changed = status.get("edited_at") or status.get("created_at")
    if not isinstance(status.get("uri"), str) or not isinstance(changed, str):
        return None
    return payload.delivery_key(event(inbound), status["uri"], changed[:40])


def visibility(inbound: Inbound, settings: Settings) -> Visibility:
    """Who may read a post."""
    return _SEEN_BY.get(payload.name(_status(inbound).get("visibility")), Visibility.unknown)


def parse(inbound: Inbound, settings: Settings) -> list[CommentEvent]:
    """The post as one comment: what is behind a content warning follows the warning."""
    body = inbound.json()
    status = payload.read(Status, body.get("object"))
    if not body.get(POLLED_FIELD) and not _is_followed(body["object"], settings):
        return []
    text, extras = payload.cut(_text(status))
    changed_at = status.edited_at or status.created_at
    return [
        CommentEvent(
            EventType.edited if status.edited_at else EventType.created,
            status.uri,
            version=payload.version(changed_at, "1" if status.edited_at else "0"),
            thread_id=status.in_reply_to_id or status.id,
            permalink=status.url,
            author=_author(status.account, settings),
            text=text,
            created_at=status.created_at,
            edited_at=status.edited_at,
            opens_thread=not status.in_reply_to_id,
            likes=status.favourites_count,
            extras={
                **extras,
                "status": status.id,
                "account": status.account.id,
                "acct": status.account.acct,
            },
            visibility=visibility(inbound, settings),
        )
    ]


def _is_followed(status: dict[str, Any], settings: Settings) -> bool:
    """A webhook sends every public post of the server."""
    tags = {tag.lower().removeprefix("#") for tag in payload.listed(settings.hashtags)}
    account = settings.account.strip().lower().removeprefix("@")
    if not tags and not account:
        return True
    mentioned = _names(status.get("mentions"), "acct")
    return bool(tags & _names(status.get("tags"), "name")) or account in mentioned


def _names(rows: Any, key: str) -> set[str]:
    listed = rows if isinstance(rows, list) else []
    return {str(one.get(key)).lower() for one in listed if isinstance(one, dict)}


def _text(status: Status) -> str:
    parts = [html_to_text(status.spoiler_text), html_to_text(status.content)]
    if status.poll is not None:
        parts.append("\n".join(f"- {option.title}" for option in status.poll.options))
    text = "\n\n".join(part for part in parts if part)
    if text:
        return text
    shown = [one.description or f"[{one.type or 'file'}]" for one in status.media_attachments]
    return "\n".join(shown)


def _author(account: MastodonAccount, settings: Settings) -> AuthorRef:
    staff = {name.lower().removeprefix("@") for name in payload.listed(settings.staff)}
    staff |= {settings.account.strip().lower().removeprefix("@")} - {""}
    return AuthorRef(
        account.id,
        handle=account.acct or account.id,
        name=account.display_name,
        is_staff=account.acct.lower() in staff,
        is_bot=account.bot,
    )

"""The webhooks of the sandbox: signed as GitHub and Jira sign them, sent behind the answer, and
lost, doubled or out of order where a fault says so."""

from __future__ import annotations

import hashlib
import hmac
import json
import queue
import threading
import uuid
from collections.abc import Callable
from typing import Any

import httpx
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from integrations.certificates import trust
from integrations.network import Network
from integrations.sandbox.gitea.delivery import gitea_headers, gitea_payload
from integrations.sandbox.gitlab.delivery import gitlab_headers, gitlab_payload
from integrations.sandbox.history import PERSON
from integrations.sandbox.jira.shape import status_json
from integrations.sandbox.linear.delivery import linear_headers, linear_payload
from integrations.sandbox.routing import PlainRoute, Reply, json_object
from integrations.sandbox.routing import state_of as _state
from integrations.sandbox.state import JIRA_STATUSES, Hook, SandboxState, Ticket, Vendor

HOOK_TIMEOUT_SECONDS = 10.0
router = APIRouter(route_class=PlainRoute)
Sent = tuple[str, dict[str, str], bytes]
WritePayload = Callable[[SandboxState, Ticket, str, str], dict[str, Any] | None]
WriteHeaders = Callable[[str, bytes], dict[str, str]]
_STOP: Sent = ("", {}, b"")


class HookSender:
    """Sends what happens to tickets to whoever registered a webhook, one after the other, in a
    thread of its own."""

    def __init__(self, state: SandboxState) -> None:
        self._state = state
        self._waiting: queue.Queue[Sent] = queue.Queue()
        self._late: list[Sent] = []
        self._thread = threading.Thread(target=self._send_all, daemon=True)

    def start(self) -> None:
        """Tell of changes from now on."""
        self._state.tell = self.tell
        self._thread.start()

    def stop(self) -> None:
        """Send what waits, then end."""
        self._waiting.put(_STOP)
        self._thread.join(timeout=HOOK_TIMEOUT_SECONDS)

    def tell(self, ticket: Ticket, action: str, author: str) -> None:
        """Put a delivery for every webhook of the ticket's place into the queue."""
        for hook in self._state.saved.hooks:
            if hook.vendor != ticket.vendor or hook.container not in ("", ticket.container):
                continue
            delivery = delivery_of(self._state, hook, ticket, action, author)
            if delivery is None:
                continue
            fault = self._state.faults.take_hook(ticket.slug)
            if fault == "hook_lost":
                continue
            if fault == "hook_late":
                self._late.append(delivery)
                continue
            for _ in range(2 if fault == "hook_twice" else 1):
                self._waiting.put(delivery)
            for late in self._late:
                self._waiting.put(late)
            self._late.clear()

    def _send_all(self) -> None:
        with httpx.Client(
            timeout=HOOK_TIMEOUT_SECONDS, verify=trust(Network()), trust_env=False
        ) as client:
            while (delivery := self._waiting.get()) is not _STOP:
                url, headers, body = delivery
                try:
                    client.post(url, headers=headers, content=body)
                except httpx.HTTPError:
                    continue  # as GitHub does: what did not arrive is not sent again


def delivery_of(
    state: SandboxState, hook: Hook, ticket: Ticket, action: str, author: str
) -> Sent | None:
    """Address, headers and body of what a webhook says of a ticket, signed with its secret; None
    where its tracker says nothing."""
    write_payload, write_headers = _WRITERS[hook.vendor]
    payload = write_payload(state, ticket, action, author)
    if payload is None:
        return None
    body = json.dumps(payload).encode()
    headers = {"content-type": "application/json", **write_headers(hook.secret, body)}
    return hook.url, headers, body


def _digest(secret: str, body: bytes) -> str:
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def _github_headers(secret: str, body: bytes) -> dict[str, str]:
    number = str(uuid.uuid4())
    signature = _digest(secret, body)
    return {
        "x-github-event": "issues",
        "x-github-delivery": number,
        "x-hub-signature-256": signature,
    }


def _jira_headers(secret: str, body: bytes) -> dict[str, str]:
    number = str(uuid.uuid4())
    return {"x-atlassian-webhook-identifier": number, "x-hub-signature": _digest(secret, body)}


def _github(state: SandboxState, ticket: Ticket, action: str, author: str) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "action": action,
        "issue": _github_issue(state, ticket),
        "repository": {"full_name": ticket.container},
        "sender": {"login": author, "type": "User"},
    }
    if moved := state.by_id(ticket.moved_to):
        payload["changes"] = {
            "new_issue": _github_issue(state, moved),
            "new_repository": {"full_name": moved.container},
        }
    return payload


def _github_issue(state: SandboxState, ticket: Ticket) -> dict[str, Any]:
    return {
        "id": ticket.id,
        "number": ticket.number,
        "title": ticket.title,
        "state": ticket.status,
        "state_reason": ticket.reason,
        "html_url": f"{state.base_url}/tickets/{ticket.slug}",
        "updated_at": ticket.updated_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _jira(state: SandboxState, ticket: Ticket, action: str, author: str) -> dict[str, Any]:
    resolution = JIRA_STATUSES[ticket.status][3]
    field = "Key" if action == "moved" else "status"
    return {
        "timestamp": int(ticket.updated_at.timestamp() * 1000),
        "webhookEvent": "jira:issue_deleted" if action == "deleted" else "jira:issue_updated",
        "user": {
            "accountId": author,
            "displayName": "A person" if author == PERSON else author,
        },
        "issue": {
            "id": str(ticket.id),
            "key": ticket.key,
            "self": f"{state.base_url}/rest/api/2/issue/{ticket.id}",
            "fields": {
                "summary": ticket.title,
                "status": status_json(ticket.status),
                "resolution": {"name": resolution} if resolution else None,
            },
        },
        "changelog": {"items": [{"field": field, "toString": ticket.status}]},
    }


_WRITERS: dict[Vendor, tuple[WritePayload, WriteHeaders]] = {
    "github": (_github, _github_headers),
    "jira": (_jira, _jira_headers),
    "gitlab": (gitlab_payload, gitlab_headers),
    "linear": (linear_payload, linear_headers),
    "gitea": (gitea_payload, gitea_headers),
}


@router.get("/repos/{owner}/{name}/hooks")
def github_hooks(request: Request, owner: str, name: str) -> Reply:
    """The webhooks of a repository, without their secrets."""
    if refusal := _refusal(request):
        return refusal
    container = f"{owner}/{name}"
    hooks = [one for one in _state(request).saved.hooks if one.container == container]
    return [{"id": one.id, "config": {"url": one.url}} for one in hooks]


@router.post("/repos/{owner}/{name}/hooks")
@router.patch("/repos/{owner}/{name}/hooks/{number}")
async def add_github_hook(request: Request, owner: str, name: str) -> Reply:
    """Register a webhook of a repository, or change it."""
    if refusal := _refusal(request):
        return refusal
    config = (await json_object(request) or {}).get("config") or {}
    hook = _state(request).add_hook(
        "github", f"{owner}/{name}", str(config.get("url")), str(config.get("secret"))
    )
    return JSONResponse({"id": hook.id, "config": {"url": hook.url}}, 201)


@router.get("/rest/webhooks/1.0/webhook")
def jira_hooks(request: Request) -> Reply:
    """The webhooks of the site, without their secrets."""
    if refusal := _refusal(request):
        return refusal
    hooks = [one for one in _state(request).saved.hooks if one.vendor == "jira"]
    return [_jira_hook(request, one) for one in hooks]


@router.post("/rest/webhooks/1.0/webhook")
@router.put("/rest/webhooks/1.0/webhook/{number}")
async def add_jira_hook(request: Request) -> Reply:
    """Register a webhook of the site, or change it."""
    if refusal := _refusal(request):
        return refusal
    body = await json_object(request) or {}
    hook = _state(request).add_hook("jira", "", str(body.get("url")), str(body.get("secret")))
    return JSONResponse(_jira_hook(request, hook), 201)


def _jira_hook(request: Request, hook: Hook) -> dict[str, Any]:
    base = str(request.base_url).rstrip("/")
    return {"url": hook.url, "self": f"{base}/rest/webhooks/1.0/webhook/{hook.id}"}


def _refusal(request: Request) -> JSONResponse | None:
    if _state(request).settings.may_register_hooks:
        return None
    return JSONResponse({"message": "Resource not accessible by this token"}, 403)

"""Marks an issue as the duplicate of another: by a link of the type *Duplicate*, and, where the
tracker's settings say so, by a transition to a status that is done.

Source: Jira Cloud REST API v3, "Issue links" and "Do transition": the *inward* issue of a new link
is the one that *duplicates* the *outward* one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from integrations.tracker_contract import TicketRef, TrackerError
from integrations.tracker_writes import DuplicateMark
from integrations.trackers.jira.api import JiraApi

DUPLICATE_FIELDS = "status,issuelinks"
_LINK_TYPE = "duplicate"
_DONE = "done"
_NOT_ALLOWED = frozenset({"forbidden", "not_found", "invalid_fields", "unexpected_status"})
NO_LINK_TYPE = "Jira has no link type Duplicate here, so the two are linked by the text alone."
NOT_LINKED = "Jira did not let this account link the duplicate (Link issues)."
CANNOT_CLOSE = "Jira offers no transition by which this account can close the duplicate."
JIRA_LEFT_CLOSED = (
    "A person changed the status of {key} after it was closed as a duplicate ({status}), so it was "
    "left as it is."
)
CANNOT_OPEN = "Jira offers no transition by which {key} gets back to {status}; it stays closed."


def plan(issue: Mapping[str, Any], of: TicketRef | None, *, close: bool) -> DuplicateMark:
    """What is to be done with an issue as it is now."""
    status, category = _status(issue)
    was = status if close and category != _DONE else ""
    link = _link(issue, of.id) if of else ""
    return DuplicateMark(of=of.id if of else "", was_linked=bool(link), was=was)


async def mark(api: JiraApi, issue: Mapping[str, Any], planned: DuplicateMark) -> DuplicateMark:
    """Link and close the issue, as far as that is not done already."""
    marked = planned
    if planned.of and not planned.was_linked and not planned.link and not planned.note:
        marked = await _linked(api, issue, planned)
    if marked.was and not marked.closed:
        marked = await _closed(api, issue, marked)
    return marked


async def unmark(api: JiraApi, issue: Mapping[str, Any], marked: DuplicateMark) -> str:
    """Remove our link, and put the issue back into its status where nobody changed it since; a
    sentence where it was left."""
    if marked.of and not marked.was_linked:
        link = marked.link or _link(issue, marked.of)
        if link and link in _links(issue):
            await api.delete(f"issueLink/{link}")
    status, _ = _status(issue)
    key = str(issue.get("key") or "the issue")
    if not marked.was or status == marked.was:
        return ""
    if not await _is_ours(api, issue, marked):
        return JIRA_LEFT_CLOSED.format(key=key, status=status)
    for transition in await _transitions(api, issue):
        if _leads_to(transition) == marked.was:
            await _go(api, issue, {"transition": {"id": transition["id"]}})
            return ""
    return CANNOT_OPEN.format(key=key, status=marked.was)


async def _linked(api: JiraApi, issue: Mapping[str, Any], planned: DuplicateMark) -> DuplicateMark:
    if link := _link(issue, planned.of):
        return replace(planned, link=link)
    try:
        types = (await api.read("issueLinkType")).get("issueLinkTypes") or []
        name = _duplicate_type(types)
        if not name:
            return replace(planned, note=NO_LINK_TYPE)
        ends = {"inwardIssue": {"id": str(issue["id"])}, "outwardIssue": {"id": planned.of}}
        await api.send("issueLink", {"type": {"name": name}, **ends})
    except TrackerError as error:
        if error.reason not in _NOT_ALLOWED:
            raise
        return replace(planned, note=NOT_LINKED)
    fresh = await api.issue(str(issue["id"]), DUPLICATE_FIELDS)
    return replace(planned, link=_link(fresh, planned.of))


async def _closed(api: JiraApi, issue: Mapping[str, Any], planned: DuplicateMark) -> DuplicateMark:
    status, _ = _status(issue)
    if status != planned.was:  # by a call of ours whose answer was lost, or by somebody else
        was_ours = await _is_ours(api, issue, planned)
        return replace(planned, closed=status) if was_ours else replace(planned, was="")
    closing = [one for one in await _transitions(api, issue) if _is_closing(one)]
    if not closing:
        return replace(planned, was="", note=CANNOT_CLOSE)
    transition = min(closing, key=_closing_rank)
    request: dict[str, Any] = {"transition": {"id": transition["id"]}}
    if resolution := _resolution(transition):
        request["fields"] = {"resolution": {"name": resolution}}
    try:
        await _go(api, issue, request)
    except TrackerError as error:
        if error.reason not in _NOT_ALLOWED:
            raise
        return replace(planned, was="", note=CANNOT_CLOSE)
    return replace(planned, closed=_leads_to(transition))


async def _is_ours(api: JiraApi, issue: Mapping[str, Any], mark: DuplicateMark) -> bool:
    """Whether the status is the one to which we closed the issue, and nobody changed it after."""
    status, category = _status(issue)
    if (mark.closed and status != mark.closed) or category != _DONE:
        return False
    changes = await api.changes(str(issue["id"]), "status")
    account = await api.account_id()
    return bool(changes) and changes[-1].author == account


async def _transitions(api: JiraApi, issue: Mapping[str, Any]) -> list[dict[str, Any]]:
    query = {"expand": "transitions.fields"}
    answer = await api.read(f"issue/{issue['id']}/transitions", query)
    transitions = answer.get("transitions")
    return [one for one in transitions or [] if isinstance(one, dict) and one.get("id")]


async def _go(api: JiraApi, issue: Mapping[str, Any], request: Mapping[str, Any]) -> None:
    await api.send(f"issue/{issue['id']}/transitions", request)


def _status(issue: Mapping[str, Any]) -> tuple[str, str]:
    """The status by its name, and its category."""
    status = (issue.get("fields") or {}).get("status") or {}
    category = (status.get("statusCategory") or {}).get("key")
    return str(status.get("name") or ""), str(category or "")


def _links(issue: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    links = (issue.get("fields") or {}).get("issuelinks") or []
    return {str(link.get("id")): link for link in links if isinstance(link, dict)}


def _link(issue: Mapping[str, Any], of: str) -> str:
    """The id of the link that says that the issue duplicates another one; blank where there is
    none."""
    for link_id, link in _links(issue).items():
        other = link.get("outwardIssue") or {}
        if (
            str(other.get("id")) == of
            and _LINK_TYPE in str((link.get("type") or {}).get("name")).lower()
        ):
            return link_id
    return ""


def _duplicate_type(types: Sequence[Any]) -> str:
    names = [str(one.get("name") or "") for one in types if isinstance(one, dict)]
    exact = [name for name in names if name.lower() == _LINK_TYPE]
    return next(iter(exact + [name for name in names if _LINK_TYPE in name.lower()]), "")


def _leads_to(transition: Mapping[str, Any]) -> str:
    return str((transition.get("to") or {}).get("name") or "")


def _is_closing(transition: Mapping[str, Any]) -> bool:
    category = (transition.get("to") or {}).get("statusCategory") or {}
    return category.get("key") == _DONE


def _closing_rank(transition: Mapping[str, Any]) -> tuple[bool, bool]:
    """What says *duplicate* first, then what says in other words that nothing was done."""
    name = f"{transition.get('name')} {_leads_to(transition)}".lower()
    return _LINK_TYPE not in name, not any(word in name for word in ("won't", "reject", "declin"))


def _resolution(transition: Mapping[str, Any]) -> str:
    """The resolution that says *duplicate*, where the transition asks for one."""
    field = (transition.get("fields") or {}).get("resolution") or {}
    names = [str(one.get("name") or "") for one in field.get("allowedValues") or []]
    return next((name for name in names if name.lower() == _LINK_TYPE), "")

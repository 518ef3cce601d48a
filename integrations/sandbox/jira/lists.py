"""The used part of the Jira REST API beyond single issues: search, and what a check asks."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Query, Request

from integrations.sandbox.jira.jql import BadQuery, select
from integrations.sandbox.jira.shape import JIRA_ACCOUNT, error, issue_json
from integrations.sandbox.routing import PlainRoute, Reply, json_object
from integrations.sandbox.routing import state_of as _state
from integrations.sandbox.state import ISSUE_TYPES

BULK_ISSUES_MAX = 100
router = APIRouter(route_class=PlainRoute, prefix="/rest/api/{version}")


@router.get("/serverInfo")
def server_info(request: Request, version: str) -> Reply:
    cloud = version == "3"
    numbers = [1001, 0, 0] if cloud else [9, 12, 0]
    return {
        "baseUrl": str(request.base_url).rstrip("/"),
        "version": ".".join(map(str, numbers)),
        "versionNumbers": numbers,
        "deploymentType": "Cloud" if cloud else "Server",
        "serverTitle": "Sandbox tracker",
    }


@router.get("/myself")
def myself(version: str) -> Reply:
    return JIRA_ACCOUNT


@router.get("/field")
def field(version: str) -> Reply:
    names = {
        "summary": "Summary",
        "description": "Description",
        "labels": "Labels",
        "status": "Status",
    }
    return [
        {"id": key, "name": name, "custom": False, "clauseNames": [key]}
        for key, name in names.items()
    ]


@router.get("/project/{key}")
def project(request: Request, version: str, key: str) -> Reply:
    key = _state(request).project(key)
    if not _state(request).has_container(key):
        return error(404, f"No project could be found with key '{key}'.")
    types = [{"id": number, "name": name, "subtask": False} for number, name in ISSUE_TYPES.items()]
    return {"id": "10000", "key": key, "name": key, "issueTypes": types}


@router.get("/mypermissions")
def my_permissions(version: str, permissions: str = "") -> Reply:
    return {
        "permissions": {
            key: {"key": key, "havePermission": True} for key in permissions.split(",") if key
        }
    }


@router.get("/issue/createmeta/{key}/issuetypes")
def issue_types(request: Request, version: str, key: str) -> Reply:
    if not _state(request).has_container(key):
        return error(404, f"No project could be found with key '{key}'.")
    types = [{"id": number, "name": name, "subtask": False} for number, name in ISSUE_TYPES.items()]
    return _page("issueTypes" if version == "3" else "values", types)


@router.get("/issue/createmeta/{key}/issuetypes/{number}")
def issue_fields(request: Request, version: str, key: str, number: str) -> Reply:
    if not _state(request).has_container(key) or number not in ISSUE_TYPES:
        return error(404, "The issue type does not exist in this project.")
    plain = {
        "summary": ("Summary", True),
        "description": ("Description", False),
        "labels": ("Labels", False),
    }
    plain |= {"project": ("Project", True), "issuetype": ("Issue Type", True)}
    settings = _state(request).settings
    plain |= {key: (name, True) for key, name in settings.required_fields.items()}
    plain = {key: row for key, row in plain.items() if key not in settings.fields_off_screen}
    fields = [
        {"fieldId": key, "key": key, "name": name, "required": required, "hasDefaultValue": False}
        for key, (name, required) in plain.items()
    ] + settings.jira_fields
    return _page("fields" if version == "3" else "values", fields)


def _page(name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"startAt": 0, "maxResults": 50, "total": len(rows), "isLast": True, name: rows}


@router.post("/issue/bulkfetch")
async def bulk_fetch(request: Request, version: str) -> Reply:
    """Issues by id or key, whatever the search index knows; unknown ones are left out."""
    if version != "3":
        return error(404, "Only Jira Cloud has this address.")
    body = await json_object(request) or {}
    names = [str(name) for name in body.get("issueIdsOrKeys") or []]
    if not 0 < len(names) <= BULK_ISSUES_MAX:
        return error(400, f"Between 1 and {BULK_ISSUES_MAX} issues can be fetched.")
    tickets = [ticket for name in names if (ticket := _state(request).jira(name))]
    fields = body.get("fields") or ["*navigable"]
    return {"issues": [issue_json(request, ticket, version, fields) for ticket in tickets]}


@router.get("/search/jql")
def search_cloud(
    request: Request,
    version: str,
    jql: str = "",
    fields: list[str] = Query(default=[]),
    maxResults: int = 50,  # noqa: N803 - Jira's name
    nextPageToken: str = "",  # noqa: N803 - Jira's name
) -> Reply:
    return _search_cloud(request, version, jql, fields, maxResults, nextPageToken)


@router.post("/search/jql")
async def search_cloud_post(request: Request, version: str) -> Reply:
    body = await json_object(request) or {}
    fields, size = body.get("fields") or [], int(body.get("maxResults") or 50)
    return _search_cloud(
        request,
        version,
        str(body.get("jql") or ""),
        fields,
        size,
        str(body.get("nextPageToken") or ""),
    )


def _search_cloud(
    request: Request, version: str, jql: str, fields: list[str], size: int, token: str
) -> Reply:
    """Ids alone unless fields are asked for; the token is the offset of the next page."""
    if version != "3":
        return error(404, "Only Jira Cloud has this address.")
    if token and not token.isdecimal():
        return error(400, "The nextPageToken is not valid.")
    try:
        matches = select(_state(request).searchable("jira"), jql, bounded=True)
    except BadQuery as problem:
        return error(400, str(problem))
    start = int(token or 0)
    names = [name for part in fields for name in part.split(",") if name]
    page = matches[start : start + size]
    issues = [issue_json(request, t, version, names) if names else {"id": str(t.id)} for t in page]
    last = start + size >= len(matches)
    return {
        "issues": issues,
        "isLast": last,
        **({} if last else {"nextPageToken": str(start + size)}),
    }


@router.get("/search")
def search_data_center(
    request: Request,
    version: str,
    jql: str = "",
    fields: list[str] = Query(default=["*all"]),
    startAt: int = 0,  # noqa: N803 - Jira's name
    maxResults: int = 50,  # noqa: N803 - Jira's name
) -> Reply:
    if version == "3":
        return error(
            410,
            "The requested API has been removed. Please use the newer, enhanced search endpoints.",
        )
    try:
        matches = select(_state(request).searchable("jira"), jql, bounded=False)
    except BadQuery as problem:
        return error(400, str(problem))
    names = [name for part in fields for name in part.split(",")]
    issues = [
        issue_json(request, t, version, names) for t in matches[startAt : startAt + maxResults]
    ]
    return {"startAt": startAt, "maxResults": maxResults, "total": len(matches), "issues": issues}

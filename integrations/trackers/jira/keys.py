"""Looking for an issue by the keys that it can have: reading a key is current at once, while
Jira's search lags behind."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from integrations.tracker_contract import TrackerError
from integrations.trackers.jira.api import STATE_FIELDS, JiraApi

_FETCHED_KEYS = 100
"""The most that bulkfetch takes."""
_FETCHES_MAX = 10
_READ_KEYS_MAX = 200
_MISSES_MAX = 10
"""Keys in a row that are not there, after which no later one is expected. Deleted issues leave
gaps."""
_FIELDS = f"{STATE_FIELDS},labels,description"


async def find_above(api: JiraApi, noted_key: str, marker: str) -> dict[str, Any] | None:
    """The oldest issue above a key (``APP-41``) that carries a marker as a label or in its
    description; None for a note that is no key."""
    project, _, number = noted_key.rpartition("-")
    if not project or not number.isdecimal():
        return None
    read = _fetched if api.cloud else _read_one_by_one
    async for issue in read(api, project, int(number) + 1):
        if _carries(issue, marker):
            return issue
    return None


async def _fetched(api: JiraApi, project: str, first: int) -> AsyncIterator[dict[str, Any]]:
    """The issues from a number on, a hundred keys per call, until a call finds none."""
    for start in range(first, first + _FETCHES_MAX * _FETCHED_KEYS, _FETCHED_KEYS):
        keys = [f"{project}-{number}" for number in range(start, start + _FETCHED_KEYS)]
        issues = await api.issues(keys, _FIELDS)
        if not issues:
            return
        for issue in sorted(issues, key=_number):
            yield issue


async def _read_one_by_one(api: JiraApi, project: str, first: int) -> AsyncIterator[dict[str, Any]]:
    """The issues from a number on. Data Center has no call for many keys."""
    misses = 0
    for number in range(first, first + _READ_KEYS_MAX):
        try:
            issue = await api.issue(f"{project}-{number}", _FIELDS)
        except TrackerError as error:
            if error.reason != "not_found":
                raise
            misses += 1
            if misses == _MISSES_MAX:
                return
        else:
            misses = 0
            yield issue


def _number(issue: dict[str, Any]) -> int:
    number = str(issue.get("key") or "").rpartition("-")[2]
    return int(number) if number.isdecimal() else 0


def _carries(issue: dict[str, Any], marker: str) -> bool:
    fields = issue.get("fields") or {}
    if marker in (fields.get("labels") or []):
        return True
    return f"{marker}-begin" in json.dumps(fields.get("description") or "")

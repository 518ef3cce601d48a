"""Jira Data Center against a stateful stand-in that nobody here wrote: the package jira820 from
PyPI."""

from __future__ import annotations

import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import date

import jira820
import pytest
import uvicorn
from pydantic import SecretStr

from integrations.network import Network
from integrations.tracker_contract import Draft, StatusCategory, Tracker
from integrations.trackers.jira.settings import Deployment, JiraCredentials, JiraSettings
from integrations.trackers.jira.tracker import open_jira

Drafts = Callable[..., Draft]


@pytest.fixture(scope="module")
def peer() -> Iterator[tuple[str, jira820.Store]]:
    config = jira820.Config(
        modules=["Web"], epics_per_module=1, standalone_per_module=1, history_per_module=1
    )
    config.base_date = date(2026, 1, 1)
    store = jira820.build_store(config)
    server = uvicorn.Server(
        uvicorn.Config(jira820.make_app(store), log_level="error", timeout_graceful_shutdown=1)
    )
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}", store
    server.should_exit = True
    thread.join(timeout=10)
    listening.close()


@pytest.fixture
async def tracker(peer: tuple[str, jira820.Store]) -> AsyncIterator[Tracker]:
    settings = JiraSettings(
        base_url=peer[0],
        project="JIRA820",
        deployment=Deployment.data_center,
        issue_type_feature="New Feature",
    )
    opened = open_jira(
        settings, JiraCredentials(token=SecretStr("pat")), network=Network(allow_private=True)
    )
    yield opened
    await opened.close()


async def test_create_find_update_get(
    tracker: Tracker, peer: tuple[str, jira820.Store], draft: Drafts
) -> None:
    store = peer[1]
    before = len(store.issues)
    ref = await tracker.create(draft())
    assert len(store.issues) == before + 1
    assert await tracker.find(draft().marker) == ref
    assert await tracker.find("relay-of-nobody") is None
    by_key = replace(ref, id=ref.key)  # the peer knows issues by their key alone
    issue = store.get_issue(ref.key)
    issue["description"] = "Ours above\r\n\r\n" + issue["description"] + "\n\nOurs below"
    await tracker.update(by_key, draft(people=40))
    text = store.get_issue(ref.key)["description"]
    assert text.startswith("Ours above")
    assert text.endswith("Ours below")
    assert "*40 people*" in text
    state = await tracker.get(by_key)
    assert (state.category, state.title, state.ref) == (StatusCategory.open, draft().title, ref)
    store.delete_issue(ref.key)
    assert (await tracker.get(by_key)).category is StatusCategory.hidden


async def test_check_by_the_older_create_metadata(tracker: Tracker) -> None:
    findings = await tracker.check()
    assert [finding.detail for finding in findings if not finding.ok] == []
    assert {"Issue type Bug", "Issue type New Feature"} <= {finding.subject for finding in findings}

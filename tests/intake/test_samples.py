"""Real recorded payloads, posted through the door with valid signatures, become the comments a
reader expects."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import httpx

from app.intake.parsing import parse_batch
from app.setup.sources import create_source
from app.storage.vault import Vault
from integrations import registry
from integrations.signatures import sign
from tests.paths import recorded_deliveries, shared
from tests.scenes.forum import Forum

NEW = {("issue_comment", "created"), ("discussion_comment", "created"), ("issues", "opened")}


async def post_all(
    forum: Forum,
    vault: Vault,
    client: httpx.AsyncClient,
    platform: str,
    bodies: dict[Path, bytes],
    **chosen: Any,
) -> dict[Path, dict[str, Any]]:
    """Post every body as its platform would; returns the stored deliveries by file."""
    secret = "8f742231b10e8888abcd99yyyzzz85a5"
    settings = {"workspace_url": "https://acme.slack.com"} if platform == "slack" else chosen
    async with forum.database.transaction() as connection:
        source, _ = await create_source(
            connection, vault, forum.product_id, platform, platform, settings, secret
        )
    signature = registry.source(platform).signature
    for number, (path, body) in enumerate(bodies.items()):
        headers = sign(signature, secret, body, id=str(number), timestamp=int(time.time()))
        headers["x-sample"] = path.name
        if platform == "github":
            headers |= {
                "x-github-event": path.name.split(".")[0],
                "x-github-delivery": f"sample-{number}",
            }
        answer = await client.post(f"/hooks/{source.id}", headers=headers, content=body)
        assert answer.status_code == 202, (path.name, answer.text)
    while await parse_batch(forum.database, limit=50, lease=30, max_attempts=3):
        pass
    rows = await forum.rows(
        "select headers, stage, reason, detail from delivery where source_id = %s", source.id
    )
    return {
        path: next(row for row in rows if row["headers"].get("x-sample") == path.name)
        for path in bodies
    }


LEFT_OUT = ("announcements", "polls", "show-and-tell")
"""Categories that are not read, unless the settings name them."""


async def test_recorded_github_deliveries(
    client: httpx.AsyncClient, forum: Forum, vault: Vault
) -> None:
    shared("samples", "github")
    bodies = {path: path.read_bytes() for path in recorded_deliveries("github")}
    assert len(bodies) > 40
    stored = await post_all(forum, vault, client, "github", bodies, keep_private=True)
    assert {row["stage"] for row in stored.values()} == {"parsed", "ignored"}
    assert all(row["detail"] for row in stored.values() if row["stage"] == "ignored")
    comments = {
        row["permalink"]: row
        for row in await forum.rows("select * from comment where permalink <> ''")
    }
    deleted = {
        json.loads(body)[subject]["id"]
        for path, body in bodies.items()
        for event, subject in (
            ("issues", "issue"),
            ("issue_comment", "comment"),
            ("discussion_comment", "comment"),
        )
        if path.name.startswith(f"{event}.deleted.")
    }
    seen = 0
    for path, body in bodies.items():
        name, action = path.name.split(".")[:2]
        if (name, action) not in NEW:
            continue
        payload = json.loads(body)
        subject = payload["issue"] if name == "issues" else payload["comment"]
        if payload.get("issue", {}).get("pull_request"):
            continue
        category = payload.get("discussion", {}).get("category", {}).get("slug")
        if category in LEFT_OUT:
            continue
        row = comments.get(subject["html_url"])
        if row is None:  # a later recording deletes it, so that its address is not kept either
            assert subject["id"] in deleted, path.name
            continue
        if row["deleted_at"] is None and row["edited_at"] is None:
            seen += 1
            first = (subject.get("body") or "").strip().split("\n")[0].split()[:1]
            assert all(word.strip("*_`#>-[]()!") in row["text"] for word in first), path.name
    assert (
        seen >= 1
    )  # most recordings are of the same few comments, which later recordings edit and delete


async def test_recorded_slack_deliveries(
    client: httpx.AsyncClient, forum: Forum, vault: Vault
) -> None:
    """The recorder blanked every value, so ids and a text are filled in; the shapes stay the
    vendor's."""
    bodies = {}
    for number, path in enumerate(sorted(shared("samples", "slack").glob("Message*Payload.json"))):
        payload = json.loads(path.read_text())
        payload |= {"event_id": f"Ev{path.stem}", "team_id": "T1", "event_time": 1_760_000_000}
        fill(payload["event"], path.stem, f"17600000{number:02d}.000100")
        bodies[path] = json.dumps(payload).encode()
    assert len(bodies) >= 7
    stored = await post_all(forum, vault, client, "slack", bodies)
    stages = {path.stem: row["stage"] for path, row in stored.items()}
    assert (
        stages["MessagePayload"]
        == stages["MessageChangedPayload"]
        == stages["MessageDeletedPayload"]
        == "parsed"
    )
    assert stages["MessageChannelJoinPayload"] == stages["MessageChannelTopicPayload"] == "ignored"
    texts = {
        row["text"] for row in await forum.rows("select text from comment where deleted_at is null")
    }
    assert "It crashes: MessagePayload" in texts


def fill(event: dict[str, Any], name: str, ts: str) -> None:
    """Give the blanked ids, times and texts of an event values, where the recording has the
    fields."""
    values = {"channel": "C1", "user": "U1", "team": "T1", "text": f"It crashes: {name}"}
    for key in event:
        if event[key] == "" and (key in values or key.endswith("ts")):
            event[key] = values.get(key, ts)
        elif isinstance(event[key], dict):
            fill(event[key], name, ts)

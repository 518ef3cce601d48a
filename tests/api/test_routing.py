"""Routing rules over HTTP: listed, tried, saved and refused."""

from __future__ import annotations

import uuid
from typing import Any

import httpx

from app.storage.db import Database
from app.storage.vault import Vault
from tests.api.calling import V1, bearer
from tests.scenes.everything import add_everything


async def test_rules_are_tried_saved_and_told_of(
    client: httpx.AsyncClient, database: Database, vault: Vault
) -> None:
    ids = (await add_everything(database, vault)).ids
    admin, reader = await bearer(database), await bearer(database, "read")
    rules = f"{V1}/products/{ids['product_id']}/routing-rules"
    everything = {
        "name": "Everything",
        "tracker_id": ids["tracker_id"],
        "policy": "auto",
        "auto_min_people": 1,
        "auto_min_confidence": 0,
    }
    body = {"rules": [{"name": "Nobody", "filters": {"min_people": 10000}}, everything]}
    tried = (await client.post(f"{rules}/try", json=body, headers=reader)).json()
    assert [(one["rule_name"], one["matched"]) for one in tried["rules"]] == [
        ("Nobody", 0),
        ("Everything", tried["themes"]),
        ("", 0),
    ]
    assert (await client.get(rules, headers=reader)).json() == []
    assert (await client.put(rules, json=body, headers=reader)).status_code == 403

    saved = (await client.put(rules, json=body, headers=admin)).json()
    assert (await client.get(rules, headers=reader)).json() == saved
    assert saved[1]["filters"] == {
        **{key: [] for key in ("kinds", "words", "sources", "languages", "areas", "tones")},
        "min_people": 0,
    }
    theme = f"{V1}/themes/{ids['other_id']}"
    routing = (await client.get(theme, headers=reader)).json()["routing"]
    assert routing == {
        "rule_name": "Everything",
        "rule_id": saved[1]["id"],
        "tracker_id": ids["tracker_id"],
        "policy": "auto",
        "why": "it matches every theme",
    }
    accepted = await client.post(f"{theme}/accept", json={}, headers=admin)
    assert accepted.status_code == 200, accepted.text
    (ticket,) = (await client.get(theme, headers=reader)).json()["theme"]["tickets"]
    assert (ticket["rule_name"], ticket["rule_why"]) == ("Everything", "it matches every theme")

    async def refused(method: str, address: str, sent: Any = None) -> tuple[int, str]:
        answer = await client.request(method, address, json=sent, headers=admin)
        return answer.status_code, answer.json()["reason"]

    def one(**changes: Any) -> dict[str, Any]:
        return {"rules": [{**everything, **changes}]}

    nobody = str(uuid.uuid4())
    tracker = f"{V1}/trackers/{ids['tracker_id']}"
    assert await refused("DELETE", tracker) == (409, "tracker_in_rules")
    assert await refused("PUT", rules, one(id=nobody)) == (404, "rule_not_found")
    assert await refused("PUT", rules, one(tracker_id=nobody)) == (422, "rule_tracker_unknown")
    tones = {"filters": {"tones": ["sad"]}}
    assert await refused("POST", f"{rules}/try", one(**tones)) == (422, "filter_invalid")
    title = {"contents": {"title": "{{ titel }}"}}
    assert await refused("PUT", rules, one(**title)) == (422, "template_invalid")
    value = {"contents": {"values": {"priority": "High"}}}
    assert await refused("PUT", rules, one(**value)) == (422, "field_unknown")
    assert (await client.get(f"{tracker}/fields", headers=reader)).json() == []
    previews = (await client.get(f"{theme}/preview", headers=reader)).json()
    assert [(shown["rule_name"], shown["method"], shown["problem"]) for shown in previews] == [
        ("Everything", "POST", "")
    ]
    many = {"rules": [{"name": str(number)} for number in range(101)]}
    assert await refused("PUT", rules, many) == (422, "too_many_rules")
    typo = await client.put(rules, json=one(filters={"word": ["pdf"]}), headers=admin)
    assert typo.status_code == 422
    assert typo.json()["errors"][0]["field"] == "body.rules.0.filters.word"

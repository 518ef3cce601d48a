"""A rule says what its new tickets look like; the tracker tells which fields it has, and what would
be sent is what is sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from app.config import Settings
from app.errors import Conflict, Invalid
from app.models.states import Policy
from app.setup.routing_filters import RuleFilters
from app.setup.routing_rules import Rule, list_rules, replace_rules
from app.setup.ticket_contents import TicketContents, checked_contents
from app.setup.ticket_fields import known_fields, read_fields, unfilled
from app.setup.ticket_templates import checked_template, filled
from app.storage.db import Database
from app.storage.vault import Vault
from app.tickets.previewing import Preview, preview_tickets
from integrations.network import Network
from integrations.sandbox.server import SandboxServer
from integrations.ticket_fields import TicketField
from tests.scenes.pushing import Bench, open_bench

OPTIONS = [{"id": "1", "name": "High"}, {"id": "2", "name": "Medium"}]
JIRA_FIELDS: list[dict[str, Any]] = [
    {
        "fieldId": "customfield_9",
        "name": "Team",
        "required": True,
        "schema": {"type": "option"},
        "allowedValues": [{"id": "70", "value": "App"}],
    },
    {
        "fieldId": "priority",
        "name": "Priority",
        "required": False,
        "schema": {"type": "priority"},
        "allowedValues": OPTIONS,
    },
    {
        "fieldId": "components",
        "name": "Components",
        "required": False,
        "schema": {"type": "array", "items": "component"},
        "allowedValues": [{"id": "5", "name": "Export"}, {"id": "6", "name": "Login"}],
    },
    {"fieldId": "customfield_8", "name": "Points", "schema": {"type": "number"}},
    {"fieldId": "reporter", "name": "Reporter", "required": False, "schema": {"type": "user"}},
]
CONTENTS = TicketContents(
    title="[{{ product }}] {{ title }}",
    intro="{{ people }} people, @everyone *look*\nAsked for {{ mentions }} times",
    labels=("Loud & clear", "{% if people > 99 %}huge{% endif %}"),
    values={
        "customfield_9": "app",
        "priority": "{{ 'High' if people >= 2 else 'Medium' }}",
        "components": "Export, Login",
        "customfield_8": "{{ people }}",
    },
)


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


async def ask(bench: Bench) -> list[TicketField]:
    async with bench.forum.database.transaction() as connection:
        return await read_fields(
            connection, bench.vault, bench.tracker_id, network=Network(allow_private=True)
        )


async def save(bench: Bench, contents: TicketContents) -> None:
    rule = Rule("All", RuleFilters(), bench.tracker_id, Policy.review, contents=contents)
    async with bench.forum.database.transaction() as connection:
        standing = await list_rules(connection, bench.forum.product_id)
        rule = replace(rule, id=standing[0].id if standing else None)
        await replace_rules(connection, bench.forum.product_id, [rule])


async def preview(bench: Bench, theme_id: Any) -> Preview:
    async with bench.forum.database.transaction() as connection:
        (only,) = await preview_tickets(
            connection,
            bench.vault,
            theme_id,
            base_url="http://relay.test",
            network=Network(allow_private=True),
        )
    return only


async def test_jira_gets_the_fields_that_its_metadata_tells_of(
    database: Database, settings: Settings, vault: Vault, sandbox: SandboxServer
) -> None:
    sandbox.state.settings.jira_fields = JIRA_FIELDS
    bench = await open_bench(database, settings, vault, sandbox, "jira")
    with pytest.raises(Invalid, match="no field 'customfield_9'") as refusal:
        await save(bench, CONTENTS)
    assert refusal.value.reason == "field_unknown"
    fields = await ask(bench)
    assert [(one.id, str(one.shape), bool(one.required_for)) for one in fields] == [
        ("customfield_9", "choice", True),
        ("components", "choices", False),
        ("customfield_8", "number", False),
        ("priority", "choice", False),
    ]
    assert [one.name for one in unfilled(fields, {"priority": "High"})] == ["Team"]
    async with database.transaction() as connection:
        assert await known_fields(connection, bench.tracker_id) == fields

    await save(bench, replace(CONTENTS, values={"customfield_9": "{{ '' if hostile else 'No' }}"}))
    theme_id = await bench.theme()
    await bench.push()
    blocked = await bench.ticket()
    assert (blocked["state"], blocked["reason"]) == ("blocked", "field_invalid")
    assert blocked["detail"].endswith("'No' into the field Team. It takes: App.")
    assert (await preview(bench, theme_id)).problem == blocked["detail"]

    await save(bench, CONTENTS)
    shown = await preview(bench, theme_id)
    assert (shown.method, shown.address) == ("POST", "/rest/api/3/issue")
    assert "a-secret-token" not in str(shown)
    await bench.forum.change("update ticket set state = 'pending', due_at = now(), reason = ''")
    await bench.push()
    assert (await bench.ticket())["detail"] == ""
    (made,) = bench.tickets
    assert (await bench.ticket())["state"] == "created"
    assert made.title == "[Tide] Export to pdf crashes"
    assert made.fields == {
        "customfield_9": {"id": "70"},
        "priority": {"id": "1"},
        "components": [{"id": "5"}, {"id": "6"}],
        "customfield_8": 2.0,
    }
    assert {"loud-clear"} <= set(made.labels)
    assert shown.body is not None
    sent = shown.body["fields"]
    assert (sent["summary"], sent["description"], sent["labels"]) == (
        made.title,
        made.body,
        made.labels,
    )
    # What a rule wrote is people's own: an update leaves it.
    await bench.forum.say("export to pdf crashes", "p9")
    await bench.forum.work()
    await bench.push()
    assert made.title == "[Tide] Export to pdf crashes"
    assert made.body["content"][0]["content"][0]["text"] == "2 people, @everyone *look*"


async def test_github_gets_a_milestone_and_a_type_and_keeps_the_text_above_the_block(
    database: Database, settings: Settings, vault: Vault, sandbox: SandboxServer
) -> None:
    sandbox.state.settings.milestones = {3: "1.0"}
    bench = await open_bench(database, settings, vault, sandbox)
    assert [one.id for one in await ask(bench)] == ["milestone"]
    sandbox.state.settings.issue_types = ["Bug", "Feature"]
    assert [one.id for one in await ask(bench)] == ["milestone", "type"]
    values = {"milestone": "1.0", "type": "{{ kind }}"}
    await save(bench, replace(CONTENTS, values=values))
    theme_id = await bench.theme()
    await bench.push()
    shown = await preview(bench, theme_id)
    (made,) = bench.tickets
    assert made.fields == {"milestone": 3, "type": "Bug"}
    assert shown.body is not None
    assert (shown.body["title"], shown.body["body"]) == (made.title, made.body)
    above = made.body.partition("<!--")[0]
    assert above.startswith("2 people, ")
    assert "@everyone" not in above, "a mention would ping strangers"
    await bench.forum.say("export to pdf crashes", "p9")
    await bench.forum.work()
    await bench.push()
    assert made.body.partition("<!--")[0] == above


async def test_a_tracker_that_does_not_tell_its_fields_changes_nothing(
    database: Database, settings: Settings, vault: Vault, sandbox: SandboxServer
) -> None:
    sandbox.state.settings.milestones = {3: "1.0"}
    bench = await open_bench(database, settings, vault, sandbox)
    fields = await ask(bench)
    faults: list[dict[str, Any]] = [{"mode": "rate_limit"}, {"mode": "lost_response"}]
    faults += [{"mode": "status", "status": code} for code in (401, 403, 404, 410, 422, 500)]
    for fault in faults:
        bench.fail(**fault, path="*/milestones")
        with pytest.raises(Conflict) as refusal:
            await ask(bench)
        assert refusal.value.reason == "tracker_refused", fault
        async with database.transaction() as connection:
            assert await known_fields(connection, bench.tracker_id) == fields, fault


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ titel }}", "there is no 'titel'; use title, kind"),
        ("{{ title", "it cannot be read (line 1)"),
        ("{{ title.__class__ }}", "it holds what is not allowed here (getattr)"),
        ("{{ title['__class__'] }}", "not allowed here (getitem)"),
        ("{% for one in phrases %}x{% endfor %}", "not allowed here (for)"),
        ("{{ 9 ** 9 ** 9 }}", "not allowed here (pow)"),
        ("{{ 'a' * 999999999 }}", "not allowed here (mul)"),
        ("{{ title() }}", "not allowed here (call)"),
        ("{% set title = 1 %}", "not allowed here (assign)"),
        ("{{ title|replace('a', 'b') }}", "there is no filter 'replace'"),
        ("x" * 2_001, "it is longer than 2,000 characters"),
    ],
)
def test_what_is_no_template_is_refused_with_a_sentence(template: str, said: str) -> None:
    with pytest.raises(Invalid) as refusal:
        checked_template(template, "the title")
    assert refusal.value.reason == "template_invalid"
    assert refusal.value.detail.startswith("The template of the title cannot be used: ")
    assert said in refusal.value.detail


def test_a_template_says_what_its_names_hold() -> None:
    template = checked_template(
        "{% if 'de' in languages and people >= 3 %}{{ phrases|first|upper }}{% endif %} ", "x"
    )
    values = {"languages": ["de"], "people": 3, "phrases": ["loud"]}
    assert filled(template, values, "x") == "LOUD"
    assert filled(template, {**values, "people": 2}, "x") == ""
    with pytest.raises(Invalid, match="it cannot be filled in"):
        filled(checked_template("{{ people < title }}", "x"), {"people": 1, "title": "a"}, "x")
    with pytest.raises(Invalid, match="A ticket has no 'colour'"):
        checked_contents({"colour": "red"})

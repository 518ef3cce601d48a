"""What every source promises, tried on every fixture of its folder."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from integrations import registry
from integrations.contract import Inbound, IntegrationError, PayloadError, SignatureRefused
from integrations.signatures import verify
from integrations.source_contract import Source
from tests.contract.signed import signed_by_sender, usable_secret
from tests.contract.source_cases import CASES, FIXTURES, NOW, Case
from tests.paths import ROOT

SOURCES = list(registry.sources().values())

each_fixture = pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.platform}-{case.name}"
)
each_sending_source = pytest.mark.parametrize(
    "source", [source for source in SOURCES if source.sends], ids=lambda source: source.name
)
each_source = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)


def observed(case: Case) -> dict[str, Any]:
    """What a source makes of a delivery, as JSON."""
    source, inbound = case.source, case.inbound
    event = source.event(inbound)
    outcome, reason = registry.outcome(source, event)
    outcome_json: dict[str, Any] = {"event": event, "outcome": outcome}
    if outcome == "ignored":
        outcome_json["why"] = reason
    if source.visibility is not None:
        outcome_json["visibility"] = source.visibility(inbound, case.settings)
    try:
        if source.changes is not None:
            changes = [asdict(change) for change in source.changes(inbound, case.settings)]
            outcome_json |= {"changes": changes} if changes else {}
        if outcome == "handled":
            outcome_json["comments"] = [
                asdict(comment) for comment in source.parse(inbound, case.settings)
            ]
    except PayloadError as error:
        outcome_json["refused"] = {"reason": error.reason, "detail": error.detail}
    as_json: dict[str, Any] = json.loads(
        json.dumps(outcome_json, default=lambda value: value.isoformat())
    )
    for one in [*as_json.get("comments", []), *as_json.get("changes", [])]:
        author = one.get("author") or {}
        if not author.get("identities", True):
            del author["identities"]  # most platforms vouch for none
    return as_json


@each_fixture
def test_fixture_gives_what_its_expectation_says(case: Case) -> None:
    assert observed(case) == case.expected


@each_fixture
def test_delivery_id_is_stable_and_short(case: Case) -> None:
    inbound = case.inbound
    first = case.source.delivery_id(inbound)
    assert first == case.source.delivery_id(replace(inbound, received_at=NOW + timedelta(hours=3)))
    assert first is None or 0 < len(first) <= 200


@each_source
def test_two_fixtures_never_share_a_delivery_id(source: Source[Any]) -> None:
    ids = [source.delivery_id(case.inbound) for case in CASES if case.platform == source.name]
    named = [value for value in ids if value]
    assert len(named) == len(set(named)) > 0


@each_source
def test_every_handled_event_has_a_fixture(source: Source[Any]) -> None:
    events = {observed(case)["event"] for case in CASES if case.platform == source.name}
    assert source.handled - events == set()
    outcomes = {observed(case)["outcome"] for case in CASES if case.platform == source.name}
    assert outcomes == {"handled", "ignored", "unknown"}
    assert any("refused" in observed(case) for case in CASES if case.platform == source.name)


@each_source
def test_nothing_is_both_handled_and_ignored(source: Source[Any]) -> None:
    for event in source.handled:
        assert registry.outcome(source, event) == ("handled", "")
        assert event not in source.ignored
    assert all(reason.endswith(".") for reason in source.ignored.values())


@each_source
def test_guide_can_be_followed_from_a_page(source: Source[Any]) -> None:
    shown = source.guide.format(webhook_url="https://relay.example.com/hooks/1", secret="s3cret")
    assert ("https://relay.example.com/hooks/1" in shown) is source.sends
    assert ("s3cret" in shown) is source.sends
    assert "\n1. " in shown
    assert "\n2. " in shown
    assert "{" not in shown
    assert shown == source.guide.replace(
        "{webhook_url}", "https://relay.example.com/hooks/1"
    ).replace("{secret}", "s3cret")


@each_source
def test_settings_explain_themselves(source: Source[Any]) -> None:
    for name, field in source.settings.model_fields.items():
        assert (field.description or "").endswith("."), name
        assert not field.is_required(), f"{name}: a source is added before it is set up"


@each_sending_source
def test_secret_is_long_and_new_each_time(source: Source[Any]) -> None:
    if source.new_secret is None:
        assert "`{secret}`" in source.guide, "the platform makes it, so the guide says to store it"
        return
    first, second = source.new_secret(), source.new_secret()
    assert first != second
    assert len(first) >= 43
    inbound = signed_by_sender(source.signature, first, b"{}")
    verify(source.signature, inbound, [second, first], NOW)


@each_sending_source
def test_only_a_fresh_right_signature_is_accepted(source: Source[Any]) -> None:
    body = b'{"type": "ping"}'
    signature, secret = source.signature, usable_secret(source.signature)
    inbound = signed_by_sender(signature, secret, body)

    def refused(changed: Inbound, now: datetime = NOW, by: str = secret) -> str:
        with pytest.raises(SignatureRefused) as caught:
            verify(signature, changed, [by], now)
        return caught.value.reason

    verify(signature, inbound, [secret], NOW)
    assert refused(inbound, by="") == "secret_missing"
    assert refused(inbound, by=usable_secret(signature, 1)) == "signature_wrong"
    assert refused(replace(inbound, headers={}, body=body)) == "signature_missing"
    if (signature.otherwise or signature).algorithm == "token":
        return
    name = signature.header
    assert refused(replace(inbound, body=b'{"type": "pinh"}')) == "signature_wrong"
    cut = {**inbound.headers, name: inbound.headers[name][:-6]}
    assert refused(replace(inbound, headers=cut)) == "signature_malformed"
    if signature.timestamp_header:
        assert refused(inbound, now=NOW + timedelta(seconds=301)) == "signature_stale"
        untimed = {**inbound.headers, signature.timestamp_header: ""}
        assert refused(replace(inbound, headers=untimed)) == "timestamp_missing"


@each_source
def test_what_is_not_a_json_object_is_refused(source: Source[Any]) -> None:
    headers = {
        "x-github-event": "issues",
        "x-discourse-event-type": "post",
        "x-discourse-event": "post_created",
    }
    for body in (b"", b"[]", b"{", b"\xff{}", b"null", b'{"a":' * 5000):
        inbound = Inbound("POST", headers, body, {}, NOW)
        with pytest.raises(PayloadError):
            source.event(inbound)


def test_registry_knows_its_sources_by_name() -> None:
    assert list(registry.sources()) == sorted(registry.sources())
    assert {"discourse", "feed", "generic", "github", "slack"} <= set(registry.sources())
    for name, source in registry.sources().items():
        assert registry.source(name) is source
        assert source.name == name
        assert (FIXTURES / name / "_settings.json").exists()


@pytest.mark.parametrize(
    ("find", "reason", "names"),
    [
        (registry.source, "unknown_platform", registry.sources()),
        (registry.tracker, "unknown_tracker", registry.trackers()),
    ],
)
def test_an_unknown_name_is_refused_with_those_there_are(
    find: Callable[[str], object], reason: str, names: Mapping[str, object]
) -> None:
    with pytest.raises(IntegrationError) as caught:
        find("carrier_pigeon")
    assert caught.value.reason == reason
    assert caught.value.detail.endswith(f": choose one of {', '.join(names)}.")


def test_importing_the_registry_imports_no_source() -> None:
    program = (
        "import sys, integrations.registry;"
        "print([name for name in sys.modules if 'sources.' in name])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_wildcards_match_the_family_and_an_exact_name_wins() -> None:
    source = replace(
        SOURCES[0],
        handled=frozenset({"a.made"}),
        ignored={"a.*": "All.", "a.lost": "One.", "b": "Bare."},
    )
    assert registry.outcome(source, "a.made") == ("handled", "")
    assert registry.outcome(source, "a.lost") == ("ignored", "One.")
    assert registry.outcome(source, "a.other") == ("ignored", "All.")
    assert registry.outcome(source, "a") == ("ignored", "All.")
    assert registry.outcome(source, "b") == ("ignored", "Bare.")
    assert registry.outcome(source, "b.c") == ("unknown", "")
    assert registry.outcome(source, "") == ("unknown", "")

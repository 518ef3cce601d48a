"""The docs name every reason a tracker's call can fail with, and nothing that does not exist."""

from __future__ import annotations

import re

from tests.paths import ROOT

SOURCES = [
    ROOT / "integrations" / name
    for name in (
        "failures.py",
        "http.py",
        "addresses.py",
        "requests_guard.py",
        "network.py",
        "certificates.py",
    )
] + sorted((ROOT / "integrations" / "trackers").rglob("*.py"))
SOURCES.append(ROOT / "app" / "tickets" / "filling.py")
RAISED = re.compile(r'(?:TrackerError|IntegrationError|_Permanent)\(\s*"([a-z_]+)"')


def test_every_reason_is_documented() -> None:
    raised = {
        reason for path in SOURCES for reason in RAISED.findall(path.read_text(encoding="utf-8"))
    }
    table = (
        (ROOT / "docs" / "trackers" / "README.md")
        .read_text(encoding="utf-8")
        .partition("## The sandbox")[0]
    )
    documented = set(re.findall(r"^\| `([a-z_]+)` \|", table, re.MULTILINE))
    raised.add("account_changed")  # of app/tickets/identity.py
    assert len(raised) > 15
    assert documented == raised

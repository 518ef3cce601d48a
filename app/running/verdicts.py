"""Findings in one line: what is right, what is wrong with its remedy, and what they are about."""

from __future__ import annotations

from collections.abc import Iterable

from integrations.tracker_contract import Finding


def right(subject: str, detail: str) -> Finding:
    """Nothing is to be done."""
    return Finding(subject, True, detail)


def wrong(subject: str, detail: str, remedy: str) -> Finding:
    """Somebody has to do what ``remedy`` says."""
    return Finding(subject, False, detail, remedy)


def under(heading: str, findings: Iterable[Finding]) -> list[Finding]:
    """The findings with what they are about before their subject: ``tracker repo: credentials``."""
    return [
        Finding(f"{heading}: {finding.subject}", finding.ok, finding.detail, finding.remedy)
        for finding in findings
    ]

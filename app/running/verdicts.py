"""Findings in one line: what is right, what is wrong with its remedy, and what they are about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from integrations.tracker_contract import Finding


def right(subject: str, detail: str) -> Finding:
    """Nothing is to be done."""
    return Finding(subject, True, detail)


def still_to_do(subject: str, detail: str, remedy: str) -> Finding:
    """Nothing is wrong, but it is of no use before somebody does what ``remedy`` says."""
    return Finding(subject, True, detail, remedy, to_do=True)


def wrong(subject: str, detail: str, remedy: str) -> Finding:
    """Somebody has to do what ``remedy`` says."""
    return Finding(subject, False, detail, remedy)


def under(heading: str, findings: Iterable[Finding]) -> list[Finding]:
    """The findings with what they are about before their subject: ``tracker repo: credentials``."""
    return [replace(finding, subject=f"{heading}: {finding.subject}") for finding in findings]

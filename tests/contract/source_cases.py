"""The fixtures of every source: the fixture names the test.

``<event>.json`` is the body, ``<event>.headers.json`` the headers that matter,
``<event>.expected.json`` the outcome.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from integrations import registry
from integrations.contract import Inbound
from integrations.source_contract import Source
from tests.paths import ROOT

FIXTURES = ROOT / "tests" / "fixtures" / "sources"
NOW = datetime(2026, 11, 2, 9, 15, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Case:
    """One fixture: a delivery and where its expectation is."""

    platform: str
    name: str

    @property
    def folder(self) -> Path:
        return FIXTURES / self.platform

    @property
    def source(self) -> Source[Any]:
        return registry.source(self.platform)

    @property
    def settings(self) -> BaseModel:
        settings: BaseModel = self.source.settings.model_validate_json(
            (self.folder / "_settings.json").read_bytes()
        )
        return settings

    @property
    def expected(self) -> dict[str, Any]:
        expected: dict[str, Any] = json.loads(
            (self.folder / f"{self.name}.expected.json").read_text()
        )
        return expected

    @property
    def inbound(self) -> Inbound:
        headers = self.folder / f"{self.name}.headers.json"
        body = (self.folder / f"{self.name}.json").read_bytes()
        return Inbound(
            "POST", json.loads(headers.read_text()) if headers.exists() else {}, body, {}, NOW
        )


CASES = [
    Case(path.parent.name, path.name.removesuffix(".json"))
    for path in sorted(FIXTURES.glob("*/*.json"))
    if not path.name.startswith("_") and path.suffixes == [".json"]
]

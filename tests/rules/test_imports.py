"""Imports point one way, and files stay short."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(path for top in ("app", "integrations", "classifiers") for path in (ROOT / top).rglob("*.py"))
LONGEST = 350

DOORS = {"app.api", "app.web", "app.jobs", "app.commands"}
ENTRIES = {"app.cli", "app.main", "app.worker"}
"""Where the parts are put together: the command line's and the processes' first modules."""


def name_of(path: Path) -> str:
    """The module's dotted name."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(source: str, package: str) -> Iterator[str]:
    """Dotted names that a module of ``package`` imports, wherever in its text; a name taken from a package counts as a
    module of it, since that cannot be told apart here."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def within(module: str, package: str) -> bool:
    """Whether the module is the package or lies in it."""
    return module == package or module.startswith(f"{package}.")


def layer(module: str) -> str:
    """The layer of a module of ``app``: a door (api, web, jobs, commands), entry, models or services."""
    if module in ENTRIES:
        return "entry"
    door = next((door for door in DOORS if within(module, door)), None)
    return door or ("models" if within(module, "app.models") else "services")


@cache
def vendors(folder: str) -> frozenset[str]:
    """Modules of integrations/sources or integrations/trackers that declare one."""
    declares = re.compile(r"^(SOURCE|TRACKER)\b", re.MULTILINE)
    return frozenset(
        path.stem for path in (ROOT / "integrations" / folder).glob("*.py") if declares.search(path.read_text())
    )


def family(module: str) -> str | None:
    """The vendor of a module, as ``github`` of integrations.trackers.github_api; None for what vendors share."""
    parts = module.split(".")
    if parts[0] != "integrations" or len(parts) < 3 or parts[1] not in ("sources", "trackers"):
        return None
    return next((vendor for vendor in vendors(parts[1]) if f"{parts[2]}_".startswith(f"{vendor}_")), None)


def objection(module: str, other: str) -> str | None:
    """Why ``module`` may not import ``other``, or None."""
    mine, theirs = module.split(".")[0], other.split(".")[0]
    if mine in ("integrations", "classifiers"):
        if theirs in {"app", "integrations", "classifiers", "migrations"} - {mine}:
            return f"{mine} stands on its own"
        ours, others = family(module), family(other)
        if others and ours != others and not within(module, "integrations.sandbox"):
            return "one vendor never imports another"
    elif theirs == "integrations" and family(other):
        return "services reach a vendor only through the registry"
    elif theirs == "app" and "." in other:
        return layer_objection(layer(module), layer(other))
    return None


def layer_objection(mine: str, theirs: str) -> str | None:
    """Why a layer of ``app`` may not import another, or None."""
    if mine == "entry" or mine == theirs or theirs == "models":
        return None
    if mine == "models":
        return "models import nothing"
    if theirs in DOORS:
        return f"{theirs} is a door: only the entries import it"
    if theirs == "entry" and mine != "app.commands":
        return "only commands start a process"
    return None


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    module = name_of(path)
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    found = {other: objection(module, other) for other in imported(path.read_text(encoding="utf-8"), package)}
    assert {other: why for other, why in found.items() if why} == {}


@pytest.mark.parametrize(
    ("module", "other"),
    [
        ("integrations.sources.slack", "app.config"),
        ("integrations.http", "classifiers.text"),
        ("classifiers.kind", "integrations.contract"),
        ("integrations.sources.slack", "integrations.sources.github"),
        ("integrations.trackers.jira_api", "integrations.trackers.github_body"),
        ("app.sync", "integrations.trackers.jira"),
        ("app.models.theme", "app.triage"),
        ("app.triage", "app.api.themes"),
        ("app.web.pages.theme", "app.api.themes"),
        ("app.sync", "app.main"),
    ],
)
def test_a_wrong_import_is_noticed(module: str, other: str) -> None:
    assert objection(module, other) is not None


def test_vendors_are_found() -> None:
    assert {"slack", "github", "discourse", "generic"} <= vendors("sources")
    assert {"github", "jira"} <= vendors("trackers")


def test_every_way_to_import_is_seen() -> None:
    source = "import a.b\ndef late():\n    from c import d\nfrom . import e\nfrom ..f import g\n"
    found = set(imported(source, "top.inner"))
    assert {"a.b", "c.d", "top.inner.e", "top.f", "top.f.g"} <= found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_stay_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST

"""Rooms import only rooms below them, and files stay short: ``docs/architecture.md`` has the
picture."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.paths import ROOT
from tests.rules.rooms import ROOMS

TOPS = ("app", "integrations", "classifiers")
MODULES = sorted(path for top in TOPS for path in (ROOT / top).rglob("*.py"))
MOST_LINES = 350

SIDE_BY_SIDE = {
    ("app.commands", "app.demo"),
    ("app.commands", "app.main"),
    ("app.cli", "app.commands"),
}
"""Where the parts are put together: the command line starts the processes, and the demo."""
MANY_PARTS = ("integrations.sources", "integrations.trackers")
"""Folders whose modules are vendors, or what all vendors of the folder share."""
TRAINERS = ("app.commands.learning",)
"""Who may train the shipped heads: a command, when it is called."""


def name_of(path: Path) -> str:
    """The module's dotted name."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(source: str, package: str) -> Iterator[str]:
    """Dotted names that a module of ``package`` imports, wherever in its text; a name taken from a
    package counts as a module of it, since that cannot be told apart here."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")
            base = ".".join(above[: len(above) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, [base, node.module]))
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def room_of(module: str) -> str:
    """The room of a module, as ``app.themes`` of ``app.themes.grouping``."""
    return ".".join(module.split(".")[:2])


@cache
def storey(room: str) -> int | None:
    """How far from the roof a room is; None for a name that is no room."""
    top, _, name = room.partition(".")
    return next((i for i, names in enumerate(ROOMS.get(top, ())) if name in names), None)


@cache
def vendors(folder: str) -> frozenset[str]:
    """The modules and packages of ``integrations.sources`` or ``.trackers`` that are a vendor."""
    declared = {"integrations.sources": "SOURCE", "integrations.trackers": "TRACKER"}[folder]
    place = ROOT.joinpath(*folder.split("."))
    found = [*place.glob("*.py"), *place.glob("*/__init__.py")]
    names = {path.parent.name if path.stem == "__init__" else path.stem: path for path in found}
    return frozenset(name for name, path in names.items() if declared in path.read_text("utf-8"))


def vendor_of(module: str) -> str | None:
    """The vendor of a module, as ``integrations.trackers.github`` of ``...github.api``; None for
    what vendors share."""
    folder = room_of(module)
    name = module.removeprefix(f"{folder}.").split(".")[0]
    return f"{folder}.{name}" if folder in MANY_PARTS and name in vendors(folder) else None


def objection(module: str, other: str) -> str | None:
    """Why ``module`` may not import ``other``, or None."""
    mine, theirs = module.split(".")[0], other.split(".")[0]
    if theirs not in TOPS:
        return None
    if private := private_name(module, other):
        return private
    if mine != theirs:
        return stranger_objection(module, other)
    if (other + ".").startswith("classifiers.training.") and room_of(module) != room_of(other):
        return "training is never imported when serving"
    return vendor_objection(module, other) or storey_objection(room_of(module), room_of(other))


def private_name(module: str, other: str) -> str | None:
    """An underscore name is for the room that it stands in."""
    hidden = next((part for part in other.split(".") if is_private(part)), None)
    if hidden and room_of(module) != room_of(other):
        return f"{hidden} is private to {room_of(other)}"
    return None


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def stranger_objection(module: str, other: str) -> str | None:
    """Why a module may not import one of another top folder, or None."""
    mine = module.split(".")[0]
    if mine in ("integrations", "classifiers"):
        return f"{mine} stands on its own"
    if vendor_of(other):
        return "app reaches a vendor only through integrations.registry"
    if (other + ".").startswith("classifiers.training.") and module not in TRAINERS:
        return "training is never imported when serving"
    return None


def vendor_objection(module: str, other: str) -> str | None:
    """Why a part of one vendor may not import a part of another, or None."""
    mine, theirs = vendor_of(module), vendor_of(other)
    if theirs and theirs != mine and not module.startswith("integrations.sandbox"):
        return "one vendor never imports another, nor does what all of them share"
    return None


def storey_objection(mine: str, theirs: str) -> str | None:
    """Why a room may not import another, or None."""
    if mine == theirs or (mine, theirs) in SIDE_BY_SIDE:
        return None
    ours, others = storey(mine), storey(theirs)
    if ours is None or others is None:
        return None if theirs in TOPS else f"{mine if ours is None else theirs} is no room"
    if ours == others:
        return f"{mine} stands beside {theirs}"
    if ours > others:
        return f"{mine} stands below {theirs}"
    return None


def offences(path: Path) -> list[str]:
    """What the file imports against the rules, a sentence each."""
    module = name_of(path)
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    names = dict.fromkeys(imported(path.read_text(encoding="utf-8"), package))
    return [
        f"{path.relative_to(ROOT)} imports {other}: {why}"
        for other in names
        if (why := objection(module, other))
    ]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    assert offences(path) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_stands_in_a_room(path: Path) -> None:
    module = name_of(path)
    assert module in TOPS or storey(room_of(module)) is not None


@pytest.mark.parametrize(
    ("module", "other", "why"),
    [
        ("integrations.sources.slack.source", "app.config", "stands on its own"),
        ("integrations.http", "classifiers.texts.text", "stands on its own"),
        ("classifiers.kinds.kind", "integrations.contract", "stands on its own"),
        ("classifiers.kinds.kind", "app.config", "stands on its own"),
        ("integrations.sources.slack.source", "integrations.sources.github", "one vendor"),
        ("integrations.trackers.jira.api", "integrations.trackers.github.body", "one vendor"),
        ("integrations.trackers.wording", "integrations.trackers.github.body", "one vendor"),
        ("integrations.text", "integrations.sources.github", "one vendor"),
        ("app.tickets.push", "integrations.trackers.jira.tracker", "only through"),
        ("app.models.theme", "app.triage.decisions", "below"),
        ("app.themes.grouping", "app.triage.decisions", "below"),
        ("app.triage.decisions", "app.api.themes", "below"),
        ("app.web.pages.theme", "app.api.themes", "beside"),
        ("app.queries.themes", "app.jobs.engine", "below"),
        ("app.tickets.push", "app.main", "below"),
        ("app.api.themes", "app.triage.decisions._set_status", "private"),
        ("app.judging.enriching", "classifiers.training.train", "never imported when serving"),
        ("classifiers.refits.refit", "classifiers.training.fitting", "never imported when serving"),
        ("app.attic.trunk", "app.config", "no room"),
    ],
)
def test_a_wrong_import_is_noticed(module: str, other: str, why: str) -> None:
    assert why in (objection(module, other) or "")


def test_an_offence_names_the_file_the_import_and_the_rule(tmp_path: Path) -> None:
    planted = ROOT / "app" / "themes" / "grouping.py"
    source = planted.read_text(encoding="utf-8") + "\nfrom app.triage import decisions\n"
    names = imported(source, "app.themes")
    whys = [f"{other}: {why}" for other in names if (why := objection(name_of(planted), other))]
    assert "app.triage.decisions: app.themes stands below app.triage" in whys


def test_vendors_are_found() -> None:
    assert {"slack", "github", "discourse", "feed", "generic"} <= vendors("integrations.sources")
    trackers = {"gitea", "github", "gitlab", "jira", "linear", "webhook"}
    assert trackers == vendors("integrations.trackers")


def test_every_way_to_import_is_seen() -> None:
    source = "import a.b\ndef late():\n    from c import d\nfrom . import e\nfrom ..f import g\n"
    found = set(imported(source, "top.inner"))
    assert {"a.b", "c.d", "top.inner.e", "top.f", "top.f.g"} <= found


def test_serving_and_working_load_nothing_that_trains() -> None:
    program = "import sys, app.main, app.running.worker; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True, text=True
    )
    loaded = run.stdout.split()
    assert "app.running.worker" in loaded
    assert [name for name in loaded if name.startswith("classifiers.training")] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_stay_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES

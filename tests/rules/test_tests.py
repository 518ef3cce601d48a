"""Rules of the tests themselves."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.check_room import commands
from tests.check_room import main as check_room
from tests.coverage_by_room import by_room
from tests.paths import ROOT
from tests.rooms import room_folders, room_names

TEST_MODULES = sorted((ROOT / "tests").rglob("*.py"))
COLLECTED = ("test_", "bench_", "conftest")
TEST_FILE_MOST_LINES = 350


def imported_modules(tree: ast.Module) -> Iterator[str]:
    """What a module imports, with the names that it takes from there: a name may be a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module or ''}.{name.name}" for name in node.names)


def is_collected(module: str) -> bool:
    """Whether a dotted name leads to a module of tests, of a benchmark, or of fixtures."""
    in_tests, *names = module.split(".")
    if in_tests not in ("tests", ""):
        return False
    return any(name.startswith(COLLECTED) for name in names)


def test_no_module_imports_a_module_of_tests() -> None:
    """What two of them need stands in tests/scenes, or in a module of its own beside them.

    pytest imports a module of tests under a name of its own: imported a second time it is another
    module, with other classes, and its tests are collected where they do not belong.
    """
    wrong = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in TEST_MODULES
        for module in imported_modules(ast.parse(path.read_text(encoding="utf-8")))
        if is_collected(module)
    ]
    assert wrong == []


def test_the_rule_sees_every_way_to_import() -> None:
    said = """
import tests.triage.test_decisions
from tests.web import test_pages
from tests.web.test_pages import page
from tests.conftest import shared
from tests.benchmarks.bench_search import store
from . import test_pages
"""
    seen = [module for module in imported_modules(ast.parse(said)) if is_collected(module)]
    assert len(seen) == 6
    assert not is_collected("tests.scenes.forum.Forum")
    assert not is_collected("app.test_me")


def test_test_files_stay_short() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in TEST_MODULES
    }
    too_long = {name: lines for name, lines in lengths.items() if lines > TEST_FILE_MOST_LINES}
    assert too_long == {}


@pytest.mark.parametrize("name", ["app", *room_names()])
def test_every_room_is_found_by_its_name(name: str) -> None:
    assert room_folders(name)


def test_a_room_is_its_code_with_its_tests() -> None:
    assert room_folders("themes") == ["app/themes", "tests/themes"]
    assert room_folders("app/themes") == ["app/themes", "tests/themes"]
    assert room_folders("texts") == ["classifiers/texts", "tests/classifiers/texts"]
    assert room_folders("classifiers/texts") == room_folders("texts")
    (rules, form, types, tests) = commands(room_folders("rules"), "2")
    assert rules == ["ruff", "check", "tests/rules"]
    assert form == ["ruff", "format", "--check", "tests/rules"]
    assert types == ["mypy", "-p", "tests.rules"]
    assert tests == ["pytest", "-q", "-n", "2", "tests/rules"]


@pytest.mark.parametrize("name", ["", "nowhere", "..", "/", "../app"])
def test_who_names_no_room_is_told_the_rooms(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert check_room([name, "1"]) == 2
    assert "themes, tickets" in capsys.readouterr().err


def test_coverage_is_summed_by_room() -> None:
    def report(lines: int, run: int, branches: int) -> dict[str, dict[str, int]]:
        return {
            "summary": {
                "num_statements": lines,
                "covered_lines": run,
                "num_branches": branches,
                "covered_branches": 0,
            }
        }

    files = {
        "app/cli.py": report(10, 10, 0),
        "app/themes/faces.py": report(6, 3, 4),
        "app/themes/more/links.py": report(2, 1, 0),
    }
    assert {room: str(share) for room, share in by_room(files).items()} == {
        "app": "100.0 %       -",
        "app/themes": " 50.0 %   0.0 %",
    }

"""Rules of the tests themselves."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.paths import ROOT

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

"""Pages, API, commands and demo hold no SQL: a statement stands in the room that owns its table,
or in ``app/queries`` where it only reads."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.paths import ROOT

FACES = ("web", "api", "commands", "demo")
SOURCES = sorted(
    [path for face in FACES for path in (ROOT / "app" / face).rglob("*.py")]
    + [ROOT / "app" / "main.py", ROOT / "app" / "cli.py"]
)
RULE = "no SQL here: move the statement to app/queries, or to the room that owns the table"
STATEMENT = re.compile(
    r"\s*(select\s.+|insert\s+into\s.+|update\s+\w+\s+set\s.+|delete\s+from\s.+|with\s+\w+\s+as\s*\(.+)",
    re.IGNORECASE | re.DOTALL,
)
SELECTS_SOMETHING = re.compile(r"\s*select\b.*(\bfrom\b|\(|\d|%|')", re.IGNORECASE | re.DOTALL)
EXECUTING_METHODS = ("execute", "executemany")


def sql_in(source: str, name: str) -> list[str]:
    """The SQL of a module, a line each: file, line and rule."""
    tree = ast.parse(source)
    lines = sorted(set(offending_lines(tree, docstrings(tree))))
    return [f"{name}:{line}: {RULE}" for line in lines]


def offending_lines(tree: ast.Module, prose: set[ast.AST]) -> Iterator[int]:
    """Where a string is a statement, or a call runs one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr) and node not in prose:
            if is_statement(text_of(node)):
                yield node.lineno
        elif (isinstance(node, ast.Call) and runs_sql(node)) or (
            isinstance(node, ast.ImportFrom) and imports_select(node)
        ):
            yield node.lineno


def text_of(node: ast.Constant | ast.JoinedStr) -> str:
    """What a string says; an f-string with a name for each value in it, blank for a number."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    parts = (part.value if isinstance(part, ast.Constant) else "value" for part in node.values)
    return "".join(map(str, parts))


def is_statement(text: str) -> bool:
    """Whether a string is SQL rather than a sentence that begins with the same word."""
    if not STATEMENT.fullmatch(text):
        return False
    return not text.lstrip().lower().startswith("select") or bool(SELECTS_SOMETHING.match(text))


def runs_sql(call: ast.Call) -> bool:
    """Whether a call is ``.execute(...)``, ``session.exec(...)`` or the ORM's ``select(...)``."""
    function = call.func
    if isinstance(function, ast.Name):
        return function.id == "select"
    if not isinstance(function, ast.Attribute):
        return False
    of_session = isinstance(function.value, ast.Name) and function.value.id.endswith("session")
    return function.attr in EXECUTING_METHODS or (function.attr == "exec" and of_session)


def imports_select(node: ast.ImportFrom) -> bool:
    """Whether ``select`` comes in, under whatever name."""
    from_orm = (node.module or "").split(".")[0] in ("sqlalchemy", "sqlmodel")
    return from_orm and any(alias.name == "select" for alias in node.names)


def docstrings(tree: ast.Module) -> set[ast.AST]:
    """Strings that stand alone: documentation, of a module, a function or a constant."""
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "app")))
def test_faces_hold_no_sql(path: Path) -> None:
    offences = sql_in(path.read_text("utf-8"), str(path.relative_to(ROOT)))
    assert not offences, "\n".join(offences)


@pytest.mark.parametrize(
    "line",
    [
        'QUERY = "select id from theme where status = %s"',
        'QUERY = """\n    SELECT 1\n"""',
        'QUERY = "update tracker set checked_at = now() where id = %s"',
        'QUERY = "insert into ticket (id) values (%s)"',
        'QUERY = "delete from login_session"',
        'QUERY = "with own as (select 1) select * from own"',
        'QUERY = f"select {columns} from theme"',
        "row = connection.execute(QUERY)",
        "row = (await connection.execute(QUERY)).fetchone()",
        "rows = session.exec(query)",
        "query = select(Theme)",
        "from sqlmodel import select as choose",
    ],
)
def test_an_offence_is_seen(line: str) -> None:
    planted = f'"""A page."""\n\n{line}\n'
    if "await" in line:
        planted = f'"""A page."""\n\nasync def page():\n    {line}\n'
    offence = sql_in(planted, "app/web/pages/planted.py")
    assert [text.split(": ", 1)[1] for text in offence] == [RULE]
    assert re.match(r"app/web/pages/planted\.py:[34]: ", offence[0])


@pytest.mark.parametrize(
    "line",
    [
        '"""select id from theme: a docstring may name a statement."""',
        'SENTENCE = "Select at least one theme first."',
        'SENTENCE = "The selection holds something that is no theme; select again."',
        'SENTENCE = "Update the tracker, then try again."',
        'SENTENCE = "With --data, which needs it: the folder the heads go to."',
        'SENTENCE = "Delete a source with its deliveries and comments."',
        "command.run(query)",
        "element.select(option)",
        "rows = fetch_all(connection, QUERY)",
    ],
)
def test_sentences_are_no_sql(line: str) -> None:
    assert not sql_in(f'"""A page."""\n\n{line}\n', "app/web/pages/planted.py")

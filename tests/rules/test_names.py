"""Names say what they hold, a constant stands in one module, and no line is made dense.

What older code still has is counted in ``names_remaining.json``, and the counts may only shrink.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.rules import names
from tests.rules.names import (
    RULES,
    Offence,
    complaints,
    constants,
    count_remaining,
    fmt_skips,
    nested_awaits,
    real_sources,
    remaining,
    shared_constants,
    vague_locals,
)

REMAINING = remaining()
"""How many offences each file may still have, by rule: they may only become fewer."""


@pytest.fixture(scope="module")
def sources() -> Mapping[str, str]:
    return real_sources()


@pytest.mark.parametrize("rule", RULES)
def test_the_product_keeps_the_rule(rule: str, sources: Mapping[str, str]) -> None:
    assert complaints(list(RULES[rule](sources)), REMAINING[rule]) == []


def test_the_product_is_read(sources: Mapping[str, str]) -> None:
    assert {path.partition("/")[0] for path in sources} == {"app", "integrations", "classifiers"}
    assert "integrations/sources/slack/source.py" in sources


@pytest.mark.parametrize(
    "source",
    [
        "def f(found):\n    pass\n",
        "def f(*, found=1):\n    pass\n",
        "def f(*found):\n    pass\n",
        "def f(**found):\n    pass\n",
        "x = lambda found: 1\n",
        "def f():\n    found = 1\n",
        "def f():\n    found: int = 1\n",
        "def f():\n    (a, found), b = 1, 2\n",
        "async def f():\n    async for found in x: pass\n",
        "def f():\n    with x as found: pass\n",
        "def f():\n    try: pass\n    except E as found: pass\n",
        "def f():\n    return (found := 1)\n",
        "def f():\n    return [found for found in x]\n",
        "def f():\n    match x:\n        case {'a': found}: pass\n",
        "def f():\n    match x:\n        case [*found]: pass\n",
        "def f():\n    match x:\n        case {'a': 1, **found}: pass\n",
        "class C:\n    def f(self, found): pass\n",
        "x = [found for found in y]\n",
    ],
)
def test_a_vague_variable_is_noticed(source: str) -> None:
    (offence,) = vague_locals({"app/a.py": source})
    line = next(i for i, text in enumerate(source.splitlines(), 1) if "found" in text)
    assert str(offence) == (
        f"app/a.py:{line}: `found` fits any value; call the variable what it holds."
    )


@pytest.mark.parametrize(
    "source",
    [
        "def f(found_ticket):\n    profound = 1\n",
        "class Row:\n    found: int = 1\n",
        "def found():\n    return x.found\n",
        "def f():\n    x.found = 1\n    return g(found=1)\n",
    ],
)
def test_fields_functions_and_longer_names_are_no_variables(source: str) -> None:
    assert list(vague_locals({"app/a.py": source})) == []


def test_a_variable_counts_once_for_each_function() -> None:
    source = "def f(made):\n    made = 1\n    def g(made):\n        return [made for made in x]\n"
    assert [offence.line for offence in vague_locals({"app/a.py": source})] == [1, 3]


def test_a_constant_in_two_modules_is_noticed_in_both() -> None:
    offences = list(
        shared_constants({"app/a.py": "x = 1\n_LIMIT = 1\n", "app/b.py": "LIMIT: int = 2\n"})
    )
    assert [str(offence) for offence in offences] == [
        "app/a.py:2: `LIMIT` is a constant of app/b.py as well; a constant's name stands in one "
        "module.",
        "app/b.py:1: `LIMIT` is a constant of app/a.py as well; a constant's name stands in one "
        "module.",
    ]


def test_constants_are_upper_case_names_of_the_module() -> None:
    source = "A, (B_2, c) = 1, (2, 3)\n__D = E = 1\ndef f():\n    F = 1\nclass G:\n    H = 1\n"
    assert list(constants(source)) == [("A", 1), ("B_2", 1), ("D", 2), ("E", 2)]


def test_what_every_platform_declares_may_stand_twice() -> None:
    source = "SOURCE = 1\nTRACKER = 2\nT = TypeVar('T')\nS = TypeVar('S')\n"
    assert list(shared_constants({"app/a.py": source, "app/b.py": source})) == []


def test_a_skipped_format_is_noticed() -> None:
    source = 'x = "# fmt: skip"\ny = [  1]  # fmt: skip\n'
    assert [str(offence) for offence in fmt_skips({"app/a.py": source})] == [
        "app/a.py:2: `fmt: skip` hides a line from the formatter; let it write the line."
    ]


@pytest.mark.parametrize(
    "expression",
    [
        "await (await c.execute()).fetchone()",
        "await (\n        await c.execute()\n    ).rows[0].read()",
        "await (await f())",
    ],
)
def test_a_nested_await_is_noticed(expression: str) -> None:
    (offence,) = nested_awaits({"app/a.py": f"async def f():\n    x = {expression}\n"})
    assert str(offence) == (
        "app/a.py:2: `await (await` waits twice in one expression; give the first result a name, "
        "or read rows with `app.storage.rows`."
    )


def test_an_awaited_argument_is_not_nested() -> None:
    source = "async def f():\n    x = (await g()).name\n    await h(await g())\n"
    assert list(nested_awaits({"app/a.py": source})) == []


def test_a_file_may_have_exactly_what_remains() -> None:
    offences = [Offence("app/a.py", 7, "No."), Offence("app/a.py", 3, "No.")]
    assert complaints(offences, {"app/a.py": 2}) == []
    assert complaints(offences, {"app/a.py": 1}) == ["app/a.py:3: No.", "app/a.py:7: No."]
    assert complaints(offences, {}) == ["app/a.py:3: No.", "app/a.py:7: No."]
    assert complaints(offences, {"app/a.py": 3, "app/gone.py": 1}) == [
        "app/a.py: 2 are left and 3 are allowed; lower the number with "
        "`python -m tests.rules.names`.",
        "app/gone.py: 0 are left and 1 are allowed; lower the number with "
        "`python -m tests.rules.names`.",
    ]


def test_what_remains_is_counted_for_each_rule() -> None:
    assert count_remaining({"app/a.py": "def f(found, held): pass\n"}) == {
        "vague_locals": {"app/a.py": 2},
        "shared_constants": {},
        "fmt_skips": {},
        "nested_awaits": {},
    }


def test_what_remains_is_written_by_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "remaining.json"
    file.write_text('{"vague_locals": {"app/a.py": 3, "app/b.py": 1}}')
    monkeypatch.setattr(names, "REMAINING_FILE", file)
    sources = {"app/a.py": "def f(found): pass\n", "app/b.py": "def f(held, told): pass\n"}
    monkeypatch.setattr(names, "real_sources", lambda: sources)
    names.main()
    assert names.remaining()["vague_locals"] == {"app/a.py": 1, "app/b.py": 2}
    assert capsys.readouterr().out.splitlines()[:2] == [
        "vague_locals: 3 are left, 4 were allowed",
        "  more than before: app/b.py has 2",
    ]

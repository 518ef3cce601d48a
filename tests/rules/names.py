"""Names that say nothing, constants that stand twice and lines that are too dense: what
``test_names.py`` looks for.

``python -m tests.rules.names`` counts what remains of each and writes it into
``names_remaining.json``. Run it after you cleaned up: the numbers may only become smaller.
"""

from __future__ import annotations

import ast
import io
import json
import tokenize
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.paths import ROOT

TOPS = ("app", "integrations", "classifiers")
REMAINING_FILE = Path(__file__).with_name("names_remaining.json")

VAGUE_WORDS = frozenset(
    {
        "said",
        "found",
        "each",
        "kept",
        "told",
        "known",
        "wanted",
        "asked",
        "held",
        "spoken",
        "made",
        "given",
        "taken",
        "meant",
        "what",
        "mine",
        "ours",
        "theirs",
    }
)
"""Words that fit any value. A name says what the value is: ``open_ticket``, not ``found``."""

SHARED_ON_PURPOSE = frozenset({"REPLYING", "SOURCE", "TRACKER", "T", "S", "S_contra"})
"""Constants that every platform declares under one name, and type variables."""

Sources = Mapping[str, str]
"""The text of each module, by its path below the root."""


@dataclass(frozen=True, slots=True, order=True)
class Offence:
    """One place that breaks a rule, as a sentence of ``path:line``, the name and the rule."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


def real_sources() -> dict[str, str]:
    """The modules of the product."""
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for top in TOPS
        for path in sorted((ROOT / top).rglob("*.py"))
    }


class _Locals:
    """Collects parameters and local variables, each once for a function that has it."""

    def __init__(self) -> None:
        self.lines: dict[tuple[int, str], int] = {}

    def read(self, node: ast.AST, scope: int | None = None) -> None:
        """Look at a node and all below it; ``scope`` is the function around it."""
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                scope = id(node)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                scope = scope or id(node)
            case ast.ClassDef():  # a class's fields are no variables
                scope = None
            case _:
                self._note(_variable(node), node, scope)
        for child in ast.iter_child_nodes(node):
            self.read(child, scope)

    def _note(self, name: str | None, node: ast.AST, scope: int | None) -> None:
        if name and scope:
            self.lines.setdefault((scope, name), getattr(node, "lineno", 0))


def _variable(node: ast.AST) -> str | None:
    """The variable that a node gives a value to."""
    match node:
        case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
            return name
        case ast.ExceptHandler(name=name) | ast.MatchAs(name=name) | ast.MatchStar(name=name):
            return name
        case ast.MatchMapping(rest=name):
            return name
    return None


def vague_locals(sources: Sources) -> Iterator[Offence]:
    """Parameters and local variables that are called by a word of ``VAGUE_WORDS``."""
    for path, source in sources.items():
        variables = _Locals()
        variables.read(ast.parse(source))
        for (_, name), line in variables.lines.items():
            if name in VAGUE_WORDS:
                yield Offence(
                    path, line, f"`{name}` fits any value; call the variable what it holds."
                )


def constants(source: str) -> Iterator[tuple[str, int]]:
    """The module-level constants of a source with their lines, leading underscores left out."""
    for statement in ast.parse(source).body:
        targets: Sequence[ast.expr] = ()
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        for target in targets:
            for node in ast.walk(target):
                if isinstance(node, ast.Name) and node.id.lstrip("_").isupper():
                    yield node.id.lstrip("_"), node.lineno


def shared_constants(sources: Sources) -> Iterator[Offence]:
    """Constants whose name stands in more than one module."""
    places: dict[str, dict[str, int]] = {}
    for path, source in sources.items():
        for name, line in constants(source):
            if name not in SHARED_ON_PURPOSE:
                places.setdefault(name, {}).setdefault(path, line)
    for name, lines in places.items():
        for path, line in lines.items():
            elsewhere = ", ".join(other for other in lines if other != path)
            if elsewhere:
                yield Offence(
                    path,
                    line,
                    f"`{name}` is a constant of {elsewhere} as well; a constant's name stands in "
                    "one module.",
                )


def fmt_skips(sources: Sources) -> Iterator[Offence]:
    """Comments that switch the formatter off."""
    for path, source in sources.items():
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT and "fmt: skip" in token.string:
                yield Offence(
                    path,
                    token.start[0],
                    "`fmt: skip` hides a line from the formatter; let it write the line.",
                )


def nested_awaits(sources: Sources) -> Iterator[Offence]:
    """``await (await ...)``: two waits of the database or the network in one expression."""
    for path, source in sources.items():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Await) and isinstance(_first_part(node.value), ast.Await):
                yield Offence(
                    path,
                    node.lineno,
                    "`await (await` waits twice in one expression; give the first result a name, "
                    "or read rows with `app.storage.rows`.",
                )


def _first_part(node: ast.expr) -> ast.expr:
    """What an expression begins with: ``x`` of ``x.rows()[0].name``."""
    while True:
        match node:
            case ast.Call(func=inner):
                node = inner
            case ast.Attribute(value=inner) | ast.Subscript(value=inner):
                node = inner
            case _:
                return node


RULES: Mapping[str, Callable[[Sources], Iterator[Offence]]] = {
    "vague_locals": vague_locals,
    "shared_constants": shared_constants,
    "fmt_skips": fmt_skips,
    "nested_awaits": nested_awaits,
}


def complaints(offences: Sequence[Offence], allowed: Mapping[str, int]) -> list[str]:
    """Every offence of a file that has more than its number, and a sentence for every file that
    has fewer."""
    counts = Counter(offence.path for offence in offences)
    sentences = [
        str(offence)
        for offence in sorted(offences)
        if counts[offence.path] > allowed.get(offence.path, 0)
    ]
    return sentences + [
        f"{path}: {counts[path]} are left and {number} are allowed; lower the number with "
        "`python -m tests.rules.names`."
        for path, number in allowed.items()
        if counts[path] < number
    ]


def count_remaining(sources: Sources) -> dict[str, dict[str, int]]:
    """How much of each rule's offences is left in each file."""
    return {
        rule: dict(sorted(Counter(offence.path for offence in check(sources)).items()))
        for rule, check in RULES.items()
    }


def remaining() -> dict[str, dict[str, int]]:
    """How many offences each file may still have, by rule."""
    numbers: dict[str, dict[str, int]] = json.loads(REMAINING_FILE.read_text(encoding="utf-8"))
    return numbers


def main() -> None:
    """Write down what remains, and say what became more."""
    previous = remaining() if REMAINING_FILE.exists() else {}
    counts_by_rule = count_remaining(real_sources())
    REMAINING_FILE.write_text(json.dumps(counts_by_rule, indent=2) + "\n", encoding="utf-8")
    for rule, counts in counts_by_rule.items():
        allowed = previous.get(rule, {})
        print(f"{rule}: {sum(counts.values())} are left, {sum(allowed.values())} were allowed")
        for path, count in counts.items():
            if count > allowed.get(path, 0):
                print(f"  more than before: {path} has {count}")


if __name__ == "__main__":
    main()

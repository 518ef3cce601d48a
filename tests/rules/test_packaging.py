"""What is installed is locked, complete and CPU-only; the repository names no machine and no
registry."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]
LOCKS = ("build", "serve", "test", "torch")

FOLDERS = {"app", "integrations", "classifiers", "migrations", "tests", "docs"}
FILES = {
    "pyproject.toml",
    "Dockerfile",
    "README.md",
    "Makefile",
    "compose.yaml",
    "CHANGELOG.md",
    "LICENSE",
    "CONTRIBUTING.md",
    "SECURITY.md",
}
NOT_SERVED = re.compile(
    r"torch|nvidia|cuda|triton|sentence-transformers|transformers|openvino-telemetry"
)
MACHINES = re.compile(r"(?<![\w.}])/(?:work|root|home/\w+|Users/\w+)/")
REGISTRIES = re.compile(
    r"\bpypi\.org|pythonhosted\.org|download\.pytorch\.org|registry\.npmjs\.|deb\.debian\.org|"
    r"\bdocker\.io|\bghcr\.io|\bquay\.io|\bgcr\.io|mcr\.microsoft\.",
    re.IGNORECASE,
)


@cache
def tracked() -> list[Path]:
    """Files that are part of the repository."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).exists()]


@cache
def lock(name: str) -> dict[str, list[tuple[Requirement, int]]]:
    """A lock file: by package, its pins (one per platform or Python) and how many hashes each
    has."""
    pins: dict[str, list[tuple[Requirement, int]]] = {}
    text = (ROOT / ".lock" / f"{name}.txt").read_text(encoding="utf-8")
    for block in re.split(r"\n(?=\w)", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)):
        pin = Requirement(block.split("\\\n")[0].strip())
        pins.setdefault(canonicalize_name(pin.name), []).append(
            (pin, len(re.findall(r"--hash=sha256:\w{64}", block)))
        )
    return pins


def missing(requirements: list[str], locked: str) -> list[str]:
    """Requirements that the lock file does not meet."""
    pins = lock(locked)
    wrong = []
    for text in requirements:
        need = Requirement(text)
        versions = [
            next(iter(pin.specifier)).version
            for pin, _ in pins.get(canonicalize_name(need.name), [])
        ]
        if not versions or not all(need.specifier.contains(version) for version in versions):
            wrong.append(text)
    return wrong


def test_the_top_level_holds_what_it_may_hold() -> None:
    names = {path.relative_to(ROOT).parts[0] for path in tracked()}
    assert {name for name in names if not name.startswith(".")} <= FOLDERS | FILES


@pytest.mark.parametrize("name", LOCKS)
def test_everything_locked_is_pinned_and_hashed(name: str) -> None:
    pins = [pin for each in lock(name).values() for pin in each]
    assert pins
    assert [
        str(pin) for pin, hashes in pins if not hashes or not str(pin.specifier).startswith("==")
    ] == []


def test_every_dependency_is_locked() -> None:
    dependencies = PROJECT["project"]["dependencies"]
    assert missing([*dependencies, *PROJECT["dependency-groups"]["model"]], "serve") == []
    assert missing([*dependencies, *EXTRAS["test"], *EXTRAS["train"]], "test") == []
    assert (
        missing([each for each in EXTRAS["torch"] if not each.startswith("torch=")], "torch") == []
    )
    assert missing(PROJECT["build-system"]["requires"], "build") == []


def test_a_dependency_without_a_pin_is_noticed() -> None:
    assert missing(["no-such-package>=1", "fastapi<0.1"], "serve") == [
        "no-such-package>=1",
        "fastapi<0.1",
    ]


def test_the_locks_agree() -> None:
    serve = {name: {str(pin) for pin, _ in pins} for name, pins in lock("serve").items()}
    for other in ("test", "torch"):
        both = {
            name: {str(pin) for pin, _ in lock(other)[name]}
            for name in serve
            if name in lock(other)
        }
        assert both == {name: serve[name] for name in both}


def test_serving_needs_no_torch_and_reports_to_nobody() -> None:
    assert [name for name in lock("serve") if NOT_SERVED.search(name)] == []
    assert [name for name in lock("test") if NOT_SERVED.search(name)] == []


def test_torch_has_one_version() -> None:
    script = (ROOT / ".lock" / "cpu_torch.py").read_text(encoding="utf-8")
    for extra in ("torch", "baselines"):
        assert [each for each in EXTRAS[extra] if each.startswith("torch=")] == re.findall(
            r'"(torch==[\d.]+)"', script
        )
    assert "torch" not in lock("torch")


def test_every_import_is_installed_by_the_lock() -> None:
    distributions = importlib.metadata.packages_distributions()
    optional = {
        canonicalize_name(Requirement(each).name)
        for each in [*EXTRAS["torch"], *EXTRAS["train"], *EXTRAS["baselines"]]
    }
    known = {*lock("serve"), *optional}
    ours = {"app", "integrations", "classifiers", "migrations", "tests"}
    wrong = set()
    for path in tracked():
        if path.suffix != ".py" or path.relative_to(ROOT).parts[0] not in ours - {"tests"}:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = (
                [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            )
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for top in {name.split(".")[0] for name in names} - ours - set(sys.stdlib_module_names):
                providers = {canonicalize_name(each) for each in distributions.get(top, [top])}
                if not providers & known:
                    wrong.add((str(path.relative_to(ROOT)), top))
    assert wrong == set()


def test_no_file_names_a_machine_or_a_registry() -> None:
    wrong = []
    for path in tracked():
        if path.suffix in {".npz", ".png", ".jpg", ".ico", ".woff2"} or "vendor" in path.parts:
            continue
        for number, line in enumerate(
            path.read_text(encoding="utf-8", errors="replace").splitlines(), 1
        ):
            if found := MACHINES.search(line) or REGISTRIES.search(line):
                wrong.append(f"{path.relative_to(ROOT)}:{number}: {found.group()}")
    assert wrong == []


def test_a_machine_and_a_registry_are_noticed() -> None:
    assert MACHINES.search("see " + "/".join(["", "home", "me", "x"]))
    assert REGISTRIES.search("--index-url https://" + ".".join(["pypi", "org"]))


def test_commands_in_the_guides_exist() -> None:
    targets = set(
        re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    guides = [path for path in tracked() if path.suffix == ".md" and path.name != "CHANGELOG.md"]
    named = {
        word
        for path in guides
        for word in re.findall(r"(?:`|^)make ([a-z-]+)", path.read_text(), re.MULTILINE)
    }
    assert {"demo", "test", "run"} <= named <= targets

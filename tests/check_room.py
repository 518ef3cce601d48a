"""``make check ROOM=themes``: the rules, the types and the tests of one room."""

from __future__ import annotations

import subprocess
import sys

from tests.paths import ROOT
from tests.rooms import room_folders, room_names


def commands(folders: list[str], workers: str) -> list[list[str]]:
    """What is run, one after the other, until something fails."""
    packages = [word for folder in folders for word in ("-p", folder.replace("/", "."))]
    tests = [folder for folder in folders if folder.split("/")[0] == "tests"]
    checks = [["ruff", "check", *folders], ["ruff", "format", "--check", *folders]]
    checks.append(["mypy", *packages])
    if tests:
        checks.append(["pytest", "-q", "-n", workers, *tests])
    return checks


def main(arguments: list[str]) -> int:
    """The exit code of the first check that fails, else 0."""
    name, workers = arguments
    folders = room_folders(name)
    if not folders:
        which = f"There is no room {name!r}." if name else "Say which room: make check ROOM=themes."
        print(which, "Rooms:", ", ".join(room_names()), file=sys.stderr)
        return 2
    for command in commands(folders, workers):
        print("+", *command, flush=True)
        done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=False)
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

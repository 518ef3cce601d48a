"""The rooms of the code and of the tests, by name."""

from __future__ import annotations

from pathlib import Path

from tests.paths import ROOT

CODE = ("app", "classifiers", "integrations")
NO_ROOMS = {"__pycache__", "fixtures", "vendor", "scenes"}


def room_folders(name: str) -> list[str]:
    """The folders of a room, of its code and of its tests, from the project's root.

    ``texts`` and ``classifiers/texts`` are ``classifiers/texts`` and ``tests/classifiers/texts``.
    """
    if not name.strip("/") or ".." in name:
        return []
    above = [*CODE, "tests", "tests/classifiers", "tests/integrations", "."]
    folders = [(ROOT / parent / name.strip("/")).resolve() for parent in above]
    if name.startswith("app/"):
        folders.append(ROOT / "tests" / name.removeprefix("app/").strip("/"))
    return sorted(
        {
            str(folder.relative_to(ROOT))
            for folder in folders
            if folder.is_relative_to(ROOT) and folder != ROOT and any(folder.glob("**/*.py"))
        }
    )


def room_names() -> list[str]:
    """Every name that ``room_folders`` knows, without the part of the house that it is in."""
    parents = [
        *(ROOT / top for top in (*CODE, "tests")),
        *(ROOT / "tests" / top for top in CODE[1:]),
    ]
    return sorted(
        {folder.name for parent in parents for folder in parent.iterdir() if _room(folder)}
    )


def _room(folder: Path) -> bool:
    return folder.is_dir() and folder.name not in NO_ROOMS and any(folder.glob("**/*.py"))

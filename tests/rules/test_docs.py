"""The docs name only what is there: files, folders, rooms, tables, and each other."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from app.models.tables import metadata
from tests.paths import ROOT
from tests.rules.rooms import ROOMS

GUIDES = ("docs/architecture.md", "docs/glossary.md", "CONTRIBUTING.md")
"""Where every file and folder that is named must exist."""
LINKING = sorted(
    [
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")),
    ]
)
TOP = r"(?:app|integrations|classifiers|migrations|tests|docs|\.github|\.lock|\.ci)/"
NAMED = re.compile(rf"`({TOP}[\w./*-]*|[\w.-]+\.(?:toml|yaml)|Makefile|Dockerfile)`")
LINK = re.compile(r"(?<!\\)\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
IN_CODE = re.compile(r"\bdocs/(?:[\w-]+/)*[\w-]+(?:\.md\b)?")


def read(name: str) -> str:
    """The text of a file of the project."""
    return (ROOT / name).read_text(encoding="utf-8")


def absent(text: str) -> list[str]:
    """Files and folders that a text names in backticks and that are not there. ``*`` stands for
    any part of a name; a module may be named without ``.py``, as a folder may take its place."""
    names = dict.fromkeys(NAMED.findall(text))
    return [name for name in names if not is_there(name)]


def is_there(name: str) -> bool:
    return any(any(ROOT.glob(form)) for form in (name.rstrip("/"), f"{name}.py"))


def words(heading: str) -> str:
    """A heading's text without its marks: backticks, emphasis, addresses of links."""
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").replace("*", "")


def anchor(heading: str) -> str:
    """The anchor that code hosts give a heading."""
    return re.sub(r"[^\w\- ]", "", words(heading).strip().lower()).replace(" ", "-")


@cache
def anchors(path: Path) -> frozenset[str]:
    """The anchors of a page."""
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    return frozenset(map(anchor, re.findall(r"^#+ (.*)$", text, re.MULTILINE)))


def broken(text: str, page: Path) -> list[str]:
    """Links of a page to files of the project, or to headings in them, that are not there."""
    return [link for link in LINK.findall(FENCE.sub("", text)) if is_broken(link, page)]


def is_broken(link: str, page: Path) -> bool:
    if re.match(r"\w+:", link):
        return False
    path, _, heading = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists():
        return True
    return bool(heading) and heading not in anchors(target)


def rooms() -> list[str]:
    """The rooms that exist as folders."""
    return [
        f"{top}/{name}/"
        for top, storeys in ROOMS.items()
        for storey in storeys
        for name in storey
        if (ROOT / top / name).is_dir()
    ]


@pytest.mark.parametrize("guide", GUIDES)
def test_what_a_guide_names_exists(guide: str) -> None:
    text = read(guide)
    assert len(NAMED.findall(text)) > 10
    assert absent(text) == []


@pytest.mark.parametrize("room", rooms())
def test_every_room_is_described(room: str) -> None:
    row = rf"^\| `{re.escape(room)}` \| \w"
    assert re.search(row, read("docs/architecture.md"), re.MULTILINE)


def test_rooms_are_described_from_the_roof_down() -> None:
    described = re.findall(
        r"^\| `((?:app|classifiers)/\w+/)` \|", read("docs/architecture.md"), re.M
    )
    assert described == [room for room in rooms() if not room.startswith("integrations/")]


@pytest.mark.parametrize("path", LINKING, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    assert broken(path.read_text(encoding="utf-8"), path) == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, waiting = set[Path](), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        links = [link.partition("#")[0] for link in LINK.findall(page.read_text(encoding="utf-8"))]
        targets = {(page.parent / link).resolve() for link in links if link and ":" not in link}
        pages = {target for target in targets if target.suffix == ".md"}
        for folder in targets:
            pages |= set(folder.glob("*.md")) if folder.is_dir() else set()
        waiting += pages - reached - set(waiting)
    assert [str(path.relative_to(ROOT)) for path in set(LINKING) - reached] == []


def test_tables_of_the_glossary_exist() -> None:
    rows = [line.split(" | ") for line in read("docs/glossary.md").splitlines() if " | " in line]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row[2])}
    assert {"theme", "comment", "ticket"} <= named - {"procrastinate"} <= set(metadata.tables)


def test_pages_that_the_code_names_exist() -> None:
    modules = [path for top in ROOMS for path in (ROOT / top).rglob("*.py")]
    named = {name for path in modules for name in IN_CODE.findall(path.read_text("utf-8"))}
    pages = {name for name in named if not re.search(r"swagger|favicon|start$", name)}
    assert "docs/configuration.md" in pages
    assert [name for name in sorted(pages) if not any(ROOT.glob(f"{name}*"))] == []


def test_what_is_wrong_is_noticed() -> None:
    page = ROOT / "docs" / "architecture.md"
    assert absent("see `app/attic/trunk.py` and `app/cli.py`") == ["app/attic/trunk.py"]
    assert absent("all of `migrations/versions/*.py`, `tests/attic/*`") == ["tests/attic/*"]
    assert broken("[a](attic.md) [b](glossary.md) [c](#attic) [d](#rooms)", page) == [
        "attic.md",
        "#attic",
    ]
    assert broken("[a](glossary.md#attic), [b](glossary.md#how-it-runs)", page) == [
        "glossary.md#attic"
    ]
    assert anchor("`app/`: the *service*, [told](x.md)") == "app-the-service-told"

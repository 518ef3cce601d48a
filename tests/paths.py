"""Where the project is, and where real material may lie that is not part of it."""

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


def shared(*parts: str) -> Path:
    """A file or folder of real material; the test is skipped where it is absent."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"real material is not at hand here ({'/'.join(parts)})")
    return path


def recorded_deliveries(platform: str) -> list[Path]:
    """The webhook bodies among the real payloads of a platform, none where there are none.

    Answers of its API lie beside them: recorded exchanges, lists, and errors.
    """
    found = sorted((SHARED / "samples" / platform).glob("*.json"))
    return [path for path in found if _is_delivery(platform, path)]


def _is_delivery(platform: str, path: Path) -> bool:
    if platform == "github":
        return not path.name.startswith(("api.", "fixtures.", "error."))
    body = json.loads(path.read_bytes())
    return isinstance(body, dict) and "webhookEvent" in body

"""What undo reads: lines as they are stored now, and as they were stored before they had shapes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from app.models.states import DecidedBy, ThemeStatus
from app.triage.before import (
    Before,
    CommentKindBefore,
    KindBefore,
    MergeBefore,
    PlaceBefore,
    StatusBefore,
    SuggestionBefore,
    TitleBefore,
)

ONE, TWO = UUID(int=1), UUID(int=2)
MOMENT = datetime(2026, 11, 5, 9, 1, 0, 123456, tzinfo=UTC)

STORED: list[tuple[dict[str, Any], Before]] = [
    (
        {"status": "ignored", "status_reason": "Spam", "decided_at": str(MOMENT)},
        StatusBefore(status=ThemeStatus.ignored, status_reason="Spam", decided_at=MOMENT),
    ),
    (
        {"status": "triage", "status_reason": "", "decided_at": None},
        StatusBefore(status=ThemeStatus.triage, status_reason="", decided_at=None),
    ),
    (
        {"kind": "bug", "kind_by": "model"},
        KindBefore(kind="bug", kind_by=DecidedBy.model),
    ),
    (
        {"title": "Export dies", "title_by": "llm:small"},
        TitleBefore(title="Export dies", title_by="llm:small"),
    ),
    (
        {
            "into": str(ONE),
            "themes": {str(TWO): "triage"},
            "comments": {str(TWO): [7, 8]},
            "tickets": {"5": str(TWO)},
        },
        MergeBefore(
            into=ONE,
            themes={TWO: ThemeStatus.triage},
            comments={TWO: [7, 8]},
            tickets={"5": str(TWO)},
        ),
    ),
    (
        {"comments": [7], "from": str(ONE), "new": str(TWO)},
        PlaceBefore(comments=[7], old_theme=ONE, new_theme=TWO, theme_by=DecidedBy.model),
    ),
    (
        {"comments": [7], "from": None, "new": str(TWO), "theme_by": "person"},
        PlaceBefore(comments=[7], old_theme=None, new_theme=TWO, theme_by=DecidedBy.person),
    ),
    (
        {
            "kind": "",
            "kind_by": "model",
            "kind_confidence": 0.5,
            "kind_reason": "unsure",
            "theme_by": "model",
            "comment": 7,
            "theme": None,
        },
        CommentKindBefore(
            comment=7,
            kind="",
            kind_by=DecidedBy.model,
            kind_confidence=0.5,
            kind_reason="unsure",
            theme=None,
            theme_by=DecidedBy.model,
        ),
    ),
    (
        {"suggestion": 3, "theme": str(ONE), "other": str(TWO)},
        SuggestionBefore(suggestion=3, theme=ONE, other=TWO),
    ),
]


@pytest.mark.parametrize(("stored", "before"), STORED)
def test_a_line_of_an_earlier_release_is_read(stored: dict[str, Any], before: Before) -> None:
    assert type(before).model_validate(stored) == before


@pytest.mark.parametrize("before", [before for _, before in STORED])
def test_what_is_stored_is_read_as_it_was(before: Before) -> None:
    assert type(before).model_validate(json.loads(json.dumps(before.stored()))) == before

"""How pages say numbers and times, and where charts put them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, SecretStr

from app.models.states import DeliveryStage, ModelStatus, Policy, ThemeStatus, TicketState
from app.queries.health import SourceStatus
from app.web import charts, forms, whys, words
from app.web.pages.learning import MODEL_STATUSES
from app.web.pages.overview import change
from app.web.pages.preview import long_texts
from app.web.pages.settings import POLICY_CHOICES
from classifiers.contract import Kind

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (86400 * 3, "3 d"),
        (86400 * 90, "2 mo"),
    ],
)
def test_durations(seconds: float, said: str) -> None:
    assert words.duration(seconds) == said


def test_times_and_counts() -> None:
    assert words.since(NOW - timedelta(minutes=5), NOW) == "5 min ago"
    assert words.since(NOW + timedelta(minutes=5), NOW) == "in 5 min"
    assert words.since(NOW, NOW) == "just now"
    assert words.exact(NOW) == "21 Nov 2026, 12:00 UTC"
    assert words.duration(None) == "—"
    assert words.number(None) == "—"
    assert words.percent(1, 0) == "—"
    assert words.counted(1, "person", "people") == "1 person"
    assert words.counted(2000, "person", "people") == "2,000 people"
    assert words.actor("user:ada@example.org") == "ada@example.org"
    assert words.actor("system") == "Feedback Relay"
    assert change(115, 100) == "+15 % (100 before)"
    assert change(3, 0) == "none in the period before"


@pytest.mark.parametrize(
    ("named", "states"),
    [
        (words.KIND_NAMES, Kind),
        (words.THEME_STATUSES, ThemeStatus),
        (words.DELIVERY_STAGES, DeliveryStage),
        (words.SOURCE_STATUSES, SourceStatus),
        (words.TICKET_STATES, TicketState),
        (MODEL_STATUSES, ModelStatus),
        ([policy for policy, _, _ in POLICY_CHOICES], Policy),
    ],
)
def test_every_state_has_a_name(named: Collection[str], states: type[StrEnum]) -> None:
    assert set(named) == set(states)


@given(st.integers(min_value=0, max_value=10**9))
def test_axes_end_on_a_number_that_reads_well(value: int) -> None:
    top = charts.round_up(value)
    assert value <= top <= max(4, 2.5 * value)
    assert str(top).strip("0") in (
        "1",
        "2",
        "3",
        "4",
        "5",
        "8",
    )


@given(st.lists(st.lists(st.integers(0, 5000), min_size=10, max_size=10), min_size=1, max_size=9))
def test_stacks_stay_in_their_plot_and_tell_every_comment(values: list[list[int]]) -> None:
    days = [date(2026, 11, 1) + timedelta(days=index) for index in range(10)]
    series = charts.top_series([(f"s{index}", one) for index, one in enumerate(values)])
    assert len(series) <= charts.CHART_COLOURS
    assert sum(one.total for one in series) == sum(map(sum, values))
    chart = charts.stacked(days, series, height=192, plot=150)
    pieces = [piece for column in chart.columns for piece in column.pieces]
    assert all(
        piece.x >= 0 and piece.x + piece.width <= 100.001 and piece.y >= 0 for piece in pieces
    )
    assert len(pieces) == sum(1 for one in series for value in one.values if value)


def test_weeks_end_today_and_lose_nothing() -> None:
    days = [date(2026, 11, 21) - timedelta(days=index) for index in range(89, -1, -1)]
    weeks, sums = charts.weekly(days, [1] * 90)
    assert len(weeks) == 13
    assert sum(sums) == 90
    assert weeks[-1] == date(2026, 11, 15)
    assert sums[0] == 6


def test_slices_are_one_whole() -> None:
    parts = charts.slices([("a", 1), ("b", 2), ("c", 0)])
    assert [part.x for part in parts] == [0.0, 33.33, 100.0]
    assert charts.slices([("a", 0)])[0].share == 0


class Colour(StrEnum):
    red = "red"
    blue = "blue"


class Everything(BaseModel):
    base_url: str = Field(examples=["https://example.org"])
    token: SecretStr | None = None
    retries: int = 3
    active: bool = True
    colour: Colour = Colour.blue
    format: Literal["text", "html"] = "html"
    extra: dict[str, int] = Field(default_factory=dict)


def test_every_kind_of_setting_has_its_field() -> None:
    made = {
        field.name: field
        for field in forms.fields(Everything, "set_", {"token": "kept apart", "retries": 5})
    }
    assert [field.control for field in made.values()] == [
        "text",
        "secret",
        "number",
        "check",
        "select",
        "select",
        "document",
    ]
    assert made["set_base_url"].required
    assert made["set_base_url"].label == "Base URL"
    assert made["set_token"].value == ""
    assert made["set_retries"].value == "5"
    assert made["set_colour"].options == ("red", "blue")
    assert made["set_colour"].value == "blue"
    assert made["set_format"].options == ("text", "html")


@pytest.mark.parametrize(
    ("score", "said"),
    [
        (0.0, "under 1 %"),
        (0.0099, "under 1 %"),
        (0.01, "1 %"),
        (0.29, "29 %"),
        (0.8799, "87 %"),
        (0.99, "99 %"),
        (0.9996, "over 99 %"),
        (1.0, "over 99 %"),
    ],
)
def test_a_likelihood_is_never_rounded_up_to_a_threshold_or_to_certainty(
    score: float, said: str
) -> None:
    assert whys.likely(score) == said


NEAR = {"comment": 1, "theme": "t", "cosine": 0.7, "lexical": 0.4, "words": ["export"]}


@pytest.mark.parametrize(
    ("decided", "said"),
    [
        (
            {
                "verdict": "join",
                "score": 0.8799,
                "join_at": 0.8,
                "suggest_at": 0.35,
                "nearest": [NEAR],
            },
            "Joined this theme: 87 % likely the same; such texts join from 80 %.",
        ),
        (
            {
                "verdict": "join",
                "score": 1.0,
                "join_at": 0.9,
                "suggest_at": 0.35,
                "nearest": [{**NEAR, "lexical": 1}],
            },
            "Joined this theme: both use the same words; such texts join from 90 %.",
        ),
        (
            {
                "verdict": "suggest",
                "score": 0.94,
                "join_at": 0.98,
                "suggest_at": 0.5,
                "nearest": [NEAR],
            },
            "Close to another theme, so a person was asked: 94 % likely the same; such texts, "
            "which often look the "
            "same and are not, join from 98 %, and a person is asked from 50 %.",
        ),
        (
            {
                "verdict": "suggest",
                "score": 0.94,
                "join_at": 1.01,
                "suggest_at": 0.6,
                "nearest": [NEAR],
            },
            "Close to another theme, so a person was asked: 94 % likely the same; texts that name "
            "an exact "
            "version, part or number, or are of another kind, never join by themselves, and a "
            "person is asked "
            "from 60 %.",
        ),
        (
            {
                "verdict": "suggest",
                "score": 0.94,
                "join_at": 1.01,
                "suggest_at": 0.2,
                "apart": ["export", "import"],
                "nearest": [NEAR],
            },
            "Close to another theme, so a person was asked: 94 % likely the same; one says "
            "“export”, the other "
            "“import”, and such texts never join by themselves, and a person is asked from 20 %.",
        ),
        (
            {
                "verdict": "new",
                "score": 0.004,
                "join_at": 0.8,
                "suggest_at": 0.35,
                "nearest": [NEAR],
            },
            "Nothing was close enough, so it opened a theme: under 1 % likely the same; such texts "
            "join from 80 %, and "
            "a person is asked from 35 %.",
        ),
        (
            {"verdict": "new", "score": 0.0, "join_at": 0.8, "suggest_at": 0.35, "nearest": []},
            "There was nothing to compare it with, so it opened a theme.",
        ),
        ({"verdict": "join"}, "Joined this theme."),
    ],
)
def test_why_a_comment_is_in_its_theme(decided: dict[str, object], said: str) -> None:
    assert whys.why(decided) == said


def test_likeness_is_not_told_as_a_likelihood() -> None:
    assert whys.likeness(0.644) == "likeness 64 of 100"
    assert whys.likeness(-0.1) == "likeness 0 of 100"


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        ({"join_at": 0.8}, "61 % likely; such texts join from 80 %"),
        (
            {"join_at": 0.98},
            "61 % likely; such texts, which often look the same and are not, join from 98 %",
        ),
        (
            {"join_at": 1.01, "apart": ["csv", "pdf"]},
            "61 % likely; one says “csv”, the other “pdf”, and such texts never join by themselves",
        ),
        ({"join_at": 0.87, "apart": ["csv", "pdf"]}, "61 % likely; such texts join from 87 %"),
        ({}, "61 % likely"),
    ],
)
def test_a_proposal_says_what_would_have_been_enough(
    evidence: dict[str, object], said: str
) -> None:
    assert whys.proposal(0.61, evidence) == said


def test_a_preview_finds_the_long_texts_of_a_request() -> None:
    body = {"title": "Crash", "fields": {"text": "Two\nlines", "rows": [{"x": "a\nb"}, 7, None]}}
    assert long_texts(body) == ["Two\nlines", "a\nb"]
    assert long_texts(None) == []

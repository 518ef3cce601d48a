"""Geometry of the charts. Widths are percentages of the plot, heights are pixels, so text keeps its
size on a phone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

COLOURS = 6
_LABELS = 6
_LOW = 2  # a bar this high (pixels) is still seen


@dataclass(frozen=True, slots=True)
class Piece:
    """One coloured rectangle. ``x`` and ``width`` in percent, ``y`` and ``height`` in pixels,
    ``colour`` 0..5."""

    x: float
    width: float
    y: float
    height: float
    colour: int


@dataclass(frozen=True, slots=True)
class Column:
    """A stack of pieces over one span of days, with what it says in words."""

    pieces: tuple[Piece, ...]
    says: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Rule:
    """A horizontal line with its value."""

    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A date under the plot, at ``x`` percent."""

    x: float
    label: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Bars:
    """A stacked bar chart, ready to be drawn."""

    columns: tuple[Column, ...]
    rules: tuple[Rule, ...]
    ticks: tuple[Tick, ...]
    height: int


@dataclass(frozen=True, slots=True)
class Series:
    """One colour of the chart: its name and a value per day."""

    name: str
    values: tuple[int, ...]
    colour: int

    @property
    def total(self) -> int:
        """Everything in it."""
        return sum(self.values)


def round_up(value: int) -> int:
    """The next number that reads well on an axis: 1, 2, 4, 5, 8 or 10 times a power of ten."""
    if value <= 4:
        return max(value, 1)
    power = 10 ** math.floor(math.log10(value))
    return next(int(step * power) for step in (1, 2, 4, 5, 8, 10) if step * power >= value)


def top_series(
    named: Sequence[tuple[str, Sequence[int]]], keep: int = COLOURS
) -> tuple[Series, ...]:
    """The biggest series in order of size; what doesn't get a colour of its own is added up as the
    last one."""
    ranked = sorted(named, key=lambda pair: (-sum(pair[1]), pair[0]))
    if len(ranked) > keep:
        rest = [
            sum(values)
            for values in zip(*(values for _, values in ranked[keep - 1 :]), strict=True)
        ]
        ranked = [*ranked[: keep - 1], (f"{len(ranked) - keep + 1} more", rest)]
    return tuple(
        Series(name, tuple(values), colour) for colour, (name, values) in enumerate(ranked)
    )


def stacked(
    days: Sequence[date], series: Sequence[Series], *, height: int, plot: int, gap: float = 0.22
) -> Bars:
    """Stacked bars, one per day, ``plot`` pixels high with dates underneath."""
    totals = [sum(one.values[index] for one in series) for index in range(len(days))]
    top = round_up(max(totals, default=0))
    step = 100 / max(len(days), 1)
    columns = []
    for index, at in enumerate(days):
        x, width, y = step * (index + gap / 2), step * (1 - gap), float(plot)
        pieces = []
        for one in series:
            value = one.values[index]
            if value:
                tall = max(_LOW, plot * value / top)
                y -= tall
                pieces.append(
                    Piece(
                        round(x, 3),
                        round(width, 3),
                        round(max(y, 0.0), 2),
                        round(tall, 2),
                        one.colour,
                    )
                )
        parts = ", ".join(
            f"{one.name} {one.values[index]:,}" for one in series if one.values[index]
        )
        says = f"{_day(at)}: {totals[index]:,}" + (
            f" ({parts})" if parts and len(series) > 1 else ""
        )
        columns.append(Column(tuple(pieces), says, round(step * index, 3), round(step, 3)))
    return Bars(tuple(columns), _rules(top, plot), _ticks(days, step), height)


def _rules(top: int, plot: int) -> tuple[Rule, ...]:
    values = sorted({0, top // 2, top} if top > 1 else {0, top})
    return tuple(Rule(round(plot * (1 - value / top), 2), f"{value:,}") for value in values)


def _ticks(days: Sequence[date], step: float) -> tuple[Tick, ...]:
    if not days:
        return ()
    every = max(1, math.ceil(len(days) / _LABELS))
    chosen = range(0, len(days), every)
    return tuple(
        Tick(round(step * (index + 0.5), 2), _day(days[index]), "middle" if index else "start")
        for index in chosen
    )


def _day(at: date) -> str:
    return f"{at.day} {at:%b}"


def weekly(days: Sequence[date], values: Sequence[int]) -> tuple[tuple[date, ...], tuple[int, ...]]:
    """Days added up to weeks that end on the last day."""
    if not days:
        return (), ()
    ends = list(range(len(days) - 1, -1, -7))[::-1]
    firsts = [max(0, end - 6) for end in ends]
    sums = tuple(sum(values[first : end + 1]) for first, end in zip(firsts, ends, strict=True))
    return tuple(
        days[end] - timedelta(days=end - first) for first, end in zip(firsts, ends, strict=True)
    ), sums


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a bar that is one whole: ``x`` and ``width`` in percent."""

    name: str
    value: int
    share: float
    x: float


def slices(named: Sequence[tuple[str, int]]) -> tuple[Slice, ...]:
    """The parts of a whole, side by side."""
    total = sum(value for _, value in named)
    made: list[Slice] = []
    x = 0.0
    for name, value in named:
        share = 100 * value / total if total else 0.0
        made.append(Slice(name, value, round(share, 2), round(x, 2)))
        x += share
    return tuple(made)

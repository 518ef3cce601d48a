"""Geometry of the charts: widths in percent of the plot, heights in pixels, so that text keeps its
size on a phone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

CHART_COLOURS = 6
DATE_LABELS = 6
LOWEST_BAR_PIXELS = 2
"""A bar this high is still seen."""


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
    named: Sequence[tuple[str, Sequence[int]]], most: int = CHART_COLOURS
) -> tuple[Series, ...]:
    """The biggest series by size; those without a colour of their own add up to the last one."""
    ranked = sorted(named, key=lambda pair: (-sum(pair[1]), pair[0]))
    if len(ranked) > most:
        small = ranked[most - 1 :]
        sums = [sum(values) for values in zip(*(values for _, values in small), strict=True)]
        ranked = [*ranked[: most - 1], (f"{len(small)} more", sums)]
    return tuple(
        Series(name, tuple(values), colour) for colour, (name, values) in enumerate(ranked)
    )


def stacked(
    days: Sequence[date], series: Sequence[Series], *, height: int, plot: int, gap: float = 0.22
) -> Bars:
    """Stacked bars, one per day, ``plot`` pixels high with dates underneath."""
    totals = [sum(part.values[index] for part in series) for index in range(len(days))]
    top = round_up(max(totals, default=0))
    step = 100 / max(len(days), 1)
    columns = []
    for index, day in enumerate(days):
        stack = [(part, part.values[index]) for part in series if part.values[index]]
        columns.append(
            Column(
                pieces=_pieces(
                    stack, x=step * (index + gap / 2), width=step * (1 - gap), plot=plot, top=top
                ),
                says=_sentence(day, totals[index], stack, named=len(series) > 1),
                x=round(step * index, 3),
                width=round(step, 3),
            )
        )
    return Bars(tuple(columns), _rules(top, plot), _ticks(days, step), height)


def _pieces(
    stack: Sequence[tuple[Series, int]], *, x: float, width: float, plot: int, top: int
) -> tuple[Piece, ...]:
    """The stack's pieces from the bottom up; the value ``top`` is ``plot`` pixels high."""
    pieces = []
    y = float(plot)
    for part, value in stack:
        height = max(LOWEST_BAR_PIXELS, plot * value / top)
        y -= height
        pieces.append(
            Piece(
                x=round(x, 3),
                width=round(width, 3),
                y=round(max(y, 0.0), 2),
                height=round(height, 2),
                colour=part.colour,
            )
        )
    return tuple(pieces)


def _sentence(day: date, total: int, stack: Sequence[tuple[Series, int]], *, named: bool) -> str:
    """``3 Nov: 12 (Forum 8, Slack 4)``; one series alone needs no names."""
    sentence = f"{_day(day)}: {total:,}"
    if named and stack:
        parts = ", ".join(f"{part.name} {value:,}" for part, value in stack)
        sentence += f" ({parts})"
    return sentence


def _rules(top: int, plot: int) -> tuple[Rule, ...]:
    values = {0, top}
    if top > 1:
        values.add(top // 2)
    return tuple(Rule(round(plot * (1 - value / top), 2), f"{value:,}") for value in sorted(values))


def _ticks(days: Sequence[date], step: float) -> tuple[Tick, ...]:
    if not days:
        return ()
    every = max(1, math.ceil(len(days) / DATE_LABELS))
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
    lasts = list(range(len(days) - 1, -1, -7))[::-1]
    weeks = [(max(0, last - 6), last) for last in lasts]
    starts = tuple(days[last] - timedelta(days=last - first) for first, last in weeks)
    return starts, tuple(sum(values[first : last + 1]) for first, last in weeks)


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
    parts: list[Slice] = []
    x = 0.0
    for name, value in named:
        share = 100 * value / total if total else 0.0
        parts.append(Slice(name, value, round(share, 2), round(x, 2)))
        x += share
    return tuple(parts)

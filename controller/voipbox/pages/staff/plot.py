# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a day as a drawing: what succeeded below, what did not above; the numbers stand in a table beside it."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q
from django.db.models.functions import TruncDate

from voipbox.core import clock
from voipbox.provisioning.models import Run

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 720, 200, 36, 24, 10


@dataclass(frozen=True)
class Day:
    """Runs that began on a day."""

    date: datetime.date
    good: int
    bad: int

    @property
    def all(self) -> int:
        """How many in all."""
        return self.good + self.bad


@dataclass(frozen=True)
class Bar:
    """One day, drawn. x, width; y and height of the good part and of the bad part above it."""

    day: Day
    x: float
    width: float
    good_y: float
    good_height: float
    bad_y: float
    bad_height: float
    label: str


@dataclass(frozen=True)
class Plot:
    """A drawing. lines: y and label of the scale."""

    bars: list[Bar]
    lines: list[tuple[float, int]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    foot: int = HEIGHT - BOTTOM


def runs_by_day(days: int) -> list[Day]:
    """The last days, each with its runs; running ones are left out."""
    today = clock.now().date()
    first = today - datetime.timedelta(days=days - 1)
    found = {
        row["day"]: (row["good"], row["bad"])
        for row in Run.objects.filter(started_at__date__gte=first)
        .exclude(state=Run.State.RUNNING)
        .annotate(day=TruncDate("started_at"))
        .values("day")
        .annotate(good=Count("pk", filter=Q(state=Run.State.SUCCEEDED)), bad=Count("pk", filter=~Q(state=Run.State.SUCCEEDED)))
    }
    dates = [first + datetime.timedelta(days=offset) for offset in range(days)]
    return [Day(date, *found.get(date, (0, 0))) for date in dates]


def plot(days: Sequence[Day]) -> Plot:
    """The drawing of some days."""
    most = _round_up(max((day.all for day in days), default=0))
    room, step = HEIGHT - BOTTOM - TOP, (WIDTH - LEFT) / max(len(days), 1)
    bars = []
    for index, day in enumerate(days):
        good, bad = room * day.good / most, room * day.bad / most
        foot = HEIGHT - BOTTOM
        bars.append(
            Bar(
                day,
                round(LEFT + index * step + step * 0.15, 1),
                round(step * 0.7, 1),
                round(foot - good, 1),
                round(good, 1),
                round(foot - good - bad, 1),
                round(bad, 1),
                f"{day.date:%d}" if index % 2 == 0 else "",
            )
        )
    lines = [(round(HEIGHT - BOTTOM - room * part, 1), int(most * part)) for part in (0, 0.5, 1)]
    return Plot(bars, lines)


def _round_up(number: int) -> int:
    """The top of the scale: 2, 10, 20, 50, 100 and so on, whose half is a whole number."""
    size = 10
    if number <= 2:  # noqa: PLR2004 - the smallest scale
        return 2
    while True:
        for factor in (1, 2, 5):
            if number <= size * factor:
                return size * factor
        size *= 10

# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens by itself when its time has come on the sandbox's clock: orders complete, reservations lapse."""

from __future__ import annotations

import datetime
import heapq
import itertools
from collections.abc import Callable


class Schedule:
    """Parameters: now, the sandbox's present. Not safe to use from many threads: the sandbox's lock guards it."""

    def __init__(self, now: Callable[[], datetime.datetime]) -> None:
        self._now = now
        self._jobs: list[tuple[datetime.datetime, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def after(self, seconds: float, job: Callable[[], None]) -> None:
        """Do something so many seconds from now."""
        self.at(self._now() + datetime.timedelta(seconds=seconds), job)

    def at(self, moment: datetime.datetime, job: Callable[[], None]) -> None:
        """Do something at a moment. A job looks for itself whether it still has to."""
        heapq.heappush(self._jobs, (moment, next(self._order), job))

    def run(self) -> None:
        """Do what is due, in the order of time, and what became due by that."""
        while self._jobs and self._jobs[0][0] <= self._now():
            heapq.heappop(self._jobs)[2]()

    def clear(self) -> None:
        """Nothing is due any more."""
        self._jobs.clear()

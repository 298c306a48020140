# SPDX-License-Identifier: GPL-3.0-or-later
"""The budget of calls that all drivers of one account share in this process."""

from __future__ import annotations

import threading
import time

CALLS_PER_SECOND = 5
"""A quarter of what the provider allows a key, and half of what its older pages say: other programs use the key too."""
_AT_ONCE = 3


class Pace:
    """Hands out turns: three at once, which is a search, then one every fifth of a second."""

    def __init__(self, calls_per_second: float = CALLS_PER_SECOND) -> None:
        self._gap = 1 / calls_per_second
        self._burst = _AT_ONCE * self._gap
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self, most: float | None = None) -> bool:
        """Return True when it is this caller's turn; False, without a turn, when that would take more than most seconds.

        Nobody overtakes, also where sleeping takes longer than it should: then at most three turns are made good at once.
        """
        begun = time.monotonic()
        if not self._lock.acquire(timeout=-1 if most is None else most):
            return False
        try:
            present = time.monotonic()
            turn = max(self._next + self._gap, present - self._burst + self._gap)
            if most is not None and turn - begun > most:
                return False
            self._next = turn
            if turn > present:
                time.sleep(turn - present)
            return True
        finally:
            self._lock.release()

    def hold(self, seconds: float) -> None:
        """Nobody gets a turn before this many seconds have passed: the provider said that there were too many."""
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)


_PACES: dict[str, Pace] = {}
_LOCK = threading.Lock()


def pace_of(account: str) -> Pace:
    """The budget of an account, which is named by whatever tells it from others."""
    with _LOCK:
        return _PACES.setdefault(account, Pace())

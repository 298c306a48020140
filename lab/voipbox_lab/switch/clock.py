# SPDX-License-Identifier: GPL-3.0-or-later
"""The switch's clock: seconds of the switch, which may pass faster than real ones."""

from __future__ import annotations

import time


class Clock:
    """Parameters: factor, by which every delay is multiplied (0.1: ten times as fast)."""

    def __init__(self, factor: float = 1.0) -> None:
        self.factor = factor
        self._start = time.monotonic()

    def now(self) -> float:
        """Seconds of the switch since it started."""
        return (time.monotonic() - self._start) / self.factor

    def real(self, seconds: float) -> float:
        """Real seconds for seconds of the switch."""
        return seconds * self.factor

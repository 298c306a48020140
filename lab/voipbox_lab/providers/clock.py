# SPDX-License-Identifier: GPL-3.0-or-later
"""A sandbox's clock, which tests move."""

from __future__ import annotations

import datetime


class Clock:
    """Real time, plus what it was moved by."""

    def __init__(self) -> None:
        self._ahead = datetime.timedelta()

    def now(self) -> datetime.datetime:
        """The present there, in UTC with its zone."""
        return datetime.datetime.now(datetime.UTC) + self._ahead

    def advance(self, seconds: float) -> None:
        """Move it forward, or back where seconds are negative."""
        self._ahead += datetime.timedelta(seconds=seconds)

    def set(self, moment: datetime.datetime) -> None:
        """Let it be this moment (aware) now; it runs on from there."""
        self._ahead = moment - datetime.datetime.now(datetime.UTC)

    def reset(self) -> None:
        """Back to real time."""
        self._ahead = datetime.timedelta()

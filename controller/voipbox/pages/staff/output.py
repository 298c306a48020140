# SPDX-License-Identifier: GPL-3.0-or-later
"""The output of a run, as far as it came; a page asks for what follows the last line it has."""

from __future__ import annotations

from dataclasses import dataclass

from voipbox.provisioning.models import Run, RunEvent

MOST = 500  # events at a time


@dataclass(frozen=True)
class Output:
    """Lines of a run. last: the counter to go on after; ended: no more will come."""

    events: list[RunEvent]
    last: int
    ended: bool


def shown_output(run: Run, after: int = 0) -> Output:
    """What a run printed after a counter. The state is read first: what is printed between both reads comes next time."""
    ended = run.state != Run.State.RUNNING
    events = list(run.events.filter(counter__gt=after)[:MOST])
    last = events[-1].counter if events else after
    return Output(events, last, ended and len(events) < MOST)

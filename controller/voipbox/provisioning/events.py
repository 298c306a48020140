# SPDX-License-Identifier: GPL-3.0-or-later
"""A run's output as rows, so that pages and command line can follow it."""

from __future__ import annotations

import logging
import re

from django.db import DatabaseError, close_old_connections

from voipbox.core import clock

from .models import Run, RunEvent
from .playbook import Event

log = logging.getLogger("voipbox.runs")
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_LONGEST = 20_000
_MOST_WAITING = 5000


class EventLog:
    """Writes the events of one run. What cannot be written now is kept and written later; it never raises.

    Only the output is stored: event data carry arguments and results of modules.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._waiting: list[RunEvent] = []
        self._counter = 0

    def take(self, event: Event) -> None:
        """Store one event's output, if it has any."""
        stdout = _COLOURS.sub("", str(event.get("stdout") or "")).replace("\x00", "")
        if not stdout.strip():
            return
        self._counter += 1
        task = str((event.get("event_data") or {}).get("task") or "")
        self._add(str(event.get("event", ""))[:40], task[:200], stdout[:_LONGEST])

    def say(self, text: str) -> None:
        """Add a line of the controller's own."""
        self._counter += 1
        self._add("voipbox", "", text)

    def flush(self) -> bool:
        """Write what waits; False when the database did not take it."""
        if not self._waiting:
            return True
        try:
            RunEvent.objects.bulk_create(self._waiting, ignore_conflicts=True)
            phase = next((event.task for event in reversed(self._waiting) if event.task), "")
            if phase:
                Run.objects.filter(pk=self._run.pk, state=Run.State.RUNNING).update(phase=phase)
        except DatabaseError:
            close_old_connections()
            return False
        self._waiting.clear()
        return True

    def _add(self, kind: str, task: str, stdout: str) -> None:
        self._waiting.append(RunEvent(run=self._run, counter=self._counter, at=clock.now(), kind=kind, task=task, stdout=stdout))
        del self._waiting[:-_MOST_WAITING]
        self.flush()

# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong on purpose: faults that a test scripts, each for some calls and some times."""

from __future__ import annotations

import enum
import fnmatch
import itertools
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


class FaultKind(enum.StrEnum):
    """Kinds of faults; the options of each in brackets.

    Before the call takes effect: refuse (code, status: as the provider says no), delay_then_refuse (seconds, code, status),
    drop (the connection ends), html (status: 502, 522 ...), limit (after: calls let through; window: seconds), delay
    (seconds: slow, then as always), vanish (number: it is gone; empty: the one that the call names), drain (amount: what
    the balance becomes), price (factor: prices are multiplied by it), answer (body, status, content_type: exactly this is
    answered, and nothing happens), land_late (seconds of the sandbox's clock after which it takes effect, though the
    connection ended without an answer; what was checked was checked when it came).

    After it took effect: commit_then_drop, commit_then_delay (seconds), commit_then_html (status), commit_then_garble (the
    answer is cut off, with status 200), commit_then_answer (as answer).
    """

    REFUSE = "refuse"
    DELAY_THEN_REFUSE = "delay_then_refuse"
    DROP = "drop"
    HTML = "html"
    LIMIT = "limit"
    DELAY = "delay"
    VANISH = "vanish"
    DRAIN = "drain"
    PRICE = "price"
    ANSWER = "answer"
    LAND_LATE = "land_late"
    COMMIT_THEN_DROP = "commit_then_drop"
    COMMIT_THEN_DELAY = "commit_then_delay"
    COMMIT_THEN_HTML = "commit_then_html"
    COMMIT_THEN_GARBLE = "commit_then_garble"
    COMMIT_THEN_ANSWER = "commit_then_answer"


@dataclass
class Fault:
    """Parameters: match, a shell pattern for names of calls; times, how often, None until cleared; skip, calls that match
    and are let through first; options, as FaultKind says."""

    id: int
    kind: FaultKind
    match: str = "*"
    times: int | None = 1
    skip: int = 0
    options: dict[str, Any] = field(default_factory=dict)


class Faults:
    """The faults that wait for their call, in the order in which they were scripted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []
        self._ids = itertools.count(1)
        self._passed: dict[int, deque[float]] = {}

    def add(
        self, kind: str, match: str = "*", times: int | None = 1, skip: int = 0, options: Mapping[str, Any] | None = None
    ) -> Fault:
        """Script a fault. A limit stays until cleared. Raises ValueError for a kind that is not known."""
        try:
            known = FaultKind(kind)
        except ValueError:
            raise ValueError(f"There is no fault {kind}; there are {', '.join(FaultKind)}.") from None
        fault = Fault(next(self._ids), known, match, None if known is FaultKind.LIMIT else times, skip, dict(options or {}))
        with self._lock:
            self._waiting.append(fault)
        return fault

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        with self._lock:
            self._waiting.clear()
            self._passed.clear()

    def listed(self) -> list[dict[str, Any]]:
        """What still waits."""
        with self._lock:
            return [asdict(fault) for fault in self._waiting]

    def take(self, name: str) -> Fault | None:
        """The first fault that happens to this call, counted as happened; None for none."""
        with self._lock:
            for fault in self._waiting:
                if not fnmatch.fnmatchcase(name, fault.match):
                    continue
                if fault.kind is FaultKind.LIMIT:
                    if self._is_over(fault):
                        return fault
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._waiting.remove(fault)
                return fault
        return None

    def _is_over(self, fault: Fault) -> bool:
        """Count a call in the last window of real seconds; refused calls do not count."""
        passed = self._passed.setdefault(fault.id, deque())
        now = time.monotonic()
        while passed and passed[0] <= now - float(fault.options.get("window", 60)):
            passed.popleft()
        if len(passed) >= int(fault.options.get("after", 0)):
            return True
        passed.append(now)
        return False

# SPDX-License-Identifier: GPL-3.0-or-later
"""The traps, as switches that a test turns on."""

from __future__ import annotations

from typing import Any

# Faults that happen once when nothing else is said; the others stay until they are cleared.
_ONCE = frozenset(("empty_reloadacl", "close_mid_body"))
KNOWN = frozenset(
    (
        "xml_error", "cannot_find_config", "invalid_profile", "empty_reloadacl", "refuse_connections", "rude_rejection",
        "close_mid_body", "no_answer", "slow_answer",
    )
)  # fmt: skip


class Faults:
    """The faults that are on, each with its options and how often it is still to happen (None: until cleared)."""

    def __init__(self) -> None:
        self._on: dict[str, dict[str, Any]] = {}

    def turn_on(self, name: str, times: int | None = None, **options: Any) -> None:
        """Turn a fault on. Raises ValueError for one that is not known."""
        if name not in KNOWN:
            raise ValueError(f"There is no fault {name}; there are {', '.join(sorted(KNOWN))}.")
        if times is None and name in _ONCE:
            times = 1
        self._on[name] = {"times": times, **options}

    def clear(self) -> None:
        """Turn all faults off."""
        self._on.clear()

    def is_on(self, name: str) -> bool:
        """True while a fault is on; this does not count as happening."""
        return name in self._on

    def take(self, name: str, command: str = "") -> dict[str, Any] | None:
        """The options of a fault that happens now, or None. One with the option command happens to commands that begin so."""
        fault = self._on.get(name)
        if fault is None or not command.startswith(fault.get("command", "")):
            return None
        if fault["times"] is not None:
            fault["times"] -= 1
            if fault["times"] <= 0:
                del self._on[name]
        return fault

# SPDX-License-Identifier: GPL-3.0-or-later
"""One at a time: whatever talks to a provider about an order's registration holds the order's turn, over all machines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from voipbox.core.errors import MoveRefused
from voipbox.core.session_lock import REGISTRATIONS, SessionLock


@contextmanager
def turn(order_id: int, patience: float = 2.0) -> Iterator[None]:
    """Hold an order's turn. Raises MoveRefused when somebody else has it for longer than patience (seconds)."""
    lock = SessionLock(REGISTRATIONS, order_id)
    if not lock.take(patience):
        raise MoveRefused(f"Somebody is working on the registration of order {order_id} right now. Nothing was changed.")
    with lock:
        yield

# SPDX-License-Identifier: GPL-3.0-or-later
"""The same move with many orders, one by one: what is refused for one stops no other, and each has a line of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from voipbox.core.errors import Fault, NotAllowed, Refused, VoipboxError
from voipbox.core.people import ACTING_STAFF, Actor

from . import actions, moves, queries
from .statuses import BADGES, Status

MOST = 500
ACTIONS = ("approve", "retry", "reject", "cancel")
"""The moves that are made with many orders."""


@dataclass(frozen=True)
class Line:
    """What became of one order."""

    order: int
    good: bool
    says: str


def perform(order_ids: Sequence[int], action: str, actor: Actor, reason: str = "") -> list[Line]:
    """Make a move with each of these orders.

    Raises Refused when there are too many, or for a move that is made one by one; NotAllowed for those who make none.
    """
    if actor.role not in ACTING_STAFF:
        raise NotAllowed("Moves with many orders are made by staff. Nothing was changed.")
    if action not in ACTIONS:
        raise Refused([Fault("action", f"is none that is made with many orders; those are {', '.join(ACTIONS)}")])
    keys = list(dict.fromkeys(order_ids))
    if not 1 <= len(keys) <= MOST:
        raise Refused([Fault("orders", f"are 1 to {MOST}")])
    if not reason.strip() and any(move.needs_reason for move in moves.MOVES if move.action == action):
        raise Refused([Fault("reason", "is required for this")])
    return [_one(key, action, actor, reason) for key in keys]


def _one(key: int, action: str, actor: Actor, reason: str) -> Line:
    try:
        queries.get(key, actor)
        order = actions.perform(key, action, actor, reason)
    except VoipboxError as error:
        return Line(key, False, str(error))
    return Line(key, True, f"is now {BADGES[Status(order.status)].text}")

# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold before a move, by name. A guard returns why the move is refused, or None."""

from __future__ import annotations

from collections.abc import Callable

from voipbox.core.people import Role
from voipbox.providers.drivers import DRIVERS, buys

from .models import Order
from .moves import Move, possible
from .statuses import Status
from .steps import Step


def _server_active(order: Order) -> str | None:
    return None if order.server.active else f"the PBX server {order.server.name} is switched off; switch it on or move the order"


def _provider_usable(order: Order) -> str | None:
    if order.provider is None or order.provider.active:
        return None
    return f"the provider account {order.provider.name} is switched off; switch it on first"


def _failed_after_purchase(order: Order) -> str | None:
    return "it failed before its number was there; reset the purchase instead" if order.step == Step.PURCHASE else None


def _failed_before_provisioning(order: Order) -> str | None:
    return None if order.step == Step.PURCHASE else "its number was not bought in this order's name; retry instead"


def _trunk_is_bought(order: Order) -> str | None:
    known = order.provider is not None and order.provider.driver in DRIVERS
    if known and order.provider is not None and buys(order.provider):
        return None
    return "its trunk is not made by this program: change its credentials at the provider and amend the order"


GUARDS: dict[str, Callable[[Order], str | None]] = {
    "server_active": _server_active,
    "provider_usable": _provider_usable,
    "failed_after_purchase": _failed_after_purchase,
    "failed_before_provisioning": _failed_before_provisioning,
    "trunk_is_bought": _trunk_is_bought,
}


def add(name: str, guard: Callable[[Order], str | None]) -> None:
    """A guard that a room above brings: it knows what this one does not."""
    GUARDS[name] = guard


def available(order: Order, role: Role) -> list[Move]:
    """The moves that somebody with this role may make now and that no guard refuses, in the order of the table."""
    moves = possible(Status(order.status), order.regulated, role)
    return [move for move in moves if not any(GUARDS[name](order) for name in move.guard)]

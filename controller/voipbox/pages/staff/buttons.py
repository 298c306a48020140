# SPDX-License-Identifier: GPL-3.0-or-later
"""The buttons of an order: the moves that are possible now, each with the page that carries it out."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from voipbox.core.people import Actor
from voipbox.orders.guards import available
from voipbox.orders.models import Order
from voipbox.providers.drivers import DRIVERS

_GRAVE = frozenset({"cancel", "terminate", "reject"})
# What leads an order on. Everything else is there when it is needed, and no button that the eye falls on first.
_FORWARD = frozenset({"approve", "confirm_identity", "upload_documents", "place", "retry"})
# Where the provider registers numbers itself, these moves belong to acts that hand something in there first.
_HANDED_IN = {"confirm_identity": "#regulatory", "upload_documents": "#regulatory"}


@dataclass(frozen=True)
class Button:
    """A move as people see it. asks: a page that asks something first (a dialog where scripts run); leads: only a link."""

    action: str
    label: str
    address: str
    asks: bool = False
    leads: bool = False

    @property
    def grave(self) -> bool:
        """True for what cannot be taken back."""
        return self.action in _GRAVE

    @property
    def forward(self) -> bool:
        """True for what leads the order on."""
        return self.action in _FORWARD


def registers_itself(order: Order) -> bool:
    """True when the order's provider takes registrations from this program."""
    driver = DRIVERS.get(order.provider.driver) if order.provider else None
    return driver is not None and driver.regulates


def buttons(order: Order, actor: Actor) -> list[Button]:
    """The buttons that somebody sees on an order, in the order of the table of moves."""
    registers = order.regulated and registers_itself(order)
    found = []
    for move in available(order, actor.role):
        if registers and move.action in _HANDED_IN:
            address = reverse("staff:order", args=[order.pk]) + _HANDED_IN[move.action]
            found.append(Button(move.action, move.label, address, leads=True))
        elif registers and move.action == "place":
            found.append(Button(move.action, move.label, reverse("staff:number", args=[order.pk]), asks=True))
        else:
            address = reverse("staff:move", args=[order.pk, move.action])
            found.append(Button(move.action, move.label, address, asks=move.needs_reason))
    return found

# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what with an order's registration, and when."""

from __future__ import annotations

from voipbox.core.errors import MoveRefused, NotAllowed
from voipbox.core.people import ACTING_STAFF, Actor, Role
from voipbox.orders import queries
from voipbox.orders.models import Order
from voipbox.orders.statuses import Status

# Staff may correct what was given until it is handed in, and after a refusal.
CORRECTABLE = frozenset({Status.PENDING_REVIEW, Status.IDENTITY_ADDRESS_CONFIRMED, Status.DOCUMENTS_UPLOADED, Status.BLOCKED})
_CLIENT_DATA = frozenset({Status.PENDING_REVIEW})
_CLIENT_DOCUMENTS = frozenset({Status.PENDING_REVIEW, Status.IDENTITY_ADDRESS_CONFIRMED})


def regulated(order_id: int, actor: Actor) -> Order:
    """A regulated order that somebody may see. Raises NotThere, MoveRefused."""
    order = queries.get(order_id, actor)
    if not order.regulated:
        raise MoveRefused(f"The number of order {order_id} needs no registration. Nothing was changed.")
    return order


def to_give_data(order_id: int, actor: Actor) -> Order:
    """The order, when somebody may store identity and address now. Raises NotThere, NotAllowed, MoveRefused."""
    return _open_to(order_id, actor, _CLIENT_DATA, "what was given about the user of its number")


def to_give_documents(order_id: int, actor: Actor) -> Order:
    """The order, when somebody may bring documents now. Raises NotThere, NotAllowed, MoveRefused."""
    return _open_to(order_id, actor, _CLIENT_DOCUMENTS, "its documents")


def to_see_data(order_id: int, actor: Actor) -> Order:
    """The order, when somebody may see identity and address: acting staff, and the client. Raises NotThere, NotAllowed."""
    order = regulated(order_id, actor)
    if actor.role == Role.AUDITOR:
        raise NotAllowed("Identities are seen by those who work on them. Nothing was shown.")
    return order


def to_act(order_id: int, actor: Actor, statuses: frozenset[Status]) -> Order:
    """The order, when staff (or this program) may act on it now. Raises NotThere, NotAllowed, MoveRefused."""
    order = regulated(order_id, actor)
    if actor.role not in ACTING_STAFF | {Role.SYSTEM}:
        raise NotAllowed("Registrations are handled by staff. Nothing was changed.")
    return _in(order, statuses, "its registration")


def _open_to(order_id: int, actor: Actor, for_clients: frozenset[Status], what: str) -> Order:
    order = regulated(order_id, actor)
    if actor.role == Role.AUDITOR:
        raise NotAllowed("An auditor looks and changes nothing. Nothing was changed.")
    return _in(order, for_clients if actor.role == Role.CLIENT else CORRECTABLE, what)


def _in(order: Order, statuses: frozenset[Status], what: str) -> Order:
    if Status(order.status) in statuses:
        return order
    possible = ", ".join(sorted(statuses))
    raise MoveRefused(f"Order {order.pk} is {order.status}; {what} can be changed in {possible}. Nothing was changed.")

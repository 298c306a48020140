# SPDX-License-Identifier: GPL-3.0-or-later
"""Short names where several statuses share the text of their badge."""

from __future__ import annotations

from voipbox.orders.statuses import BADGES, Status

_APART = {
    Status.PENDING_REVIEW: "Pending review",
    Status.ORDER_PLACED: "Order placed",
    Status.AWAITING_REGISTRATION: "Awaiting registration",
}


def pill_label(status: Status) -> str:
    """What a status is called beside the other ones."""
    return _APART.get(status, BADGES[status].text)

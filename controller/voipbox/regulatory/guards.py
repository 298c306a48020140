# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold before the number of a regulated order is bought, by whatever way the move is made."""

from __future__ import annotations

from voipbox.orders.models import Order

from . import documents, needs, provider
from .models import Registration


def papers_handed_in(order: Order) -> str | None:
    """Why a number must not be bought yet: its user's data or documents are not at the provider. None when they are."""
    if not provider.regulates(order.provider):
        return None
    row = Registration.objects.filter(order=order).first()
    if row is None:
        return "nothing is known of the number's user"
    if row.portal:
        return None
    wanted = needs.unpack(row.requirements)
    if wanted is None:
        return "what the number needs was not asked for yet"
    held = documents.of(order)
    faults = [*needs.missing_data(row, wanted), *needs.missing_documents(row, wanted, held)]
    causes = [str(fault) for fault in faults]
    causes += [f"document {one.pk} was not sent" for one in held if one.sent_at is None and one.entity in ("identity", "address")]
    return "; ".join(causes) or None

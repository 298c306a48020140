# SPDX-License-Identifier: GPL-3.0-or-later
"""The one way in which money is rounded."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

_CENT = Decimal("0.01")


def cents(amount: Decimal) -> Decimal:
    """An amount to the cent, half a cent upwards."""
    return amount.quantize(_CENT, ROUND_HALF_UP)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The sum of amounts that were rounded each, so that it is what somebody gets who adds up what is shown."""
    return sum((cents(amount) for amount in amounts), Decimal("0.00"))

# SPDX-License-Identifier: GPL-3.0-or-later
"""Money as the provider writes it: decimal strings of varying length."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def text(amount: Decimal) -> str:
    """At least one digit after the point and no further zeros: 8.0, 0.363."""
    plain = format(amount.normalize(), "f")
    return plain if "." in plain else f"{plain}.0"


def cents(amount: Decimal) -> Decimal:
    """Rounded to cents: 0.363 is charged as 0.36."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)

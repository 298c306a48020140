# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from django.apps import AppConfig


class NumbersConfig(AppConfig):
    """The app numbers."""

    name = "voipbox.numbers"
    label = "numbers"

    def ready(self) -> None:
        """Bring the guard of the moves that lead past a purchase."""
        from voipbox.orders import guards  # noqa: PLC0415 - models are loaded by now

        from .ledger import under_way  # noqa: PLC0415 - models are loaded by now

        guards.add("purchase_decided", under_way)

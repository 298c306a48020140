# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from django.apps import AppConfig


class RegulatoryConfig(AppConfig):
    """The app regulatory."""

    name = "voipbox.regulatory"
    label = "regulatory"

    def ready(self) -> None:
        """Bring the guard of the move place."""
        from voipbox.orders import guards  # noqa: PLC0415 - models are loaded by now

        from .guards import papers_handed_in  # noqa: PLC0415 - models are loaded by now

        guards.add("papers_handed_in", papers_handed_in)

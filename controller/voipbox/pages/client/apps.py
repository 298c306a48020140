# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from django.apps import AppConfig


class ClientConfig(AppConfig):
    """The app client: pages of clients, and what signing in needs."""

    name = "voipbox.pages.client"
    label = "client"

    def ready(self) -> None:
        """Let the audit hear when staff acts as a client."""
        from . import impersonation  # noqa: PLC0415 - models are not ready before

        impersonation.connect()

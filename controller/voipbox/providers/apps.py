# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from django.apps import AppConfig


class ProvidersConfig(AppConfig):
    """The app providers."""

    name = "voipbox.providers"
    label = "providers"

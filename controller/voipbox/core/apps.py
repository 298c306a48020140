# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """The app core."""

    name = "voipbox.core"
    label = "core"
    default_auto_field = "django.db.models.BigAutoField"

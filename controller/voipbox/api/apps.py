# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The app api."""

    name = "voipbox.api"
    label = "api"

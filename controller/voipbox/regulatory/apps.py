# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from django.apps import AppConfig


class RegulatoryConfig(AppConfig):
    """The app regulatory."""

    name = "voipbox.regulatory"
    label = "regulatory"

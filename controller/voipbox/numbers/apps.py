# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from django.apps import AppConfig


class NumbersConfig(AppConfig):
    """The app numbers."""

    name = "voipbox.numbers"
    label = "numbers"

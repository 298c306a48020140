# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """The app orders."""

    name = "voipbox.orders"
    label = "orders"

# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """The app catalog."""

    name = "voipbox.catalog"
    label = "catalog"

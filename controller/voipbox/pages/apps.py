# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from django.apps import AppConfig


class PagesConfig(AppConfig):
    """The app pages."""

    name = "voipbox.pages"
    label = "pages"

# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from django.apps import AppConfig


class RetentionConfig(AppConfig):
    """The app retention."""

    name = "voipbox.retention"
    label = "retention"

# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses below /staff/."""

from __future__ import annotations

from django.urls import path

from . import dashboard, queue

app_name = "staff"
urlpatterns = [
    path("", dashboard.show, name="dashboard"),
    path("orders/", queue.show, name="queue"),
]

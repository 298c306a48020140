# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses below /staff/."""

from __future__ import annotations

from django.urls import path

from . import acts, bulk, dashboard, queue

app_name = "staff"
urlpatterns = [
    path("", dashboard.show, name="dashboard"),
    path("orders/", queue.show, name="queue"),
    path("orders/bulk/", bulk.ask, name="bulk"),
    path("orders/bulk/approve/", bulk.approve, name="bulk_approve"),
    path("orders/<int:order_id>/", queue.show, name="order"),
    path("orders/<int:order_id>/moves/<slug:action>/", acts.move, name="move"),
]

# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses of the web process."""

from __future__ import annotations

from django.urls import include, path

from voipbox.api import callback_views, health_views
from voipbox.api.application import api

from . import credentials
from .home import home

urlpatterns = [
    path("healthz", health_views.healthz),
    path("readyz", health_views.readyz),
    path("metrics", health_views.metrics),
    path("api/v1/health", health_views.health),
    path("api/v1/", api.urls),
    path("hooks/<slug:slug>/<slug:kind>/", callback_views.hook),
    path("credentials/<str:token>/", credentials.show, name="credentials"),
    path("staff/", include("voipbox.pages.staff.urls")),
    path("", home, name="home"),
    path("", include("voipbox.pages.client.urls")),
]
handler400 = "voipbox.pages.error_pages.bad_request"
handler403 = "voipbox.pages.error_pages.forbidden"
handler404 = "voipbox.pages.error_pages.not_found"
handler500 = "voipbox.pages.error_pages.broken"

# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses of the web process."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []

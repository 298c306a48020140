# SPDX-License-Identifier: GPL-3.0-or-later
"""The bare address: to where each person works."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from .access import actor_of, signed_in


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """Staff to the dashboard, clients to their orders."""
    return redirect("staff:dashboard" if actor_of(request).is_staff else "/my/")

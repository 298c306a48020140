# SPDX-License-Identifier: GPL-3.0-or-later
"""The provisioning queue."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from voipbox.orders import queries

from ..access import actor_of, staff_only

_PAGE = 50


@require_safe
@staff_only
def show(request: HttpRequest) -> HttpResponse:
    """The newest orders."""
    return render(request, "pages/staff/queue.html", {"orders": queries.search(actor_of(request))[:_PAGE]})

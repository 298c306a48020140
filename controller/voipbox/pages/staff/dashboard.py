# SPDX-License-Identifier: GPL-3.0-or-later
"""What staff look at first."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from voipbox.orders import queries
from voipbox.orders.statuses import Status

from ..access import actor_of, staff_only


@require_safe
@staff_only
def show(request: HttpRequest) -> HttpResponse:
    """The dashboard."""
    counts = queries.counts(actor_of(request))
    return render(request, "pages/staff/dashboard.html", {"counts": [(status, counts.get(status, 0)) for status in Status]})

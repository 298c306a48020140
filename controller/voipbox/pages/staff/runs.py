# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs: their list, one with its output, and stopping it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from voipbox.core.errors import MoveRefused, NotThere
from voipbox.core.people import ACTING_STAFF
from voipbox.provisioning import care
from voipbox.provisioning.models import Run

from .. import following
from ..access import acting_staff_only, actor_of, back, staff_only
from .output import shown_output

_PAGE = 50
_STOP_POLLING = 286  # htmx's own


def _beat(request: HttpRequest) -> str:
    return following.digest(following.of_runs())


def _beat_of_run(request: HttpRequest, run_id: int) -> str:
    run = _get(run_id)
    return following.digest([run.state, run.finished_at, *run.results.values_list("pk", "result", "message")])


@require_safe
@staff_only
@following.follows(_beat)
def listing(request: HttpRequest) -> HttpResponse:
    """From the newest to the oldest."""
    before = request.GET.get("before", "")
    rows = Run.objects.select_related("server").prefetch_related("results__order").order_by("-pk")
    if before.isascii() and before.isdigit() and len(before) <= 15:  # noqa: PLR2004 - digits of a column
        rows = rows.filter(pk__lt=int(before))
    found = list(rows[: _PAGE + 1])
    return render(request, "pages/staff/runs.html", {"runs": found[:_PAGE], "older": len(found) > _PAGE})


@require_safe
@staff_only
@following.follows(_beat_of_run)
def show(request: HttpRequest, run_id: int) -> HttpResponse:
    """One run."""
    run = _get(run_id)
    content = {
        "run": run,
        "output": shown_output(run),
        "results": list(run.results.select_related("order")),
        "acting": actor_of(request).role in ACTING_STAFF,
    }
    return render(request, "pages/staff/run.html", content)


@require_safe
@staff_only
def output(request: HttpRequest, run_id: int) -> HttpResponse:
    """What was printed after the last line a page has; status 286 tells it to stop asking."""
    text = request.GET.get("after", "0")
    after = int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0  # noqa: PLR2004 - digits of a counter
    run = _get(run_id)
    found = shown_output(run, after)
    content = {"run": run, "output": found, "ended": found.ended, "whole": request.GET.get("whole") == "yes"}
    return render(request, "pages/staff/parts/output.html", content, status=_STOP_POLLING if found.ended else 200)


@require_POST
@acting_staff_only
def cancel(request: HttpRequest, run_id: int) -> HttpResponse:
    """Ask a run to stop."""
    try:
        care.cancel(run_id, actor_of(request))
    except MoveRefused as error:
        messages.error(request, str(error))
    else:
        messages.info(request, f"Run {run_id} is asked to stop; its open orders fail and can be retried.")
    return back(request, reverse("staff:run", args=[run_id]))


def _get(run_id: int) -> Run:
    run = Run.objects.select_related("server").filter(pk=run_id).first()
    if run is None:
        raise NotThere(f"There is no run {run_id}.")
    return run

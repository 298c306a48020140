# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs over the API."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router

from voipbox.core.errors import NotAllowed, NotThere
from voipbox.core.people import Actor
from voipbox.provisioning import care
from voipbox.provisioning.models import Run

from . import render, shapes
from .bearer import actor_with
from .order_routes import _REFUSALS, Id

router = Router()
_MOST_EVENTS = 1000


def _staff(request: HttpRequest) -> Actor:
    actor = actor_with(request, "runs:read")
    if not actor.is_staff:
        raise NotAllowed("Runs are for staff.")
    return actor


def _get(run_id: int) -> Run:
    run = Run.objects.select_related("server").filter(pk=run_id).first()
    if run is None:
        raise NotThere(f"There is no run {run_id}.")
    return run


@router.get("", response={200: list[shapes.RunOut], **_REFUSALS}, summary="List runs")
def listing(request: HttpRequest, limit: Annotated[int, Query(ge=1, le=100)] = 50) -> Any:
    """From the newest to the oldest."""
    _staff(request)
    return [render.run(row) for row in Run.objects.select_related("server").order_by("-id")[:limit]]


@router.get("/{run_id}", response={200: shapes.RunDetail, **_REFUSALS}, summary="One run")
def show(request: HttpRequest, run_id: Id) -> Any:
    """With the result of each order."""
    _staff(request)
    run = _get(run_id)
    results = [{"order": r.order_id, "result": r.result, "changed": r.changed, "message": r.message} for r in run.results.all()]
    return {**render.run(run), "results": results}


@router.get("/{run_id}/events", response={200: shapes.EventPage, **_REFUSALS}, summary="Output of a run")
def events(request: HttpRequest, run_id: Id, after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0) -> Any:
    """Ask again with the last counter until ended is true."""
    _staff(request)
    run = _get(run_id)
    rows = list(run.events.filter(counter__gt=after)[:_MOST_EVENTS])
    return {"events": rows, "ended": run.state != Run.State.RUNNING and len(rows) < _MOST_EVENTS}


@router.post("/{run_id}/cancel", response={200: shapes.RunOut, **_REFUSALS}, summary="Stop a run")
def cancel(request: HttpRequest, run_id: Id) -> Any:
    """It stops within seconds; its open orders fail and can be retried."""
    actor = actor_with(request, "runs:act")
    care.cancel(run_id, actor)
    return render.run(_get(run_id))

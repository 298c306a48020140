# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking after runs: what should be moving and is not, and what is too old to keep."""

from __future__ import annotations

import datetime
import socket

from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from voipbox.catalog.models import PbxServer
from voipbox.core import clock, jobs
from voipbox.core.config import config
from voipbox.core.errors import MoveRefused, NotAllowed, NotThere
from voipbox.core.people import ACTING_STAFF, Actor
from voipbox.orders import audit
from voipbox.orders.models import Order

from .deploy import due, old_events
from .models import Run, RunEvent


def deploy_soon(server_id: int, seconds: int) -> None:
    """Ask for a run a little later."""
    with transaction.atomic():
        jobs.deploy(server_id, at=clock.now() + datetime.timedelta(seconds=seconds))


def note_death(server_id: int, process: int) -> None:
    """The process of a run ended by itself, as its daemon saw."""
    mine = Run.objects.filter(server_id=server_id, state=Run.State.RUNNING, machine=socket.gethostname(), process=process)
    mine.update(died=True)


def wake_servers() -> int:
    """Ask for a run wherever orders are due, or a run looks alive, and no job is there for it; returns how many."""
    woken = 0
    at_work = set(
        ProcrastinateJob.objects.filter(task_name="voipbox.deploy", status__in=["todo", "doing"]).values_list(
            "args__server_id", flat=True
        )
    )
    for server in PbxServer.objects.exclude(pk__in=[one for one in at_work if one is not None]):
        running = Run.objects.filter(server=server, state=Run.State.RUNNING).exists()
        if running or (server.active and Order.objects.filter(due(server.pk)).exists()):
            woken += jobs.deploy(server.pk)
    return woken


def survey_is_due() -> bool:
    """True when some server was not looked at for as long as the setting says."""
    since = clock.now() - datetime.timedelta(minutes=config().survey_minutes)
    return PbxServer.objects.filter(active=True).exclude(surveyed_at__gt=since).exists()


def forget_old_output() -> int:
    """Delete output of runs that is older than the setting says; results and audit stay. Returns how many rows."""
    return RunEvent.objects.filter(at__lt=old_events(config().event_days)).delete()[0]


def cancel(run_id: int, actor: Actor) -> Run:
    """Ask a run to stop; it does so within seconds, and its open orders fail. Raises NotThere, NotAllowed, MoveRefused."""
    if actor.role not in ACTING_STAFF:
        raise NotAllowed("Runs are cancelled by staff. Nothing was changed.")
    run = Run.objects.filter(pk=run_id).first()
    if run is None:
        raise NotThere(f"There is no run {run_id}.")
    with transaction.atomic():
        if not Run.objects.filter(pk=run_id, state=Run.State.RUNNING, cancelled_by="").update(cancelled_by=actor.label[:200]):
            run.refresh_from_db()
            state = f"being cancelled by {run.cancelled_by}" if run.state == Run.State.RUNNING else run.state
            raise MoveRefused(f"Run {run_id} is {state}. Nothing was changed.")
        audit.write(actor, "cancel_run", run=run_id)
    run.refresh_from_db()
    return run

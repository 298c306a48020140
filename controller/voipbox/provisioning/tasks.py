# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs of this room."""

from __future__ import annotations

import asyncio
import logging
import os
import sys

from asgiref.sync import sync_to_async
from django.db import transaction
from procrastinate.contrib.django import app

from voipbox.core import jobs

from . import care, child
from . import plan as plans

log = logging.getLogger("voipbox.runs")
_PAUSE = 3  # seconds before a run is tried again that found the server busy or died


@app.task(name="voipbox.deploy")
async def deploy(server_id: int) -> None:
    """Run what is ready on a PBX server, in a child process that ends with this one."""
    code, process = await _child("deploy", server_id)
    if code not in (child.DONE, child.BUSY, child.LOST):
        await sync_to_async(jobs.in_a_job(care.note_death))(server_id, process)
    if code != child.DONE:
        log.warning("server %s: the run's process ended with %s; looking again in %s s", server_id, code, _PAUSE)
        await sync_to_async(jobs.in_a_job(care.deploy_soon))(server_id, _PAUSE)


async def _child(work: str, identity: int) -> tuple[int, int]:
    """Run child.py; returns its exit code and its process id."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "voipbox.provisioning.child", work, str(identity), str(os.getpid()), start_new_session=True
    )
    try:
        return await process.wait(), process.pid
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise


@app.task(name="voipbox.wake")
@jobs.in_a_job
def wake(server_id: int) -> None:
    """Ask for a run whose moment has come."""
    jobs.deploy(server_id)


@app.task(name="voipbox.survey", queueing_lock="survey")
async def survey() -> None:
    """Look which domains the PBX servers have."""
    code, _ = await _child("survey", 0)
    if code != child.DONE:
        log.warning("the survey of the PBX servers ended with %s", code)


@app.task(name="voipbox.plan")
async def plan(plan_id: int) -> None:
    """Find out what provisioning would change for an order."""
    if (await _child("plan", plan_id))[0] != child.DONE:
        await sync_to_async(jobs.in_a_job(plans.give_up))(plan_id)


@app.periodic(cron="* * * * *")
@app.task(name="voipbox.care", queue=jobs.CLOCK, queueing_lock="care")
@jobs.in_a_job
def look_after(timestamp: int) -> None:
    """Every minute: whatever should be moving and is not."""
    del timestamp
    with transaction.atomic():
        care.wake_servers()
        if care.survey_is_due():
            jobs.defer("voipbox.survey", queueing_lock="survey")
    care.forget_old_output()

# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs of this room."""

from __future__ import annotations

from procrastinate import JobContext
from procrastinate.contrib.django import app

from voipbox.core import jobs
from voipbox.core.config import config

from . import mailing, tidying, webhooks


@app.task(name="voipbox.send_mail", queueing_lock="send_mail")
@jobs.in_a_job
def send_mail() -> None:
    """Send the mails that are due."""
    mailing.send_queued()


@app.task(name="voipbox.send_webhooks", queueing_lock="send_webhooks")
@jobs.in_a_job
def send_webhooks() -> None:
    """Send the webhooks that are due."""
    webhooks.deliver_queued()


@app.periodic(cron="* * * * *")
@app.task(name="voipbox.drain", queue=jobs.CLOCK, queueing_lock="drain")
@jobs.in_a_job
def drain(timestamp: int) -> None:
    """Every minute: what waits for its next attempt."""
    del timestamp
    jobs.defer("voipbox.send_mail", queueing_lock="send_mail")
    jobs.defer("voipbox.send_webhooks", queueing_lock="send_webhooks")


@app.task(name="voipbox.forget_old_jobs", queueing_lock="forget_old_jobs", pass_context=True)
async def forget_old_jobs(context: JobContext) -> None:
    """Jobs that ended, failed ones among them, once their time is over."""
    await context.app.job_manager.delete_old_jobs(
        nb_hours=config().event_days * 24, include_failed=True, include_cancelled=True, include_aborted=True
    )


@app.periodic(cron="7 * * * *")
@app.task(name="voipbox.tidy", queueing_lock="tidy")
@jobs.in_a_job
def tidy(timestamp: int) -> None:
    """Every hour: what is not kept for ever."""
    del timestamp
    tidying.run()

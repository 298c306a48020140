# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs of this room."""

from __future__ import annotations

import logging

from procrastinate.contrib.django import app

from voipbox.core import jobs

from . import periods

log = logging.getLogger("voipbox.retention")


@app.periodic(cron="41 * * * *")
@app.task(name="voipbox.end_retention", queueing_lock="end_retention")
@jobs.in_a_job
def end_retention(timestamp: int) -> None:
    """Every hour: what is known of people and has served its time."""
    del timestamp
    gone = {what: count for what, count in periods.run().items() if count}
    if gone:
        log.info("its time was over: %s", ", ".join(f"{count} {what}" for what, count in gone.items()))

# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs of this room."""

from __future__ import annotations

from procrastinate.contrib.django import app

from voipbox.core import jobs

from . import kept_answers, rate


@app.periodic(cron="11 * * * *")
@app.task(name="voipbox.forget_answers", queueing_lock="forget_answers")
@jobs.in_a_job
def forget_answers(timestamp: int) -> None:
    """Every hour: answers that were kept for repeated requests, and counts of past minutes."""
    del timestamp
    kept_answers.forget_old()
    rate.forget_old()

# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs for the daemon. They are named, so that a room can ask for work of a room above it."""

from __future__ import annotations

import datetime
from typing import Any

from django.db import transaction
from procrastinate import exceptions
from procrastinate.contrib.django import app

_QUEUES = {"voipbox.deploy": "deploy", "voipbox.survey": "deploy"}


def defer(
    name: str,
    *,
    lock: str | None = None,
    queueing_lock: str | None = None,
    at: datetime.datetime | None = None,
    **arguments: Any,
) -> bool:
    """Ask for a job in the present transaction: it exists when that commits, and only then.

    Parameters: name, of the task; lock, jobs that share it run one after another; queueing_lock, of which at most one
    job waits; at, not before. Returns False when such a job waits already.
    """
    options: dict[str, Any] = {"schedule_at": at} if at else {}
    task = app.configure_task(name, queue=_QUEUES.get(name, "default"), lock=lock, queueing_lock=queueing_lock, **options)
    try:
        with transaction.atomic():
            task.defer(**arguments)
    except exceptions.AlreadyEnqueued:
        return False
    return True


def deploy(server_id: int, at: datetime.datetime | None = None) -> bool:
    """Ask for a run of everything that is ready on a PBX server. A job for later does not hold up one for now."""
    suffix = ":later" if at else ""
    return defer("voipbox.deploy", lock=f"server:{server_id}", queueing_lock=f"deploy:{server_id}{suffix}", at=at, server_id=server_id)

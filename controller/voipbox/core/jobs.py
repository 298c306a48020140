# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs for the daemon. They are named, so that a room can ask for work of a room above it."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from django.db import close_old_connections, transaction
from procrastinate import exceptions
from procrastinate.contrib.django import app

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
# Which queue a job waits in; every other one waits in DEFAULT. A queue has slots that no other can take: whatever a stranger
# holds up (a webhook's receiver, a mail server, a server that is surveyed), orders go on.
DEPLOY, ADVANCE, CLOCK, DEFAULT, WEBHOOKS, MAIL = "deploy", "advance", "clock", "default", "webhooks", "mail"
_QUEUES = {
    "voipbox.deploy": DEPLOY,
    "voipbox.advance": ADVANCE,
    "voipbox.register": ADVANCE,
    "voipbox.wake": CLOCK,
    "voipbox.wake_order": CLOCK,
    "voipbox.send_webhooks": WEBHOOKS,
    "voipbox.send_mail": MAIL,
}


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
    task = app.configure_task(name, queue=_QUEUES.get(name, DEFAULT), lock=lock, queueing_lock=queueing_lock, **options)
    try:
        with transaction.atomic():
            task.defer(**arguments)
    except exceptions.AlreadyEnqueued:
        return False
    return True


def slots(most: int) -> dict[str, int]:
    """How many jobs of each queue one daemon works on at a time. Parameter: most, of runs and of orders at their providers."""
    return {DEPLOY: most, ADVANCE: most, CLOCK: 2, DEFAULT: 2, WEBHOOKS: 2, MAIL: 1}


def deploy(server_id: int, at: datetime.datetime | None = None) -> bool:
    """Ask for a run of everything that is ready on a PBX server, now or not before a moment.

    A job that waits for its moment must not share the lock: it would hold up those for now.
    """
    if at is not None:
        return defer("voipbox.wake", queueing_lock=f"wake:{server_id}:{at:%Y%m%dT%H%M%S}", at=at, server_id=server_id)
    return defer("voipbox.deploy", lock=f"server:{server_id}", queueing_lock=f"deploy:{server_id}", server_id=server_id)


def advance(order_id: int, at: datetime.datetime | None = None) -> bool:
    """Ask for the next step of an order at its provider, now or not before a moment; one at a time an order."""
    if at is not None:
        return defer("voipbox.wake_order", queueing_lock=f"wake_order:{order_id}:{at:%Y%m%dT%H%M%S}", at=at, order_id=order_id)
    return defer("voipbox.advance", lock=f"advance:{order_id}", queueing_lock=f"advance:{order_id}", order_id=order_id)


def in_a_job(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """For functions that run in a worker's thread: a broken database connection of an earlier job is not used again."""

    @functools.wraps(function)
    def wrapped(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        close_old_connections()
        try:
            return function(*args, **kwargs)
        finally:
            close_old_connections()

    return wrapped

# SPDX-License-Identifier: GPL-3.0-or-later
"""A run: every order that is ready on a PBX server, through one playbook, and what came out of it.

deploy_once() is called in a process of its own (child.py), under the server's lock.
"""

from __future__ import annotations

import datetime
import os
import socket
from collections.abc import Sequence
from pathlib import Path

from django.db import DatabaseError, close_old_connections, transaction
from django.db.models import F, Q

from voipbox.catalog.models import PbxServer
from voipbox.core import clock, jobs
from voipbox.core.config import config
from voipbox.core.keys import write_private
from voipbox.core.people import SYSTEM
from voipbox.orders import actions
from voipbox.orders.models import Order
from voipbox.orders.statuses import READY, Status
from voipbox.orders.steps import Step

from . import inventory, playbook, tenant_file
from .events import EventLog
from .models import Run, RunOrder
from .private_folder import private_folder
from .results import Results, TenantResult
from .server_lock import ServerLock

_ALONE_AFTER = 2  # runs without a result; then an order gets a run of its own, so that it harms no other


class LockLost(Exception):
    """The database forgot this process in mid-run: another one may run by now, so nothing is written."""


def due(server_id: int) -> Q:
    """Orders that the next run of a server takes."""
    ready = Q(server_id=server_id, status__in=sorted(READY), step=Step.PROVISION)
    return ready & (Q(next_try_at=None) | Q(next_try_at__lte=clock.now()))


def settle_lost(server_id: int) -> None:
    """Runs whose process is gone: their orders go on by themselves, unless one of them kills its runs. Needs the lock."""
    for run in Run.objects.filter(server_id=server_id, state=Run.State.RUNNING):
        with transaction.atomic():
            Run.objects.filter(pk=run.pk).update(
                state=Run.State.LOST, finished_at=clock.now(), summary="The process of this run ended without a result."
            )
            open_ids = run.results.filter(result="").values_list("order_id", flat=True)
            orders = list(Order.objects.select_related("server", "provider").filter(pk__in=open_ids, status=Status.IN_PROGRESS))
            run.results.filter(result="").update(result="lost", message="the run ended without a result")
            _after_a_kill(orders, run)


def deploy_once(server_id: int, lock: ServerLock) -> bool:
    """One run of what is ready; False when nothing was. Raises LockLost."""
    server = PbxServer.objects.get(pk=server_id)
    claimed = claim(server)
    if claimed is None:
        return False
    run, orders = claimed
    log, results = EventLog(run), Results()
    with private_folder() as folder:
        outcome = _play(run, server, orders, folder, lock, log, results)
    finish(run, orders, outcome, results, lock, log)
    return True


def claim(server: PbxServer) -> tuple[Run, list[Order]] | None:
    """Begin a run with the orders that are due; None when there are none."""
    with transaction.atomic():
        ready = Order.objects.select_for_update(skip_locked=True).filter(due(server.pk)).order_by("id")
        keys = list(ready.values_list("pk", F("run_misses") + F("run_deaths"))[: config().run_batch])
        if not server.active or not keys:
            return None
        alone = [key for key, lost in keys if lost >= _ALONE_AFTER]
        first = keys[0][0]
        chosen = [first] if first in alone else [key for key, _ in keys if key not in alone]
        orders = list(Order.objects.select_related("server", "provider").filter(pk__in=chosen).order_by("id"))
        run = Run.objects.create(server=server, started_at=clock.now(), machine=socket.gethostname(), process=os.getpid())
        orders = actions.perform_many(orders, "start", SYSTEM, run=run.pk)
        for order in orders:
            order.attempts += 1
        Order.objects.bulk_update(orders, ["attempts"])
        RunOrder.objects.bulk_create(RunOrder(run=run, order=order) for order in orders)
    return (run, orders) if orders else None


def _play(
    run: Run, server: PbxServer, orders: Sequence[Order], folder: Path, lock: ServerLock, log: EventLog, results: Results
) -> playbook.Outcome:
    tenants = folder / "tenants"
    tenants.mkdir(mode=0o700)
    temporary = folder / "tmp"
    temporary.mkdir(mode=0o700)
    for order in orders:
        write_private(tenants / f"{order.pk:08d}.yml", tenant_file.to_yaml(tenant_file.build(order)))
    hosts = inventory.write(server, folder, temporary)

    def on_event(event: playbook.Event) -> None:
        results.take(event)
        log.take(event)

    return playbook.run(
        "provision", folder, hosts, {"tenant_files": str(tenants)},
        on_event, lambda: _should_stop(run, lock), config().run_timeout,
    )  # fmt: skip


def _should_stop(run: Run, lock: ServerLock) -> bool:
    """Asked by ansible-runner about once a second; must not raise."""
    if not lock.is_held():
        return True
    try:
        return Run.objects.filter(pk=run.pk).exclude(cancelled_by="").exists()
    except DatabaseError:
        close_old_connections()
        return True


def finish(
    run: Run, orders: Sequence[Order], outcome: playbook.Outcome, results: Results, lock: ServerLock, log: EventLog
) -> None:
    """Write what came out: each order completes, fails, or is queued again; in one transaction. Raises LockLost."""
    if not lock.is_held():
        raise LockLost
    log.flush()
    with transaction.atomic():
        run.refresh_from_db()
        done, failed, open_orders = [], {}, []
        for order in orders:
            result = results.tenants.get(order.domain)
            if result is None or not (result.failed or result.is_complete(order.has_trunk)):
                open_orders.append(order)
            elif result.failed:
                failed[order.pk] = result.message
            else:
                done.append(order)
            _keep(run, order, result)
        actions.perform_many(done, "complete", SYSTEM, run=run.pk)
        actions.perform_many([o for o in orders if o.pk in failed], "fail", SYSTEM, failed, run=run.pk)
        why = _why(run, outcome, results)
        if run.cancelled_by or outcome.status == "timeout":
            actions.perform_many(open_orders, "fail", SYSTEM, {order.pk: why for order in open_orders}, run=run.pk)
        elif outcome.code is None:
            run.died = True
            _after_a_kill(open_orders, run)
        else:
            _again_or_fail(open_orders, run, why)
        run.state = (
            Run.State.CANCELLED if run.cancelled_by else Run.State.FAILED if open_orders or failed else Run.State.SUCCEEDED
        )
        run.finished_at, run.phase = clock.now(), ""
        run.summary = f"{len(done)} completed, {len(failed)} failed, {len(open_orders)} without a result"
        if open_orders:
            run.summary += f". {why}"
        run.save(update_fields=["state", "finished_at", "phase", "summary", "died"])
        if Order.objects.filter(due(run.server_id)).exists():
            jobs.deploy(run.server_id)


def _keep(run: Run, order: Order, result: TenantResult | None) -> None:
    complete = result is not None and result.is_complete(order.has_trunk)
    name = "failed" if result and result.failed else "completed" if complete else "none"
    run.results.filter(order=order).update(
        result=name,
        changed=result.changed if result else None,
        message=result.message if result else "",
        facts=result.facts if result else {},
    )
    if result and result.facts:
        order.facts = result.facts
        Order.objects.filter(pk=order.pk).update(facts=result.facts)


def _why(run: Run, outcome: playbook.Outcome, results: Results) -> str:
    again = "The tenant is there whole or not at all; a retry is safe."
    if run.cancelled_by:
        return f"Run {run.pk} was cancelled by {run.cancelled_by}. {again}"
    if outcome.status == "timeout":
        return f"Run {run.pk} was stopped after {config().run_timeout} s, its time limit. {again}"
    fault = results.fault or f"ansible-playbook ended with code {outcome.code}."
    return f"Run {run.pk} told nothing of this tenant. {fault} {again}"


def _again_or_fail(orders: Sequence[Order], run: Run, reason: str) -> None:
    """The run ended and told nothing of them."""
    for order in orders:
        order.run_misses, order.run_deaths = order.run_misses + 1, 0
    Order.objects.bulk_update(orders, ["run_misses", "run_deaths"])
    again = [order for order in orders if order.run_misses < config().run_attempts]
    last = [order for order in orders if order.run_misses >= config().run_attempts]
    actions.perform_many(again, "requeue", SYSTEM, {order.pk: reason for order in again}, run=run.pk)
    words = f"{reason} It was tried {config().run_attempts} times."
    actions.perform_many(last, "fail", SYSTEM, {order.pk: words for order in last}, run=run.pk)


def _after_a_kill(orders: Sequence[Order], run: Run) -> None:
    """The run's process was killed. Where its daemon or the database fell with it, the machine is at fault and what was counted
    before says nothing; else an order that is alone each time and never gets through in the end is.
    """
    alone = run.results.count() == 1
    for order in orders:
        order.run_deaths = order.run_deaths + 1 if run.died else 0
    Order.objects.bulk_update(orders, ["run_deaths"])
    last = [order for order in orders if alone and order.run_deaths >= config().run_deaths]
    again = [order for order in orders if order not in last]
    words = (
        f"Run {run.pk} ended without a result: its process was killed or its machine went down. The tenant is there whole or not "
        "at all."
    )
    going_on = f"{words} It goes on by itself."
    actions.perform_many(again, "requeue", SYSTEM, {order.pk: going_on for order in again}, run=run.pk)
    told = {
        order.pk: f"{words} That was so {order.run_deaths} times in a row, with this order alone at the end and nothing else "
        "amiss on the machine: look at what the machine's log says of the process, mend the order, then retry it."
        for order in last
    }
    actions.perform_many(last, "fail", SYSTEM, told, run=run.pk)


def old_events(days: int) -> datetime.datetime:
    """Output before this moment may go."""
    return clock.now() - datetime.timedelta(days=days)

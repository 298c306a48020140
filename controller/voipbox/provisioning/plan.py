# SPDX-License-Identifier: GPL-3.0-or-later
"""What provisioning would change for one order: the same playbook in check mode, its answer kept.

make() is called in a process of its own (child.py). It changes nothing on the PBX server, so it needs no lock there.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from voipbox.core import clock, jobs
from voipbox.core.config import config
from voipbox.core.errors import MoveRefused, NotAllowed
from voipbox.core.keys import write_private
from voipbox.core.people import ACTING_STAFF, Actor
from voipbox.orders.models import Order
from voipbox.orders.statuses import CLOSED, Status

from . import inventory, playbook, tenant_file
from .models import Plan
from .private_folder import private_folder
from .results import Results

LOST = "The process that made the plan ended without an answer. Nothing was changed; ask again."


def ask(order: Order, actor: Actor) -> Plan:
    """Have a plan made for an order as it stands; one that is being made already is returned. Raises NotAllowed, MoveRefused."""
    if actor.role not in ACTING_STAFF:
        raise NotAllowed("Plans are asked for by staff. Nothing was changed.")
    if Status(order.status) in CLOSED:
        raise MoveRefused(f"Order {order.pk} is {order.badge.text}: nothing will be provisioned.")
    with transaction.atomic():
        Order.objects.select_for_update().get(pk=order.pk)
        open_one = Plan.objects.filter(order=order, version=order.version, finished_at=None).first()
        if open_one is not None:
            return open_one
        plan = Plan.objects.create(order=order, version=order.version, asked_by=actor.label[:200], asked_at=clock.now())
        jobs.defer("voipbox.plan", plan_id=plan.pk)
    return plan


def make(plan_id: int) -> None:
    """Make a plan that waits and keep what it says."""
    plan = Plan.objects.select_related("order__server", "order__provider").filter(pk=plan_id, finished_at=None).first()
    if plan is None:
        return
    order, results = plan.order, Results()
    with private_folder() as folder:
        tenants = folder / "tenants"
        tenants.mkdir(mode=0o700)
        temporary = folder / "tmp"
        temporary.mkdir(mode=0o700)
        write_private(tenants / f"{order.pk:08d}.yml", tenant_file.to_yaml(tenant_file.build(order)))
        hosts = inventory.write(order.server, folder, temporary)
        outcome = playbook.run(
            "provision", folder, hosts,
            {"tenant_files": str(tenants), "verify": "false"},
            results.take, lambda: False, config().run_timeout, check=True,
        )  # fmt: skip
    _keep(plan, order, results, outcome)


def _keep(plan: Plan, order: Order, results: Results, outcome: playbook.Outcome) -> None:
    found = results.tenants.get(order.domain)
    if found is not None and found.is_complete(order.has_trunk):
        plan.state = Plan.State.READY
        plan.answer = {name: _texts(found.facts.get(name)) for name in ("created", "updated", "removed", "warnings")}
    else:
        plan.state = Plan.State.FAILED
        told = found.message if found else results.fault
        plan.words = f"{told or f'ansible-playbook ended with code {outcome.code}.'} Nothing was changed."
    plan.finished_at = clock.now()
    plan.save(update_fields=["state", "answer", "words", "finished_at"])


def give_up(plan_id: int) -> None:
    """Note that a plan will not come."""
    Plan.objects.filter(pk=plan_id, finished_at=None).update(state=Plan.State.FAILED, words=LOST, finished_at=clock.now())


def _texts(value: Any) -> list[str]:
    return [str(item)[:300] for item in value] if isinstance(value, list) else []

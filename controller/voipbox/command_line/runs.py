# SPDX-License-Identifier: GPL-3.0-or-later
"""voipbox run ..."""

from __future__ import annotations

import argparse
import time

from .base import SubParsers, add, group, table, visible

_POLL = 0.5  # seconds


def register(commands: SubParsers) -> None:
    """Add the commands."""
    runs = group(commands, "run", "runs on PBX servers")
    listing = add(runs, "list", "list runs, the newest first", _list)
    listing.add_argument("--limit", type=int, default=20)
    show = add(runs, "show", "what came out of a run", _show)
    show.add_argument("number", type=int, metavar="RUN")
    follow = add(runs, "follow", "print a run's output as it comes", _follow)
    follow.add_argument("number", type=int, metavar="RUN")
    cancel = add(runs, "cancel", "stop a run; its open orders fail and can be retried", _cancel)
    cancel.add_argument("number", type=int, metavar="RUN")


def _get(number: int) -> object:
    from voipbox.core.errors import NotThere
    from voipbox.provisioning.models import Run

    run = Run.objects.select_related("server").filter(pk=number).first()
    if run is None:
        raise NotThere(f"There is no run {number}.")
    return run


def _list(arguments: argparse.Namespace) -> int:
    from voipbox.provisioning.models import Run

    runs = Run.objects.select_related("server").order_by("-id")[: arguments.limit]
    table(
        [(r.pk, r.server.slug, r.state, r.started_at.strftime("%Y-%m-%d %H:%M:%S"), r.summary or r.phase) for r in runs],
        ("run", "server", "state", "started (UTC)", "says"),
    )
    return 0


def _show(arguments: argparse.Namespace) -> int:
    run = _get(arguments.number)
    print(f"run {run.pk} on {run.server.slug}: {run.state}. {run.summary}")  # type: ignore[attr-defined] # a Run
    rows = [(r.order_id, r.order.domain, r.result or "running", r.message) for r in run.results.select_related("order")]  # type: ignore[attr-defined]
    table(rows, ("order", "domain", "result", "says"))
    return 0


def _follow(arguments: argparse.Namespace) -> int:
    from voipbox.provisioning.models import Run

    run, last = _get(arguments.number), 0
    while True:
        run.refresh_from_db()  # type: ignore[attr-defined] # a Run
        ended = run.state != Run.State.RUNNING  # type: ignore[attr-defined]
        for event in run.events.filter(counter__gt=last):  # type: ignore[attr-defined]
            print("\n".join(visible(line) for line in event.stdout.splitlines()), flush=True)
            last = event.counter
        if ended:
            print(f"\nrun {run.pk}: {run.state}. {run.summary}")  # type: ignore[attr-defined]
            return 0 if run.state == Run.State.SUCCEEDED else 1  # type: ignore[attr-defined]
        time.sleep(_POLL)


def _cancel(arguments: argparse.Namespace) -> int:
    from voipbox.core.people import operator_of_this_machine
    from voipbox.provisioning import care

    care.cancel(arguments.number, operator_of_this_machine())
    print(f"Run {arguments.number} is being stopped.")
    return 0

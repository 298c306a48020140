# SPDX-License-Identifier: GPL-3.0-or-later
"""What the doctor looks at. Each finding says how it is, and what mends it."""

from __future__ import annotations

import datetime
import os
import shutil
import smtplib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.db import DatabaseError, connection
from django.db.models import Exists, OuterRef

from voipbox.catalog.models import PbxServer
from voipbox.core import clock, collection, database, proof
from voipbox.core.config import config
from voipbox.core.errors import VoipboxError
from voipbox.numbers.models import Purchase
from voipbox.orders.models import Mail, WebhookDelivery
from voipbox.orders.transport import transport

_LATE = datetime.timedelta(minutes=5)
_ALIVE = 30  # seconds since a daemon's last sign of life
_LEAST_DISK = 1024**3
_LEAST_MEMORY = 64 * 1024**2
_APART = 2.0  # seconds between two clocks


@dataclass(frozen=True)
class Finding:
    """One line: name, whether it is good, what it says, and what mends it."""

    name: str
    good: bool
    says: str
    fix: str = ""


def checks() -> list[Finding]:
    """Everything, most basic first. What cannot be looked at without the database is left out when that is down."""
    found = [_guarded("collection", _collection), _guarded("mail", _mail), *_places()]
    base = _guarded("database", _database)
    found.insert(0, base)
    if not base.good:
        return found
    found.append(_guarded("keys", _keys))
    for look in (_clock, _daemons, _jobs, _mails, _webhooks, _purchases):
        found.append(_guarded(look.__name__.strip("_"), look))
    return [*found, *_servers()]


def _guarded(name: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except VoipboxError as error:
        return Finding(name, False, str(error), str(error))
    except (DatabaseError, OSError, smtplib.SMTPException) as error:
        words = " ".join(str(error).split())[:200]
        return Finding(
            name, False, f"{type(error).__name__}: {words}", f"See what {name} says; voipbox settings lists what can be set."
        )


def _database() -> Finding:
    database.check_ready()
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        row = cursor.fetchone()
    where = "named in DATABASE_URL" if config().database else f"embedded in {config().state_dir / 'database'}"
    return Finding("database", True, f"PostgreSQL {row[0] if row else '?'}, {where}")


def _keys() -> Finding:
    proof.check()
    mode = config().keys.stat().st_mode & 0o077
    if mode:
        return Finding("keys", False, f"{config().keys} can be read by others", f"chmod 600 {config().keys}")
    return Finding("keys", True, "open what is sealed in this database")


def _collection() -> Finding:
    root = collection.root()
    if not (Path(sys.executable).parent / "ansible-playbook").exists() and shutil.which("ansible-playbook") is None:
        return Finding(
            "collection", False, "ansible-playbook is not installed", "pip install ansible-core, in the environment of voipbox"
        )
    return Finding("collection", True, f"playbooks in {root}")


def _mail() -> Finding:
    return Finding("mail", True, transport().check())


def _places() -> Iterator[Finding]:
    free = shutil.disk_usage(config().state_dir).free if config().state_dir.exists() else 0
    yield Finding(
        "disk", free > _LEAST_DISK, f"{free // 1024**2} MiB free in {config().state_dir}", "Make room, or move VOIPBOX_STATE_DIR."
    )
    folder = config().run_dir
    free = shutil.disk_usage(folder).free if folder.is_dir() else 0
    in_memory = _is_memory(folder)
    good = free > _LEAST_MEMORY and in_memory and os.access(folder, os.W_OK)
    says = f"{free // 1024**2} MiB free in {folder}, {'in memory' if in_memory else 'on a disk'}"
    yield Finding("tmpfs", good, says, "Name a folder on tmpfs with room in VOIPBOX_RUN_DIR: runs keep passwords there.")


def _is_memory(folder: Path) -> bool:
    """True when a folder is on tmpfs. Where mounts cannot be read (not Linux), it is taken as given."""
    try:
        with Path("/proc/mounts").open(encoding="utf-8") as mounts:
            kinds = {line.split()[1]: line.split()[2] for line in mounts}
    except OSError:
        return True
    path = folder.resolve()
    mount = next(parent for parent in (path, *path.parents) if str(parent) in kinds or parent == parent.parent)
    return kinds.get(str(mount)) in ("tmpfs", "ramfs")


def _clock() -> Finding:
    apart = abs((clock.database_now() - clock.now()).total_seconds())
    return Finding("clock", apart < _APART, f"{apart:.1f} s from the database's", "Set the clocks of both machines by NTP.")


def _daemons() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => %s)", [_ALIVE]
        )
        row = cursor.fetchone()
    count = row[0] if row else 0
    return Finding("daemons", count > 0, f"{count} at work", "Start one: voipbox daemon")


def waiting_jobs() -> tuple[int, int]:
    """How many jobs could be worked on and are not, and for how many seconds the oldest has waited."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(extract(epoch FROM now() - min(e.at)), 0) FROM procrastinate_jobs j "
            "JOIN procrastinate_events e ON e.job_id = j.id AND e.type = 'deferred' "
            "WHERE j.status = 'todo' AND j.scheduled_at IS NULL AND NOT EXISTS "
            "(SELECT FROM procrastinate_jobs other WHERE other.lock = j.lock AND other.status = 'doing')"
        )
        row = cursor.fetchone()
    return (0, 0) if row is None else (row[0], int(row[1]))


def _jobs() -> Finding:
    count, age = waiting_jobs()
    good = age < _LATE.total_seconds()
    return Finding("jobs", good, f"{count} wait, the oldest for {age} s", "Start a daemon, or another one: voipbox daemon")


def _mails() -> Finding:
    again = Mail.objects.filter(order=OuterRef("order"), kind=OuterRef("kind"), pk__gt=OuterRef("pk"))
    bad = Mail.objects.filter(~Exists(again), state__in=["failed", "unknown"]).order_by("id")
    late = Mail.objects.filter(state="queued", created_at__lt=clock.now() - _LATE).count()
    first = bad.first()
    says = f"{bad.count()} failed or unknown, {late} late"
    fix = (
        f"voipbox mail show {first.pk} says why; then voipbox mail resend {first.pk}"
        if first
        else "See what the mail server says: voipbox doctor."
    )
    return Finding("mails", first is None and late == 0, says, fix)


def _webhooks() -> Finding:
    bad = WebhookDelivery.objects.filter(state="failed", created_at__gt=clock.now() - datetime.timedelta(days=7)).count()
    return Finding("webhooks", bad == 0, f"{bad} given up in seven days", "Mend the endpoint, or remove it: voipbox webhook list")


def _purchases() -> Finding:
    unclear = Purchase.objects.filter(state__in=[Purchase.State.UNKNOWN, Purchase.State.NEEDS_HUMAN])
    stuck = unclear.filter(state=Purchase.State.NEEDS_HUMAN).count()
    says = f"{unclear.count() - stuck} unclear and being looked up, {stuck} wait for a person"
    return Finding("purchases", stuck == 0, says, "voipbox numbers ledger --open tells them; then voipbox numbers settle")


def _servers() -> Iterator[Finding]:
    for server in PbxServer.objects.filter(active=True).order_by("slug"):
        fix = f"Mend the cause, then: voipbox server survey {server.slug}"
        old = clock.now() - datetime.timedelta(minutes=3 * config().survey_minutes)
        if server.surveyed_at is None:
            yield Finding(f"server {server.slug}", False, "was never looked at", f"voipbox server survey {server.slug}")
        elif server.survey_error:
            yield Finding(f"server {server.slug}", False, server.survey_error, fix)
        elif server.surveyed_at < old:
            when, often = f"{server.surveyed_at:%Y-%m-%d %H:%M} UTC", config().survey_minutes
            says = f"was last looked at {when}; daemons do so every {often} minutes"
            yield Finding(f"server {server.slug}", False, says, f"Start a daemon, or: voipbox server survey {server.slug}")
        else:
            facts = server.survey_facts
            says = (
                f"looked at {server.surveyed_at:%H:%M:%S} UTC: tables known, switch {facts.get('switch')} answers, "
                f"{facts.get('domains')} domains"
            )
            yield Finding(f"server {server.slug}", True, says)

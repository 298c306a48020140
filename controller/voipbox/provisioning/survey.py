# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking which domains a PBX server has, and whether it can be worked with at all."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from voipbox.catalog.models import PbxServer, ServerDomain
from voipbox.core import clock
from voipbox.core.config import config

from . import inventory, playbook
from .private_folder import private_folder

_SECONDS = 120  # a server that is slower than that is not worked with; the next one waits meanwhile
_ACTION = "voipbox.fusionpbx.fusionpbx_info"


def survey_all() -> None:
    """Look at every active server."""
    for server in PbxServer.objects.filter(active=True):
        survey(server)


def survey(server: PbxServer) -> str:
    """Look at one server and keep what was seen; returns what is wrong with it, empty when nothing is."""
    told: dict[str, Any] = {}
    faults: list[str] = []

    def on_event(event: playbook.Event) -> None:
        data = event.get("event_data") or {}
        result = data.get("res") or {}
        if event.get("event") in ("runner_on_unreachable", "runner_on_failed"):
            faults.append(" ".join(str(result.get("msg") or "Ansible told no cause").split())[:500])
        elif data.get("resolved_action", data.get("task_action")) == _ACTION and "domains" in result:
            told.update(result)

    with private_folder() as folder:
        temporary = folder / "tmp"
        temporary.mkdir(mode=0o700)
        hosts = inventory.write(server, folder, temporary)
        outcome = playbook.run("survey", folder, hosts, {}, on_event, lambda: False, min(_SECONDS, config().run_timeout))
    error = "" if "domains" in told else (faults or [f"ansible-playbook ended with code {outcome.code}"])[-1]
    _keep(server, told, error)
    return error


def _keep(server: PbxServer, told: dict[str, Any], error: str) -> None:
    with transaction.atomic():
        server.surveyed_at, server.survey_error = clock.now(), error
        if not error:
            server.survey_facts = {"switch": told.get("switch", ""), "domains": len(told["domains"])}
            seen = {entry["domain"]: entry["domain_uuid"] for entry in told["domains"]}
            known = {row.name: str(row.uuid) for row in server.domains.all()}
            gone = [name for name, uuid in known.items() if seen.get(name) != uuid]
            server.domains.filter(name__in=gone).delete()
            fresh = [name for name in seen if name not in known or name in gone]
            ServerDomain.objects.bulk_create(ServerDomain(server=server, name=name, uuid=seen[name]) for name in fresh)
        server.save(update_fields=["surveyed_at", "survey_error", "survey_facts"])

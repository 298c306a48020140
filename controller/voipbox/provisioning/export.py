# SPDX-License-Identifier: GPL-3.0-or-later
"""An order as what an admin would run by hand: inventory, tenant file and command."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from voipbox.catalog.models import PbxServer
from voipbox.core.errors import NotAllowed
from voipbox.core.keys import write_private
from voipbox.core.people import ACTING_STAFF, Actor, Role
from voipbox.orders import audit
from voipbox.orders.models import Order
from voipbox.orders.statuses import Status

from . import inventory, tenant_file

_HEAD = "# Order {order}. Written by voipbox; holds {what}.\n"


def text(order: Order, actor: Actor, secrets: bool = False) -> str:
    """The tenant file of an order. Without secrets each stands as a placeholder that the collection refuses.

    Raises NotAllowed: secrets are for administrators and operators, and the audit notes it.
    """
    if not (actor.is_staff or actor.role == Role.SYSTEM):
        raise NotAllowed("Tenant files are for staff.")
    tenant = tenant_file.build(order)
    if secrets:
        if actor.role not in ACTING_STAFF | {Role.SYSTEM}:
            raise NotAllowed("Tenant files with secrets are for administrators and operators.")
        with transaction.atomic():
            audit.write(actor, "export_secrets", order)
        return _HEAD.format(order=order.pk, what="passwords: keep it encrypted (ansible-vault encrypt)") + tenant_file.to_yaml(
            tenant
        )
    return _HEAD.format(order=order.pk, what="no passwords: fill in what begins with VAULT") + tenant_file.to_yaml(
        _with_placeholders(tenant)
    )


def _with_placeholders(tenant: tenant_file.TenantFile) -> tenant_file.TenantFile:
    """Every secret as a name for the person who fills it in; with a blank in front, so that it is refused as it stands."""
    shown = tenant.model_copy(deep=True)
    for user in shown.users:
        user.password = f" VAULT users {user.username} password"
    for extension in shown.extensions:
        extension.password = f" VAULT extensions {extension.number} password"
        extension.voicemail_password = f" VAULT extensions {extension.number} voicemail_password"
    if shown.trunk and shown.trunk.gateway.password:
        shown.trunk.gateway.password = f" VAULT trunk {shown.trunk.gateway.name} password"
    return shown


def command(server: PbxServer, inventory_path: str, tenants: str) -> str:
    """What an admin types."""
    words = [
        "ansible-playbook",
        "-i",
        inventory_path,
        "playbooks/provision.yml",
        "-l",
        server.slug,
        "-e",
        f"tenant_files={tenants}",
    ]
    return " ".join(shlex.quote(word) for word in words)


def write_order(order: Order, folder: Path, actor: Actor, secrets: bool) -> list[str]:
    """Write inventory and tenant file of one order for a run by hand; returns the lines to tell."""
    path = _write_tenant(order, folder, actor, secrets)
    hosts = _write_inventory([order.server], folder)
    return [f"wrote {path}", f"wrote {hosts}", "", command(order.server, str(hosts), str(path))]


def write_tree(folder: Path, actor: Actor, secrets: bool) -> list[str]:
    """Write all servers and completed tenants as a tree to keep in git; returns the lines to tell."""
    servers = list(PbxServer.objects.order_by("slug"))
    orders = Order.objects.select_related("server", "provider").filter(status=Status.COMPLETED).order_by("id")
    paths = [_write_tenant(order, folder, actor, secrets) for order in orders]
    return [f"wrote {_write_inventory(servers, folder)}", f"wrote {len(paths)} tenant files below {folder / 'tenants'}"]


def _write_tenant(order: Order, folder: Path, actor: Actor, secrets: bool) -> Path:
    path = folder / "tenants" / order.server.slug / f"{order.domain}.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_private(path, text(order, actor, secrets))
    return path


def _write_inventory(servers: list[PbxServer], folder: Path) -> Path:
    """Hosts with their variables; sealed ones stand as names for a vault."""
    hosts: dict[str, dict[str, Any]] = {}
    for server in servers:
        vault = {name: f"{{{{ vault_{server.slug.replace('-', '_')}_{name} }}}}" for name in server.secret_variables}
        hosts[server.slug] = {**inventory.variables(server, secrets=False), **vault}
    path = folder / "hosts.yml"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump({"pbx_servers": {"hosts": hosts}}, sort_keys=False, allow_unicode=True))
    return path

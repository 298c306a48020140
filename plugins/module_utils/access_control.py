# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The access list `providers`: a provider's addresses enter it without harm to other entries; nothing is taken out."""

from __future__ import annotations

import ipaddress
import uuid

from . import cache
from .errors import Conflict
from .rules import cidr
from .work import duplicates

LIST = "providers"


class AccessResource:
    """Adds networks to the list that both SIP profiles ask (it is one list for the whole server). Parameters: work."""

    def __init__(self, work):
        self.work = work

    def lock(self):
        """Hold the list's lock until the transaction ends; it comes after the tenant's and the numbers' locks."""
        self.work.lock("access_list", LIST)

    def present(self, addresses, description=None):
        """addresses: networks in CIDR notation, or single addresses. Those that the list allows already are left alone."""
        if not addresses:
            return
        work = self.work
        self.lock()
        list_uuid = self._list()
        nodes = _nodes(work, list_uuid)
        for address in addresses:
            network = cidr(address)
            node = nodes.get(network)
            if node and node["node_type"] == "allow":
                continue
            label = "provider address " + network
            if node:
                raise Conflict(
                    "The access list {0} denies {1} (entry {2}).".format(LIST, network, node["access_control_node_uuid"]),
                    next_step="Remove that entry in FusionPBX if the provider is meant to be let in.",
                )
            work.changes.insert(
                "v_access_control_nodes",
                {
                    "access_control_node_uuid": str(uuid.uuid4()),
                    "access_control_uuid": list_uuid,
                    "node_type": "allow",
                    "node_cidr": network,
                    "node_description": description,
                },
                label,
            )
            self._stale(network)

    def absent(self, addresses):
        """Take allow entries out, for whoever asks for it by name; other entries stay."""
        work = self.work
        self.lock()
        rows = self._rows()
        if not rows:
            return
        nodes = _nodes(work, rows[0]["access_control_uuid"])
        for address in addresses:
            network = cidr(address)
            node = nodes.get(network)
            if node and node["node_type"] == "allow":
                work.changes.delete(
                    "v_access_control_nodes",
                    "access_control_node_uuid",
                    [node["access_control_node_uuid"]],
                    "provider address " + network,
                )
                work.effects.keys.update(cache.access_lists(work.session.host))
                work.effects.acl_gone.add(network)

    def _stale(self, network):
        self.work.effects.keys.update(cache.access_lists(self.work.session.host))
        self.work.effects.acl.add(network)

    def _rows(self):
        rows = self.work.select("v_access_controls", "access_control_name = %s", (LIST,))
        if len(rows) > 1:
            raise duplicates("access list", LIST, [row["access_control_uuid"] for row in rows])
        return rows

    def _list(self):
        rows = self._rows()
        if rows:
            return rows[0]["access_control_uuid"]
        identity = str(uuid.uuid4())
        self.work.changes.insert(
            "v_access_controls",
            {"access_control_uuid": identity, "access_control_name": LIST, "access_control_default": "deny"},
            "access list " + LIST,
        )
        return identity


def allowed(session):
    """Networks that the list allows, in the order of their addresses."""
    rows = session.schema.select(
        session.database,
        "v_access_control_nodes",
        "node_type = 'allow' AND access_control_uuid IN "
        "(SELECT access_control_uuid FROM v_access_controls WHERE access_control_name = %s)",
        (LIST,),
    )
    found = {_network(row["node_cidr"]) for row in rows}
    return sorted(network for network in found if network)


def _nodes(work, list_uuid):
    rows = work.select("v_access_control_nodes", "access_control_uuid = %s", (list_uuid,))
    return {_network(row["node_cidr"]): row for row in rows}


def _network(text):
    try:
        return str(ipaddress.ip_network((text or "").strip(), strict=False))
    except ValueError:
        return None

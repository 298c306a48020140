# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads tenant files, renders their routes, and has the module converge trunks."""

from __future__ import annotations

from types import MappingProxyType

from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.documents import whole_trunk_document
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.tenant_action import TenantAction


class ActionModule(TenantAction):
    """The action of fusionpbx_trunk."""

    PART = "trunk"
    OPTIONS = MappingProxyType(
        {
            "skip": {"type": "list", "elements": "str"},
            "verify": {"type": "bool", "default": False},
            "wait_timeout": {"type": "int", "default": 35},
        }
    )

    def document(self, tenant, source, templates):
        """Gateways, addresses and rendered routes."""
        return whole_trunk_document(tenant, source, templates, self.given["verify"])

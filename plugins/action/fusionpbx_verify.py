# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads tenant files and has the module ask the switch whether it serves them."""

from __future__ import annotations

from types import MappingProxyType

from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.documents import verify_document
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.tenant_action import TenantAction


class ActionModule(TenantAction):
    """The action of fusionpbx_verify."""

    PART = "verify"
    OPTIONS = MappingProxyType(
        {
            "skip": {"type": "list", "elements": "str"},
            "wait_timeout": {"type": "int", "default": 35},
        }
    )

    def writes_numbers(self):
        """Nothing is written; the switch is asked about each number."""
        return False

    def document(self, tenant, source, templates):
        """What is to be asked about one tenant."""
        return verify_document(tenant, source, templates)

# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads tenant files, checks them, and has the module converge their own side: domain, users, extensions."""

from __future__ import annotations

from types import MappingProxyType

from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.documents import (
    tenant_document,
    trunk_document,
    whole_trunk_document,
)
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.tenant_action import TenantAction


class ActionModule(TenantAction):
    """The action of fusionpbx_tenant."""

    PART = "tenant"
    OPTIONS = MappingProxyType(
        {
            "secrets_dir": {"type": "path"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "confirm": {"type": "list", "elements": "str", "default": []},
            "update_password": {"type": "str", "choices": ["on_create", "always"], "default": "on_create"},
            "skip": {"type": "list", "elements": "str"},
            "trunk": {"type": "bool", "default": False},
            "verify": {"type": "bool", "default": False},
            "wait_timeout": {"type": "int", "default": 35},
        }
    )

    def writes_numbers(self):
        """Files of tenants that are removed give numbers up."""
        return self.given["state"] != "absent"

    def document(self, tenant, source, templates):
        """The tenant's own side, and with trunk the rest of it.

        The routes are rendered in any case, so that a bad one is refused before anything is written.
        """
        if self.given["state"] == "absent":
            return dict({key: tenant[key] for key in ("domain", "domain_uuid") if key in tenant}, source=source)
        document = tenant_document(tenant, source)
        if self.given["trunk"]:
            document["whole"] = whole_trunk_document(tenant, source, templates, self.given["verify"])
        else:
            trunk_document(tenant, source, templates)
        return document

# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Has the module gather tenants, and folds their raw routes back into the names of route templates."""

from __future__ import annotations

import os

from ansible.plugins.action import ActionBase
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils import secrets_store
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.connection_options import with_host_variables
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.route_folding import fold
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.route_templates import RouteTemplates
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.template_folders import template_folders


class ActionModule(ActionBase):
    """The action of fusionpbx_info."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Gather, fold, and write files where dest asks for them."""
        result = super().run(tmp, task_vars)
        del tmp
        task_vars = task_vars or {}
        arguments = dict(self._task.args)
        dest = arguments.pop("dest", None)
        folders = template_folders(arguments.pop("template_path", None), task_vars, self._templar)
        arguments = with_host_variables(arguments, task_vars, self._templar)
        result.update(
            self._execute_module(module_name="voipbox.fusionpbx.fusionpbx_info", module_args=arguments, task_vars=task_vars)
        )
        if result.get("failed") or "tenants" not in result:
            return result
        templates = RouteTemplates(folders)
        folded = []
        unmanaged = result.get("unmanaged") or {}
        for raw in result["tenants"]:
            tenant, notes = fold(raw, templates)
            folded.append(tenant)
            if notes:
                unmanaged.setdefault(tenant["domain"], []).extend(notes)
        result.update(tenants=folded, unmanaged=unmanaged)
        if dest:
            self._write(result, dest)
        return result

    def _write(self, result, dest):
        """One 0600 file a tenant; a file that says the same already is left alone. Content leaves the result."""
        folder = os.path.abspath(os.path.expanduser(dest))
        files = []
        for tenant in result.pop("tenants"):
            path = os.path.join(folder, tenant["domain"] + ".yml")
            files.append(path)
            if secrets_store.holds(path, tenant):
                continue
            result["changed"] = True
            if not self._task.check_mode:
                os.makedirs(folder, exist_ok=True)
                secrets_store.write(path, tenant)
        result["files"] = files

# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Has the module gather tenants, and folds their raw routes back into the names of route templates."""

from __future__ import annotations

import os

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.errors import BadInput
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils import gathered, returned, secrets_store, tenant_files
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.connection_options import with_host_variables
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
        told = self._execute_module(module_name="voipbox.fusionpbx.fusionpbx_info", module_args=arguments, task_vars=task_vars)
        if boolean(arguments.get("names_only") or False, strict=False):
            result.update(returned.of_names(told))
            return result
        own, raw, notes = returned.of_gathered(told)
        result.update(own)
        if result.get("failed"):
            return result
        tenants, unmanaged = gathered.held(raw, notes, arguments.get("domains"), RouteTemplates(folders))
        result.update(tenants=tenants, unmanaged=unmanaged)
        if dest:
            self._write(result, dest)
        return result

    def _write(self, result, dest):
        """One 0600 file a tenant; a file that says the same already is left alone. Content leaves the result."""
        folder = os.path.abspath(os.path.expanduser(dest))
        files = []
        for tenant in result.pop("tenants"):
            try:
                path = secrets_store.file_of(folder, tenant["domain"])
            except BadInput as error:
                result["unmanaged"].setdefault(tenant["domain"], []).append("no file was written: {0}".format(error))
                continue
            files.append(path)
            if secrets_store.holds(path, tenant) or self._is_vaulted(path, tenant, result):
                continue
            result["changed"] = True
            if not self._task.check_mode:
                os.makedirs(folder, exist_ok=True)
                secrets_store.write(path, tenant)
        result["files"] = files

    def _is_vaulted(self, path, tenant, result):
        """True for a file with something that ansible-vault encrypted: plain text never takes its place."""
        if not tenant_files.is_vaulted(path):
            return False
        try:
            same = tenant_files.read(path, self._loader._vault) == tenant
            note = "its file is encrypted and says something else" if not same else ""
        except BadInput as error:
            note = str(error)
        if note:
            left = "{0}: it was left as it is".format(note.rstrip("."))
            result["unmanaged"].setdefault(tenant["domain"], []).append(left)
        return True

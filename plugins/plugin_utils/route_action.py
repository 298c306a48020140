# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the actions of single routes share: they render a task's routes and hand them to the module as a document."""

from __future__ import annotations

import os

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.errors import BadInput, EngineError
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.tenant_checks import check_trunk, refuse
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.connection_options import with_host_variables
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.documents import trunk_document
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.route_templates import RouteTemplates
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.target_document import on_target


class RouteAction(ActionBase):
    """Base of the two. A subclass says which kind of route, its key, and the options that make up one."""

    MODULE = ""
    KIND = ""
    KEY = ""
    OPTIONS = ()
    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Render, hand over, return the module's result."""
        result = super().run(tmp, task_vars)
        del tmp
        task_vars = task_vars or {}
        arguments = dict(self._task.args)
        paths = arguments.pop("template_path", None) or []
        paths = [paths] if isinstance(paths, str) else paths
        try:
            content = self._document(arguments, RouteTemplates([os.path.abspath(os.path.expanduser(p)) for p in paths]))
        except EngineError as error:
            raise AnsibleActionFail(str(error)) from None
        kept = {name: value for name, value in arguments.items() if name not in self.OPTIONS and name != "routes"}
        with on_target(self, content) as path:
            result.update(
                self._execute_module(
                    module_name="voipbox.fusionpbx." + self.MODULE,
                    module_args=dict(with_host_variables(kept, task_vars, self._templar), document=path),
                    task_vars=task_vars,
                )
            )
        return result

    def _document(self, arguments, templates):
        if not arguments.get("domain"):
            raise BadInput("domain", "is required")
        routes = arguments.get("routes")
        if routes is None:
            routes = [{name: arguments[name] for name in self.OPTIONS if name in arguments}]
        entries = []
        for place, route in enumerate(routes):
            entry = {name: value for name, value in route.items() if value is not None}
            unknown = sorted(set(entry) - set(self.OPTIONS))
            if unknown:
                raise BadInput("routes[{0}].{1}".format(place, unknown[0]), "unknown key")
            if not entry.get(self.KEY):
                raise BadInput("routes[{0}].{1}".format(place, self.KEY), "is required")
            entries.append(entry)
        tenant = {"domain": arguments["domain"], "trunk": {self.KIND: entries}}
        refuse(check_trunk(tenant))
        return {"domain": tenant["domain"], self.KIND: trunk_document(tenant, "", templates)["trunk"][self.KIND]}

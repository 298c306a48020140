# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the actions of single routes share: they render a task's routes and hand them to the module as a document."""

from __future__ import annotations

from types import MappingProxyType

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.errors import EngineError
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.module_front import connection_spec
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.resource_modules import as_given, objects_of
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.tenant_checks import check_trunk, refuse
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils import returned
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.connection_options import with_host_variables
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.documents import trunk_document
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.route_templates import RouteTemplates
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.target_document import on_target
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.template_folders import template_folders

_COMMON = MappingProxyType(
    {
        "domain": {"type": "str", "required": True},
        "template_path": {"type": "list", "elements": "path"},
        "wait_timeout": {"type": "int", "default": 35},
    }
)


class RouteAction(ActionBase):
    """Base of the two. A subclass says which kind of route, its key, and the options that make up one (the module's)."""

    MODULE = ""
    KIND = ""
    KEY = ""
    OPTIONS = MappingProxyType({})
    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_diff = True

    def run(self, tmp=None, task_vars=None):
        """Render, hand over, return the module's result."""
        result = super().run(tmp, task_vars)
        del tmp
        task_vars = task_vars or {}
        given = self._options()
        try:
            folders = template_folders(given["template_path"], task_vars, self._templar)
            content = self._document(given, RouteTemplates(folders))
        except EngineError as error:
            raise AnsibleActionFail(as_given(str(error), "routes", given["routes"] is not None)) from None
        kept = {name: self._task.args[name] for name in connection_spec() if name in self._task.args}
        kept.update(domain=given["domain"], wait_timeout=given["wait_timeout"])
        with on_target(self, content) as path:
            told = self._execute_module(
                module_name="voipbox.fusionpbx." + self.MODULE,
                module_args=dict(with_host_variables(kept, task_vars, self._templar), document=path),
                task_vars=task_vars,
            )
        result.update(returned.of_one(told, given["domain"]))
        return result

    def _options(self):
        """The task's options in their types; Ansible's own validation refuses what is unknown or does not go together."""
        entry = dict(self.OPTIONS, **{self.KEY: dict(self.OPTIONS[self.KEY], required=True)})
        routes = {"type": "list", "elements": "dict", "options": entry}
        return self.validate_argument_spec(
            argument_spec=dict(connection_spec(), routes=routes, **_COMMON, **self.OPTIONS),
            required_one_of=[(self.KEY, "routes")],
            mutually_exclusive=[("routes", name) for name in self.OPTIONS],
        )[1]

    def _document(self, given, templates):
        tenant = {"domain": given["domain"], "trunk": {self.KIND: objects_of(given, "routes", tuple(self.OPTIONS))}}
        refuse(check_trunk(tenant))
        return {"domain": tenant["domain"], self.KIND: trunk_document(tenant, "", templates)["trunk"][self.KIND]}

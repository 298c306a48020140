# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the action plugins over tenant files share: read, check, hand over in batches, merge, keep secrets, tell."""

from __future__ import annotations

import os
from types import MappingProxyType

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.errors import BadInput, EngineError
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.module_front import connection_spec, joined
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.tenant_checks import check_tenant, check_trunk, refuse
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils import (
    documents,
    secrets_store,
    summaries,
    tenant_files,
    tenant_spec,
)
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.connection_options import with_host_variables
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.route_templates import RouteTemplates
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.target_document import on_target
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.template_folders import template_folders

# One payload for all parts: Ansible builds it once a run.
_MODULE = "voipbox.fusionpbx.fusionpbx_tenant"
# Options that all parts have; they are for the control node.
_COMMON = {
    "tenant_files": {"type": "raw", "required": True},
    "document": {"type": "path"},
    "template_path": {"type": "list", "elements": "path"},
    "batch_size": {"type": "int", "default": 200},
}


class TenantAction(ActionBase):
    """Base of the actions over tenant files.

    A subclass names its part, the options of that part with their defaults, and makes the document of one tenant.
    """

    PART = ""
    OPTIONS = MappingProxyType({})
    given = None
    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_diff = True

    def document(self, tenant, source, templates):
        """The document of one tenant for the module. Raises BadInput."""
        raise NotImplementedError

    def run(self, tmp=None, task_vars=None):
        """Read and check every file, call the module for those that are good, merge what it tells."""
        result = super().run(tmp, task_vars)
        del tmp
        task_vars = task_vars or {}
        self.given = given = self._options()
        try:
            files = tenant_files.resolve(given["tenant_files"], os.getcwd())
            self._refuse_several_hosts(files, task_vars)
            templates = RouteTemplates(template_folders(given["template_path"], task_vars, self._templar))
            tenants = self._read(files, templates, set(given.get("skip") or ()))
            connection = {name: self._task.args[name] for name in connection_spec() if name in self._task.args}
            arguments = with_host_variables(connection, task_vars, self._templar)
            folder = given.get("secrets_dir") or self._host(task_vars, "fusionpbx_secrets_dir")
            batches = []
            for portion in _portions(tenants, given["batch_size"]):
                batches.append(self._batch(portion, arguments, folder, task_vars))
                if "tenants" not in batches[-1]:
                    break
        except EngineError as error:
            raise AnsibleActionFail(str(error)) from None
        result.update(_merged(tenants, batches))
        if not result.get("unreachable") and "tenants" in result:
            result["summary"] = [summaries.line(tenant, self._task.check_mode) for tenant in result["tenants"]]
        return result

    def _options(self):
        """The task's options in their types; Ansible's own validation refuses unknown ones."""
        spec = dict(connection_spec(), **_COMMON, **self.OPTIONS)
        return self.validate_argument_spec(argument_spec=spec)[1]

    def _read(self, files, templates, skip):
        """For each file a dictionary: source, and its document or what is wrong with it."""
        entries = []
        sources = {}
        for path in files:
            source = os.path.basename(path)
            entry = {"source": source, "domain": None, "document": None, "msg": ""}
            try:
                tenant = self._checked(path)
                entry["domain"] = tenant["domain"]
                if tenant["domain"] in sources:
                    raise BadInput("domain", "{0} stands in {1} too".format(tenant["domain"], sources[tenant["domain"]]))
                sources[tenant["domain"]] = source
                if tenant["domain"] not in skip:
                    entry["document"] = self.document(tenant, source, templates)
            except EngineError as error:
                entry["msg"] = str(error)
            if entry["document"] or entry["msg"]:
                entries.append(entry)
        return entries

    def _checked(self, path):
        content = tenant_files.read(path)
        tenant, faults = tenant_spec.check(content)
        if not faults:
            ends = dict(tenant, trunk=dict(tenant.get("trunk") or {}, gateways=documents.gateways_of(tenant.get("trunk") or {})))
            faults = check_tenant(tenant) + [fault for fault in check_trunk(ends) if fault[0] != "domain"]
        refuse(list(dict.fromkeys(faults)))
        return tenant

    def _batch(self, wanted, arguments, folder, task_vars):
        """The result of one batch: of one module call, or of two where passwords have to be kept in between."""
        first = self._call(self.PART, wanted, arguments, task_vars)
        self._keep_secrets(first.get("tenants", []), folder)
        if not first.pop("trunk_left", False):
            return first
        going_on = {tenant["domain"] for tenant in first["tenants"] if not tenant["failed"]}
        left = [one["whole"] for one in wanted if one["domain"] in going_on and one.get("whole")]
        second = self._call("trunk", left, arguments, task_vars) if left else {"tenants": []}
        return _both(first, second)

    def _call(self, part, wanted, arguments, task_vars):
        options = {name: self.given[name] for name in self.OPTIONS if name != "secrets_dir"}
        with on_target(self, {"part": part, "options": options, "tenants": wanted}) as path:
            return self._execute_module(module_name=_MODULE, module_args=dict(arguments, document=path), task_vars=task_vars)

    def _keep_secrets(self, tenants, folder):
        for tenant in tenants:
            generated = tenant.pop("generated", None)
            if generated:
                place = os.path.expanduser(folder) if folder else secrets_store.default_folder()
                tenant["secrets_file"] = secrets_store.keep(place, tenant["domain"], generated)

    def _refuse_several_hosts(self, files, task_vars):
        """The same files for several servers of one play would make every tenant on each of them."""
        here = task_vars.get("inventory_hostname")
        others = [host for host in task_vars.get("ansible_play_hosts_all") or [] if host != here]
        for host in others:
            given = task_vars["hostvars"][host].get("tenant_files")
            if given is None:
                continue
            if set(tenant_files.resolve(self._templar.template(given), os.getcwd())) & set(files):
                raise BadInput(
                    "tenant_files",
                    "{0} and {1} would both get the same tenants".format(here, host),
                    "Name one server with --limit, or set tenant_files for each host.",
                )

    def _host(self, task_vars, name):
        return self._templar.template(task_vars[name]) if name in task_vars else None


def _portions(entries, size):
    """The documents of the entries that have one, in lists of at most that size."""
    wanted = [entry["document"] for entry in entries if entry["document"]]
    return [wanted[start : start + size] for start in range(0, len(wanted), size)]


def _both(first, second):
    """One result of two calls over the same tenants; a second one that fails as a whole tells where the passwords are."""
    if "tenants" not in second:
        kept = ", ".join(tenant["secrets_file"] for tenant in first["tenants"] if tenant.get("secrets_file"))
        return dict(second, msg="{0} Passwords that were generated are in {1}.".format(second.get("msg", ""), kept))
    found = {tenant["domain"]: tenant for tenant in second["tenants"]}
    result = dict(first, tenants=[joined(tenant, found.get(tenant["domain"])) for tenant in first["tenants"]])
    for name in ("commands", "diff", "warnings"):
        result[name] = first.get(name, []) + second.get(name, [])
    result["changed"] = any(tenant["changed"] for tenant in result["tenants"])
    return result


def _merged(entries, batches):
    """The results of all batches as one, with the files that never reached the target in their places."""
    for batch in batches:
        if "tenants" not in batch:
            return batch
    told = {tenant["domain"]: tenant for batch in batches for tenant in batch["tenants"]}
    tenants = [
        told.get(entry["domain"])
        if entry["document"]
        else {"source": entry["source"], "domain": entry["domain"], "changed": False, "failed": True, "msg": entry["msg"]}
        for entry in entries
    ]
    failed = [tenant for tenant in tenants if tenant["failed"]]
    merged = {
        "changed": any(batch.get("changed") for batch in batches),
        "failed": bool(failed),
        "tenants": tenants,
        "commands": [command for batch in batches for command in batch.get("commands", [])],
    }
    diff = [one for batch in batches for one in batch.get("diff", [])]
    warnings = [text for batch in batches for text in batch.get("warnings", [])]
    if diff:
        merged["diff"] = diff
    if warnings:
        merged["warnings"] = warnings
    if failed:
        merged["msg"] = "{0} of {1} tenants failed: {2}".format(
            len(failed), len(tenants), "; ".join("{0}: {1}".format(t["domain"] or t["source"], t["msg"]) for t in failed)
        )
    return merged

# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the action plugins over tenant files share: read, check, hand over in batches, merge, keep secrets, tell."""

from __future__ import annotations

import os
from types import MappingProxyType

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.errors import BadInput, EngineError
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.module_front import connection_spec
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.standing import may_stand
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.tenant_checks import check_tenant, check_trunk, refuse
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils import (
    candidates,
    documents,
    portions,
    returned,
    secrets_store,
    summaries,
    tenant_files,
    tenant_spec,
)
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.connection_options import with_host_variables
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.other_hosts import refuse_shared
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.route_templates import RouteTemplates
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.shared_numbers import SharedNumbers
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
    vault = None
    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_diff = True

    def document(self, tenant, source, templates):
        """The document of one tenant for the module. Raises BadInput."""
        raise NotImplementedError

    def writes_numbers(self):
        """Whether this action makes the inbound routes of its files, so that no two of them may share a number."""
        return True

    def run(self, tmp=None, task_vars=None):
        """Read and check every file, call the module for those that are good, merge what it tells."""
        result = super().run(tmp, task_vars)
        del tmp
        task_vars = task_vars or {}
        self.given = given = self._options()
        self.vault = self._loader._vault
        try:
            if given["batch_size"] < 1:
                raise BadInput("batch_size", "must be 1 or more")
            files = tenant_files.resolve(given["tenant_files"], tenant_files.places(self))
            refuse_shared(self, files, task_vars)
            templates = RouteTemplates(template_folders(given["template_path"], task_vars, self._templar))
            tenants = self._read(files, templates, set(given.get("skip") or ()))
            connection = {name: self._task.args[name] for name in connection_spec() if name in self._task.args}
            arguments = with_host_variables(connection, task_vars, self._templar)
            kept = self._candidates(tenants, task_vars)
            try:
                batches = self._batches(portions.portions(tenants, given["batch_size"]), arguments, kept, task_vars)
            finally:
                left = kept.close() if kept else None
        except EngineError as error:
            raise AnsibleActionFail(str(error)) from None
        result.update(portions.merged(tenants, batches))
        if left:
            note = "Passwords that may have been used are in {0}; the next run with this folder finds out which.".format(left)
            result["warnings"] = [*result.get("warnings", []), note]
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
        numbers = SharedNumbers()
        for path in files:
            source = os.path.basename(path)
            entry = {"source": source, "domain": None, "document": None, "msg": ""}
            try:
                tenant = self._checked(path)
                entry["domain"] = tenant["domain"]
                if tenant["domain"] in sources:
                    raise BadInput("domain", "{0} stands in {1} too".format(tenant["domain"], sources[tenant["domain"]]))
                sources[tenant["domain"]] = source
                if self.writes_numbers():
                    numbers.claim(tenant, source)
                if tenant["domain"] not in skip:
                    entry["document"] = self.document(tenant, source, templates)
            except EngineError as error:
                entry["msg"] = str(error)
            except Exception as error:  # pylint: disable=broad-except
                # One file must not stop the others; the text of such an error may hold a value.
                entry["msg"] = str(BadInput(source, "cannot be worked with ({0})".format(type(error).__name__)))
            if entry["document"] or entry["msg"]:
                entries.append(entry)
        return entries

    def _checked(self, path):
        content = tenant_files.read(path, self.vault)
        tenant, faults = tenant_spec.check(content)
        of_shape = bool(faults)
        if not faults:
            ends = dict(tenant, trunk=dict(tenant.get("trunk") or {}, gateways=documents.gateways_of(tenant.get("trunk") or {})))
            faults = check_tenant(tenant) + [fault for fault in check_trunk(ends) if fault[0] != "domain"]
        if of_shape or not all(may_stand(tenant, path) for path, unused in faults):
            refuse(list(dict.fromkeys(faults)))
        # What may stand in FusionPBX as it is written here is left to the server, which refuses it where it does not.
        return tenant

    def _batches(self, wanted, arguments, kept, task_vars):
        """(domains, result) of each batch, up to one that fails as a whole."""
        batches = []
        for portion in wanted:
            try:
                result = self._batch(portion, arguments, kept, task_vars)
            except AnsibleError as error:
                # Without a digest to lose, Ansible tells best what happened.
                if not batches:
                    raise
                result = {"failed": True, "msg": str(error)}
            batches.append(([one["domain"] for one in portion], result))
            if "tenants" not in result:
                break
        return batches

    def _batch(self, wanted, arguments, kept, task_vars):
        """The result of one module call, with the passwords kept that it used."""
        result = self._call(wanted, arguments, task_vars)
        for tenant in result.get("tenants", []):
            self._settle(tenant, kept, result)
        return result

    def _call(self, wanted, arguments, task_vars):
        options = {name: self.given[name] for name in self.OPTIONS if name != "secrets_dir"}
        with on_target(self, {"part": self.PART, "options": options, "tenants": wanted}) as path:
            result = self._execute_module(module_name=_MODULE, module_args=dict(arguments, document=path), task_vars=task_vars)
        return returned.of_tenants(result, {one["domain"] for one in wanted})

    def _candidates(self, entries, task_vars):
        """Candidates for every password that may be needed, kept before the first call; None where none is.

        An entry whose own file could not take them fails. Raises BadInput when the folder cannot.
        """
        if self.PART != "tenant" or self.given["state"] != "present" or self._task.check_mode:
            return None
        given = self.given.get("secrets_dir") or self._host(task_vars, "fusionpbx_secrets_dir")
        if given and not isinstance(given, str):
            raise BadInput("fusionpbx_secrets_dir", "must be the path of a folder")
        wanted = [entry for entry in entries if entry["document"] and candidates.wanted(entry["document"])]
        if not wanted:
            return None
        field = "secrets_dir" if self.given.get("secrets_dir") else "fusionpbx_secrets_dir"
        folder = os.path.abspath(os.path.expanduser(given)) if given else secrets_store.default_folder()
        if not given:
            secrets_store.refuse_fleeting(folder, field)
        secrets_store.prove(folder, field)
        for entry in wanted:
            try:
                secrets_store.prove_file(folder, entry["domain"])
            except BadInput as error:
                entry.update(document=None, msg=str(error))
        kept = candidates.Candidates(folder)
        try:
            kept.add([entry["document"] for entry in wanted if entry["document"]])
        except OSError as error:
            raise secrets_store.not_kept(field, folder, error) from None
        return kept

    def _settle(self, tenant, kept, result):
        """Keep what a tenant's server used of the candidates. Where that fails they stay in the file of the run."""
        used = tenant.pop("used", None)
        if tenant.pop("unknown", False) or kept is None:
            return
        try:
            path = kept.settle(tenant["domain"], used)
        except Exception as error:  # pylint: disable=broad-except
            # Whatever it is, the passwords stand nowhere else.
            cause = getattr(error, "strerror", None) or type(error).__name__
            path = kept.path
            note = "Generated passwords could not be kept in the tenant's file ({0}): they are in {1}.".format(cause, path)
            tenant["warnings"] = [*tenant.get("warnings", []), note]
            result["warnings"] = [*result.get("warnings", []), "{0}: {1}".format(tenant["domain"], note)]
        if path:
            tenant["secrets_file"] = path

    def _host(self, task_vars, name):
        return self._templar.template(task_vars[name]) if name in task_vars else None

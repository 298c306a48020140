# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several servers in one play: the same tenant files for two of them would make every tenant on each."""

from __future__ import annotations

from ansible_collections.voipbox.fusionpbx.plugins.module_utils.errors import BadInput
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils import tenant_files

_OPTION = "tenant_files"


def refuse_shared(action, files, task_vars):
    """Raise BadInput when another host of the play would get one of these files too.

    Parameters: action, the running ActionBase; files, the absolute paths that this host gets; task_vars.
    """
    here = task_vars.get("inventory_hostname")
    others = [host for host in task_vars.get("ansible_play_hosts_all") or [] if host != here]
    if action._task.run_once:
        return
    for host in others:
        if set(_files_of(action, host, task_vars, files)) & set(files):
            raise BadInput(
                _OPTION,
                "{0} and {1} would both get the same tenants".format(here, host),
                "Name one server with --limit, or set tenant_files for each host.",
            )


def _files_of(action, host, task_vars, files):
    """The files that another host gets from this task; those of this one where that cannot be told.

    Its own variables alone do not tell: what the task, a role or the play says holds for every host, and may be a template
    that comes out differently for each.
    """
    hostvars = task_vars["hostvars"]
    try:
        variables = hostvars._variable_manager.get_vars(
            play=action._task.get_play(), host=hostvars._inventory.get_host(host), task=action._task, include_hostvars=False
        )
        # What only this moment knows, as the item of a loop, is the same for all.
        variables = dict(task_vars, **variables)
        templar = action._templar.copy_with_new_env(available_variables=variables)
        value = templar.template(_as_written(action))
    except Exception:  # pylint: disable=broad-except
        # How the other host's variables are put together is Ansible's own affair; its plain ones are asked then.
        value = hostvars[host].get(_OPTION)
        value = action._templar.template(value) if value is not None else None
    if value is None:
        return files
    try:
        return tenant_files.resolve(value, tenant_files.places(action))
    except BadInput:
        # The other host's task will be refused for that itself.
        return []


def _as_written(action):
    """The option as the playbook has it, not yet a value. Raises LookupError when it does not stand in the task."""
    written = action._task.get_ds() or {}
    for given in written.values():
        if isinstance(given, dict) and _OPTION in given:
            return given[_OPTION]
    raise LookupError(_OPTION)

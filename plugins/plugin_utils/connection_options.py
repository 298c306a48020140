# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connection options of a task, completed from the host's fusionpbx_* variables."""

from __future__ import annotations

from ansible_collections.voipbox.fusionpbx.plugins.module_utils.module_front import connection_spec

_ALSO_KNOWN_AS = {"config_path": "fusionpbx_config"}


def with_host_variables(arguments, task_vars, templar):
    """The arguments, each connection option that the task left out taken from fusionpbx_OPTION where the host has it.

    config_path also comes from fusionpbx_config. The values are an operator's own, so they may be templates.
    """
    completed = dict(arguments)
    for option in connection_spec():
        if completed.get(option) is not None:
            continue
        for name in ("fusionpbx_" + option, _ALSO_KNOWN_AS.get(option)):
            if name and task_vars.get(name) is not None:
                value = templar.template(task_vars[name])
                if value not in (None, ""):
                    completed[option] = value
                break
    return completed

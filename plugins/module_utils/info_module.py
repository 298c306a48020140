# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What fusionpbx_info does: tell tenants as they are."""

from __future__ import annotations

from .gather import gather, names
from .module_front import run


def run_info(module):
    """fusionpbx_info: tenants as they are, with raw routes that the action plugin folds into template names."""

    def work(session, parameters):
        if parameters["names_only"]:
            return {"changed": False, "domains": names(session), "switch": session.host, "unmanaged": {}}
        tenants, unmanaged = gather(session, parameters.get("domains") or (), parameters["include_secrets"])
        return {"changed": False, "tenants": tenants, "unmanaged": unmanaged}

    run(module, work, looks=lambda parameters: True)

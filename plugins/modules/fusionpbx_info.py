#!/usr/bin/python
# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fusionpbx_info
short_description: Gather FusionPBX tenants in the shape of tenant files
version_added: 0.1.0
description:
  - Tells tenants as they are on the server, in the shape of a tenant file; what was gathered changes nothing when it is
    applied.
  - What that shape cannot hold is told as unmanaged.
  - The session is read-only, which the database itself enforces; a role that may only read the tables of FusionPBX does.
    What a run that was cut off still owes the switch is counted in a warning, and left to the next run that writes.
attributes:
  check_mode:
    description: Gathers the same and writes no file.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: none
  platform:
    description: Runs on the PBX server.
    support: full
    platforms: posix
  action:
    description: Has a corresponding action plugin, which reads the files on the control node.
    support: full
options:
  domains:
    description: Domains to gather, all of the server when left out.
    type: list
    elements: str
  include_secrets:
    description: Whether SIP, voicemail and gateway passwords are told too. Login passwords exist as hashes alone.
    type: bool
    default: false
  names_only:
    description: Whether to tell the names and uuids of all domains alone, which is quick on a full server.
    type: bool
    default: false
  dest:
    description:
      - Folder on the control node. Each tenant is written there as C(DOMAIN.yml), readable by its owner alone, and left
        out of the result.
    type: path
  template_path:
    description: Folders with route templates of the site on the control node.
    type: list
    elements: path
extends_documentation_fragment:
  - voipbox.fusionpbx.connection
author:
  - The voipbox authors (@voipbox)
"""

EXAMPLES = r"""
- name: Write a tenant file
  voipbox.fusionpbx.fusionpbx_info:
    domains: [acme.pbx.example.com]
    dest: tenants
"""

RETURN = r"""
tenants:
  description: The tenants in the shape of tenant files.
  returned: when O(dest) is not given
  type: list
  elements: dict
files:
  description: The files on the control node.
  returned: when O(dest) is given
  type: list
  elements: str
domains:
  description: Name, uuid and enabled of each domain.
  returned: with O(names_only)
  type: list
  elements: dict
switch:
  description: Host name of the switch.
  returned: with O(names_only)
  type: str
unmanaged:
  description: For each domain what a tenant file cannot hold.
  returned: always
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.info_module import run_info
from ..module_utils.module_front import connection_spec


def main():
    module = AnsibleModule(
        argument_spec=dict(
            connection_spec(),
            domains={"type": "list", "elements": "str"},
            include_secrets={"type": "bool", "default": False, "no_log": False},
            names_only={"type": "bool", "default": False},
            dest={"type": "path"},
            template_path={"type": "list", "elements": "path"},
        ),
        supports_check_mode=True,
    )
    run_info(module)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fusionpbx_verify
short_description: Ask the running switch whether it serves what tenant files say
version_added: 0.1.0
description:
  - Asks the switch, not the database. Each extension resolves in its domain, each gateway is registered (or needs no
    registration), each number is found in every form its provider may send it in, the access list lets the provider in,
    and outbound expressions match what they should and nothing they should not.
  - Changes nothing. The session is read-only, which the database itself enforces; a role that may only read the tables of
    FusionPBX does. What a run that was cut off still owes the switch is counted in a warning.
attributes:
  check_mode:
    description: Asks the same questions.
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
  tenant_files:
    description:
      - A tenant file, several with commas between, a list of them, or a folder of them, on the control node.
      - They are read as data, never as templates, and decrypted with the run's vault passwords where ansible-vault encrypted
        them. C(docs/reference/tenant-file.md) describes them.
      - Required in tasks; the action plugin reads the files and gives the module O(document) instead.
    type: raw
  document:
    description: What the action plugin made of the files, on the PBX server. Not for tasks.
    type: path
  template_path:
    description: Folders with route templates of the site on the control node, looked through before those of the role.
    type: list
    elements: path
  batch_size:
    description: How many tenants go into one module call.
    type: int
    default: 200
  skip:
    description: Domains to leave alone, such as those that failed before.
    type: list
    elements: str
  wait_timeout:
    description: Seconds to wait for gateways to register.
    type: int
    default: 35
extends_documentation_fragment:
  - voipbox.fusionpbx.connection
author:
  - The voipbox authors (@voipbox)
"""

EXAMPLES = r"""
- name: Verify one tenant
  voipbox.fusionpbx.fusionpbx_verify:
    tenant_files: tenants/acme.yml
"""

RETURN = r"""
tenants:
  description: A digest a tenant, in the order of the files.
  returned: always
  type: list
  elements: dict
  contains:
    source:
      description: Name of the tenant file.
      returned: always
      type: str
    domain:
      description: Domain name.
      returned: always
      type: str
    domain_uuid:
      description: The domain's uuid in FusionPBX.
      returned: when the database was reached
      type: str
    changed:
      description: Whether anything was changed.
      returned: always
      type: bool
    failed:
      description: Whether this tenant failed; nothing of it was written unless RV(tenants[].msg) says so.
      returned: always
      type: bool
    msg:
      description: What happened, what was not done, what is safe next.
      returned: always
      type: str
    created:
      description: Objects that were made.
      returned: when there are any
      type: list
      elements: str
    updated:
      description: Objects that were changed.
      returned: when there are any
      type: list
      elements: str
    removed:
      description: Objects that were removed.
      returned: when there are any
      type: list
      elements: str
    warnings:
      description: What deserves a look.
      returned: when there are any
      type: list
      elements: str
    checks_passed:
      description: How many checks passed.
      returned: when the switch was reached
      type: int
    checks:
      description: The checks that failed, each with what was asked and what was seen.
      returned: when the switch was reached
      type: list
      elements: dict
summary:
  description: A readable line a tenant.
  returned: always
  type: list
  elements: str
  sample: ["acme.pbx.example.com: unchanged"]
commands:
  description: Commands sent to the switch that change something.
  returned: always
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.module_front import connection_spec
from ..module_utils.tenant_modules import run_document


def main():
    module = AnsibleModule(
        argument_spec=dict(
            connection_spec(),
            tenant_files={"type": "raw"},
            document={"type": "path"},
            template_path={"type": "list", "elements": "path"},
            batch_size={"type": "int", "default": 200},
            skip={"type": "list", "elements": "str"},
            wait_timeout={"type": "int", "default": 35},
        ),
        supports_check_mode=True,
    )
    run_document(module)


if __name__ == "__main__":
    main()

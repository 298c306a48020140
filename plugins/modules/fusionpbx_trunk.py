#!/usr/bin/python
# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fusionpbx_trunk
short_description: Bring the trunks of FusionPBX tenants to the state of their tenant files
version_added: 0.1.0
description:
  - Converges gateways, the access list of providers, inbound and outbound routes of any number of tenants, each in one
    transaction, and tells the switch once for all of them.
  - A changed gateway is taken from the switch, waited for and loaded anew. New outbound routes are opened only when the
    gateways of their tenant are registered (or need no registration) and the access list answers.
attributes:
  check_mode:
    description: Predicts the same changes and writes nothing.
    support: full
  diff_mode:
    description: Shows rows before and after, secrets as fixed marks.
    support: full
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
  verify:
    description:
      - Whether to ask the switch afterwards about each tenant that did not fail, as M(voipbox.fusionpbx.fusionpbx_verify)
        does, without a module call of its own.
    type: bool
    default: false
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
- name: Converge trunks of all tenants in a folder
  voipbox.fusionpbx.fusionpbx_trunk:
    tenant_files: tenants
    template_path: [site/routes]
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
    gateways:
      description: The gateways of the tenant as the switch has them.
      returned: when the tenant has any
      type: list
      elements: dict
      contains:
        name:
          description: Name in the tenant.
          returned: always
          type: str
        uuid:
          description: Name on the switch.
          returned: always
          type: str
        state:
          description: State on the switch, V(REGED) or V(NOREG) when it can be used.
          returned: always
          type: str
        status:
          description: Status on the switch.
          returned: always
          type: str
    checks_passed:
      description: With O(verify=true), how many checks passed.
      returned: when the switch was asked
      type: int
    checks:
      description: With O(verify=true), the checks that failed.
      returned: when the switch was asked
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
            verify={"type": "bool", "default": False},
            wait_timeout={"type": "int", "default": 35},
        ),
        supports_check_mode=True,
    )
    run_document(module)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fusionpbx_tenant
short_description: Bring FusionPBX tenants to the state of their tenant files
version_added: 0.1.0
description:
  - Converges domain, default dialplans, settings, folders, users and extensions of any number of tenants, each in one
    transaction. A tenant that fails neither stops nor harms the others.
  - What a tenant's trunk will need (numbers, gateways) is looked at first, so that an order that cannot be fulfilled
    leaves nothing behind. With O(trunk=true) the trunk is converged too, as M(voipbox.fusionpbx.fusionpbx_trunk) does, in
    a transaction of its own but in the same module call, unless passwords were generated, which are kept first.
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
  secrets_dir:
    description:
      - Folder on the control node for passwords that were generated, one file a tenant that only its owner can read.
      - Comes from the host variable C(fusionpbx_secrets_dir) too; C(~/.local/state/voipbox/secrets) when left out.
      - In a container name a folder on a volume. Where the default one is gone with the container, no password is generated
        and a tenant that needs one is refused before anything is written.
    type: path
  state:
    description: Whether the tenants are to be there. V(absent) removes every row, folder and cache entry of them.
    type: str
    choices: [present, absent]
    default: present
  confirm:
    description: With O(state=absent), the domain names again. A tenant that is not among them is not removed.
    type: list
    elements: str
    default: []
  update_password:
    description:
      - Whether login passwords and voicemail PINs of what exists follow the file.
      - SIP passwords always do when the file gives them, since phones are configured with them.
    type: str
    choices: [on_create, always]
    default: on_create
  skip:
    description: Domains to leave alone.
    type: list
    elements: str
  trunk:
    description: Whether to converge gateways, numbers and routes of the tenants too.
    type: bool
    default: false
  verify:
    description:
      - With O(trunk=true), whether to ask the switch afterwards about each tenant that did not fail, as
        M(voipbox.fusionpbx.fusionpbx_verify) does.
    type: bool
    default: false
  wait_timeout:
    description: With O(trunk=true), seconds to wait for gateways to register.
    type: int
    default: 35
extends_documentation_fragment:
  - voipbox.fusionpbx.connection
author:
  - The voipbox authors (@voipbox)
"""

EXAMPLES = r"""
- name: Converge one tenant
  voipbox.fusionpbx.fusionpbx_tenant:
    tenant_files: tenants/acme.yml

- name: Converge whole tenants and see whether the switch serves them
  voipbox.fusionpbx.fusionpbx_tenant:
    tenant_files: tenants
    trunk: true
    verify: true

- name: Remove a tenant whole
  voipbox.fusionpbx.fusionpbx_tenant:
    tenant_files: tenants/acme.yml
    state: absent
    confirm: [acme.pbx.example.com]
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
    parts:
      description: With O(trunk=true), what of the tenant was looked at, V(tenant) and V(trunk).
      returned: with O(trunk=true)
      type: list
      elements: str
    gateways:
      description: The gateways of the tenant as the switch has them.
      returned: with O(trunk=true), when the tenant has any
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
    secrets_file:
      description: File on the control node with passwords that were generated.
      returned: when there are any
      type: str
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
            secrets_dir={"type": "path", "no_log": False},
            state={"type": "str", "choices": ["present", "absent"], "default": "present"},
            confirm={"type": "list", "elements": "str", "default": []},
            update_password={"type": "str", "choices": ["on_create", "always"], "default": "on_create", "no_log": False},
            skip={"type": "list", "elements": "str"},
            trunk={"type": "bool", "default": False},
            verify={"type": "bool", "default": False},
            wait_timeout={"type": "int", "default": 35},
        ),
        supports_check_mode=True,
    )
    run_document(module)


if __name__ == "__main__":
    main()

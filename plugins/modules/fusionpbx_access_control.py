#!/usr/bin/python
# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fusionpbx_access_control
short_description: Manage the access list of providers on a FusionPBX server
version_added: 0.1.0
description:
  - Lets networks of providers into the access list C(providers), which both SIP profiles ask, and has the switch load
    it. Whoever calls from such a network is let in without a password.
  - It is one list for the whole server, not for a tenant. Entries that a task does not name are left alone.
  - A network that the list denies is refused and left as it is.
options:

  address: &address
    description:
      - An address, or a network in CIDR notation. Networks wider than /16 (IPv6 /32) are refused.
      - Exactly one of O(address) and O(addresses) is required.
    type: str
  description: &description
    description: Free text for people. It is written with a new entry; one that is there keeps its own.
    type: str
  state: &state
    description: Whether the network is to be let in; V(present) when left out. V(absent) takes entries out that allow it.
    type: str
    choices: [present, absent]
  addresses:
    description:
      - Several addresses in one task. The options above then stand in its entries and not beside it.
    type: list
    elements: dict
    suboptions:
      address:
        <<: *address
        required: true
      description: *description
      state: *state

extends_documentation_fragment:
  - voipbox.fusionpbx.attributes
  - voipbox.fusionpbx.connection
author:
  - The voipbox authors (@voipbox)
"""

EXAMPLES = r"""
- name: Let a provider in
  voipbox.fusionpbx.fusionpbx_access_control:
    address: 203.0.113.10
    description: Provider 1, Toronto

- name: A provider has moved
  voipbox.fusionpbx.fusionpbx_access_control:
    addresses:
      - address: 198.51.100.0/28
        description: Provider 2
      - address: 203.0.113.128/28
        state: absent
"""

RETURN = r"""
created:
  description: Objects that were made.
  returned: when there are any
  type: list
  elements: str
  sample: ["provider address 203.0.113.10/32"]
removed:
  description: Objects that were removed.
  returned: when there are any
  type: list
  elements: str
commands:
  description: Commands sent to the switch that change something.
  returned: always
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.module_front import connection_spec
from ..module_utils.resource_modules import run_access_control

ADDRESS = {
    "address": {"type": "str"},
    "description": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"]},
}


def main():
    entry = dict(ADDRESS, address={"type": "str", "required": True})
    module = AnsibleModule(
        argument_spec=dict(
            connection_spec(),
            addresses={"type": "list", "elements": "dict", "options": entry},
            **ADDRESS,
        ),
        supports_check_mode=True,
        required_one_of=[("address", "addresses")],
        mutually_exclusive=[("addresses", name) for name in ADDRESS],
    )
    run_access_control(module, tuple(ADDRESS))


if __name__ == "__main__":
    main()

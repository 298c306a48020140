#!/usr/bin/python
# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fusionpbx_domain
short_description: Manage domains (tenants) of a FusionPBX server
version_added: 0.1.0
description:
  - Makes a domain as FusionPBX's own page does, with the default dialplans of the installed FusionPBX, its settings and
    its folders for recordings and voicemail.
  - What a task leaves out stays as it is. Every domain is written in one transaction of its own.
  - With O(state=absent) a tenant goes whole, with every row, folder and cache entry of it.
options:

  name: &name
    description:
      - Domain name, in lower case. It is the tenant's SIP domain.
      - Exactly one of O(name) and O(domains) is required.
    type: str
  description: &description
    description: Free text for people.
    type: str
  time_zone: &time_zone
    description: Time zone of the tz database, such as V(America/Toronto). It stands in the settings and in the dialplan.
    type: str
  language: &language
    description: Language of the pages, such as V(en-us).
    type: str
  enabled: &enabled
    description: Whether the domain is enabled. A new one is, when this is left out.
    type: bool
  limits: &limits
    description: How many objects of a kind the tenant may make in FusionPBX's pages.
    type: dict
    suboptions:
      extensions:
        description: Number of extensions.
        type: int
      gateways:
        description: Number of gateways.
        type: int
      users:
        description: Number of users.
        type: int
      destinations:
        description: Number of destinations.
        type: int
      devices:
        description: Number of devices.
        type: int
      ring_groups:
        description: Number of ring groups.
        type: int
      ivr_menus:
        description: Number of IVR menus.
        type: int
      call_center_queues:
        description: Number of call centre queues.
        type: int
  state: &state
    description: Whether the domain is to be there; V(present) when left out. V(absent) also wants O(confirm).
    type: str
    choices: [present, absent]
  domains:
    description:
      - Several domains in one task. The options above then stand in its entries and not beside it.
      - A domain that fails neither stops nor harms the others.
    type: list
    elements: dict
    suboptions:
      name:
        <<: *name
        required: true
      description: *description
      time_zone: *time_zone
      language: *language
      enabled: *enabled
      limits: *limits
      state: *state
  confirm:
    description: The names again of all domains that O(state=absent) removes. One that is not among them is refused.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - voipbox.fusionpbx.attributes
  - voipbox.fusionpbx.connection
author:
  - The voipbox authors (@voipbox)
"""

EXAMPLES = r"""
- name: Make a domain
  voipbox.fusionpbx.fusionpbx_domain:
    name: acme.pbx.example.com
    description: Acme Corp
    time_zone: America/Toronto
    language: en-us
    limits:
      extensions: 10

- name: Make two domains on a server whose database is elsewhere
  voipbox.fusionpbx.fusionpbx_domain:
    database_host: 192.0.2.20
    domains:
      - name: acme.pbx.example.com
      - name: harbour.pbx.example.com
        time_zone: Europe/London

- name: Remove a tenant with all that belongs to it
  voipbox.fusionpbx.fusionpbx_domain:
    name: acme.pbx.example.com
    state: absent
    confirm: [acme.pbx.example.com]
"""

RETURN = r"""
domain:
  description: Domain name.
  returned: when O(name) was given
  type: str
  sample: acme.pbx.example.com
domain_uuid:
  description: The domain's uuid in FusionPBX. In check mode, that of a domain which is not there yet is made up.
  returned: when O(name) was given and the domain could be read
  type: str
  sample: 0f2b7a54-52c0-4a62-9d6d-6b6f2f3b9a11
created:
  description: Objects that were made.
  returned: when O(name) was given and there are any
  type: list
  elements: str
  sample: ["domain"]
updated:
  description: Objects that were changed.
  returned: when O(name) was given and there are any
  type: list
  elements: str
  sample: ["setting limit/extensions"]
removed:
  description: Objects that were removed.
  returned: when O(name) was given and there are any
  type: list
  elements: str
domains:
  description: The same for each domain, in the order of the task.
  returned: when O(domains) was given
  type: list
  elements: dict
  contains:
    domain:
      description: Domain name.
      returned: always
      type: str
    domain_uuid:
      description: The domain's uuid in FusionPBX.
      returned: when the domain could be read
      type: str
    changed:
      description: Whether anything was changed.
      returned: always
      type: bool
    failed:
      description: Whether this domain failed.
      returned: always
      type: bool
    msg:
      description: What happened, what was not done, what is safe next. Empty when nothing failed.
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
commands:
  description: Commands sent to the switch that change something.
  returned: always
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.module_front import connection_spec
from ..module_utils.resource_modules import run_domains
from ..module_utils.rules import LIMITS

DOMAIN = {
    "name": {"type": "str"},
    "description": {"type": "str"},
    "time_zone": {"type": "str"},
    "language": {"type": "str"},
    "enabled": {"type": "bool"},
    "limits": {"type": "dict", "options": {kind: {"type": "int"} for kind in LIMITS}},
    "state": {"type": "str", "choices": ["present", "absent"]},
}


def main():
    entry = dict(DOMAIN, name={"type": "str", "required": True})
    module = AnsibleModule(
        argument_spec=dict(
            connection_spec(),
            domains={"type": "list", "elements": "dict", "options": entry},
            confirm={"type": "list", "elements": "str", "default": []},
            **DOMAIN,
        ),
        supports_check_mode=True,
        required_one_of=[("name", "domains")],
        mutually_exclusive=[("domains", name) for name in DOMAIN],
    )
    run_domains(module, tuple(DOMAIN))


if __name__ == "__main__":
    main()

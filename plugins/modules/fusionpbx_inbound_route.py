#!/usr/bin/python
# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fusionpbx_inbound_route
short_description: Manage inbound routes of a FusionPBX tenant
version_added: 0.1.0
description:
  - Makes, changes and removes inbound routes. Each is a destination and a dialplan, made from a route template.
  - A number that another tenant has is refused. A route made by hand for the same number is adopted.
  - All routes of a task are written in one transaction.
options:

  number: &number
    description:
      - The number that is called, in E.164 with plus, in quotes.
      - Exactly one of O(number) and O(routes) is required.
    type: str
  template: &template
    description:
      - Route template, without C(.xml.j2). V(did_to_extension) when left out; V(did_to_ring_group) comes along too.
    type: str
  match: &match
    description:
      - In which forms the provider may send the number. V(plus) takes the one with plus only, V(digits) the one
        without, V(e164) both, V(national) both and the national number.
      - V(any) is V(national) for numbers of the country code 1 and V(e164) for all others; V(any) when left out.
    type: str
    choices: [any, national, e164, plus, digits]
  extension: &extension
    description: Number of the extension that the route leads to, where its template asks for one.
    type: str
  ring_group: &ring_group
    description: Number of the ring group that the route leads to, where its template asks for one.
    type: str
  order: &order
    description: Order of the dialplan, 0 to 999; that of the template, else 100, when left out.
    type: int
  description: &description
    description: Free text for people.
    type: str
  enabled: &enabled
    description: Whether the route is used. A new one is, when this is left out.
    type: bool
  variables: &variables
    description: Values for a template of the site, there as C(variables).
    type: dict
  state: &state
    description: Whether the route is to be there; V(present) when left out.
    type: str
    choices: [present, absent]
  routes:
    description:
      - Several routes in one task. The options above then stand in its entries and not beside it.
    type: list
    elements: dict
    suboptions:
      number:
        <<: *number
        required: true
      template: *template
      match: *match
      extension: *extension
      ring_group: *ring_group
      order: *order
      description: *description
      enabled: *enabled
      variables: *variables
      state: *state
  domain:
    description: The tenant's domain, which must exist (M(voipbox.fusionpbx.fusionpbx_domain) makes it).
    type: str
    required: true
  template_path:
    description: Folders with route templates of the site on the control node, looked through before those of the collection.
    type: list
    elements: path
  wait_timeout:
    description: Longest time to wait for the switch, in seconds.
    type: int
    default: 35
  document:
    description:
      - The rendered routes, in a file on the PBX server. Not for tasks.
      - The action plugin renders the routes on the control node and gives the module this instead of the options above.
    type: path
extends_documentation_fragment:
  - voipbox.fusionpbx.attributes
  - voipbox.fusionpbx.attributes.action
  - voipbox.fusionpbx.connection
author:
  - The voipbox authors (@voipbox)
"""

EXAMPLES = r"""
- name: A number leads to the front desk
  voipbox.fusionpbx.fusionpbx_inbound_route:
    domain: acme.pbx.example.com
    number: "+14165550100"
    extension: "1001"

- name: Two numbers, one with a template of the site
  voipbox.fusionpbx.fusionpbx_inbound_route:
    domain: acme.pbx.example.com
    template_path: [site/routes]
    routes:
      - number: "+14165550101"
        template: did_to_ring_group
        ring_group: "600"
      - number: "+14165550102"
        template: office_hours
        variables:
          open: "09:00-17:00"

- name: A number is given up
  voipbox.fusionpbx.fusionpbx_inbound_route:
    domain: acme.pbx.example.com
    number: "+14165550100"
    state: absent
"""

RETURN = r"""
domain:
  description: Domain name.
  returned: always
  type: str
  sample: acme.pbx.example.com
domain_uuid:
  description: The domain's uuid in FusionPBX. In check mode, that of a domain which is not there yet is made up.
  returned: when the domain could be read
  type: str
  sample: 0f2b7a54-52c0-4a62-9d6d-6b6f2f3b9a11
created:
  description: Objects that were made.
  returned: when there are any
  type: list
  elements: str
  sample: ["inbound route +14165550100"]
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
commands:
  description: Commands sent to the switch that change something.
  returned: always
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.module_front import connection_spec
from ..module_utils.resource_modules import run_routes

ROUTE = {
    "number": {"type": "str"},
    "template": {"type": "str"},
    "match": {"type": "str", "choices": ["any", "national", "e164", "plus", "digits"]},
    "extension": {"type": "str"},
    "ring_group": {"type": "str"},
    "order": {"type": "int"},
    "description": {"type": "str"},
    "enabled": {"type": "bool"},
    "variables": {"type": "dict"},
    "state": {"type": "str", "choices": ["present", "absent"]},
}


def main():
    entry = dict(ROUTE, number={"type": "str", "required": True})
    module = AnsibleModule(
        argument_spec=dict(
            connection_spec(),
            domain={"type": "str", "required": True},
            routes={"type": "list", "elements": "dict", "options": entry},
            template_path={"type": "list", "elements": "path"},
            wait_timeout={"type": "int", "default": 35},
            document={"type": "path"},
            **ROUTE,
        ),
        supports_check_mode=True,
    )
    run_routes(module)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fusionpbx_outbound_route
short_description: Manage outbound routes of a FusionPBX tenant
version_added: 0.1.0
description:
  - Makes, changes and removes outbound routes. A route template may give several, one a regular expression; each is the
    pair of dialplans that FusionPBX's page makes.
  - A route is known by the gateway, the name its template gives it and its expression.
  - All routes of a task are written in one transaction, and new ones are opened in a second one.
options:

  template: &template
    description:
      - Route template, without C(.xml.j2). C(nanp), C(toll_free_nanp), C(nanp_local),
        C(international), C(e164_pass_through), C(digits_only), C(expression), and for emergency calls C(emergency),
        C(emergency_nanp), C(emergency_eu), C(emergency_uk) and C(emergency_au) come along.
      - Exactly one of O(template) and O(routes) is required.
    type: str
  gateway: &gateway
    description: Name of the tenant's gateway that calls go through. Always required.
    type: str
  area_code: &area_code
    description: Area code that is put in front, where the template asks for one.
    type: str
  country: &country
    description:
      - Country whose emergency numbers the template C(emergency) takes, as its ISO 3166 code of two letters.
    type: str
  toll_allow: &toll_allow
    description: Toll class that an extension must have to use the route.
    type: str
  prefix: &prefix
    description: Digits that are put in front of the number for the provider.
    type: str
  channels: &channels
    description: Number of calls at once that the route allows. No limit when left out or 0.
    type: int
  order: &order
    description: Order of the dialplan, 0 to 999; that of the template, else 100, when left out.
    type: int
  description: &description
    description: Free text for people.
    type: str
  expressions: &expressions
    description: Regular expressions of your own, for the template C(expression).
    type: list
    elements: str
  enabled: &enabled
    description: Whether the route is used; true when left out.
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
      template:
        <<: *template
        required: true
      gateway: *gateway
      area_code: *area_code
      country: *country
      toll_allow: *toll_allow
      prefix: *prefix
      channels: *channels
      order: *order
      description: *description
      expressions: *expressions
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
- name: Calls within North America, ten at once
  voipbox.fusionpbx.fusionpbx_outbound_route:
    domain: acme.pbx.example.com
    gateway: toronto
    template: nanp
    channels: 10

- name: Emergency calls, and calls abroad for those who may
  voipbox.fusionpbx.fusionpbx_outbound_route:
    domain: acme.pbx.example.com
    routes:
      - gateway: toronto
        template: emergency_nanp
      - gateway: toronto
        template: international
        toll_allow: international

- name: A regular expression of your own goes
  voipbox.fusionpbx.fusionpbx_outbound_route:
    domain: acme.pbx.example.com
    gateway: toronto
    template: expression
    expressions: ['^9(\d{10})$']
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
  sample: ["outbound route toronto.nanp"]
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
    "template": {"type": "str"},
    "gateway": {"type": "str"},
    "area_code": {"type": "str"},
    "country": {"type": "str"},
    "toll_allow": {"type": "str"},
    "prefix": {"type": "str"},
    "channels": {"type": "int"},
    "order": {"type": "int"},
    "description": {"type": "str"},
    "expressions": {"type": "list", "elements": "str"},
    "enabled": {"type": "bool"},
    "variables": {"type": "dict"},
    "state": {"type": "str", "choices": ["present", "absent"]},
}


def main():
    entry = dict(ROUTE, template={"type": "str", "required": True})
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

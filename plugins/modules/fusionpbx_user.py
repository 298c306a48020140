#!/usr/bin/python
# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fusionpbx_user
short_description: Manage users of a FusionPBX tenant
version_added: 0.1.0
description:
  - Makes, changes and removes the people who log in to FusionPBX's pages, with group, contact, e-mail and settings.
  - What a task leaves out stays as it is. All users of a task are written in one transaction.
options:

  username: &username
    description:
      - Login name, 1 to 64 letters, digits, dots, hyphens or underscores; upper and lower case count as the same.
      - Exactly one of O(username) and O(users) is required.
    type: str
  password: &password
    description:
      - Login password, 1 to 72 bytes. One is generated and returned when a new user is given none.
      - See O(update_password) for that of a user who is there.
    type: str
  email: &email
    description: E-mail address of the user and of the contact.
    type: str
  group: &group
    description:
      - The one group of the user; other memberships are taken away. A new user is in V(admin) when this is left out.
      - V(superadmin) needs O(allow_superadmin=true).
    type: str
  language: &language
    description: Language of the pages for this user, such as V(en-us). Empty text removes the setting.
    type: str
  time_zone: &time_zone
    description: Time zone of the pages for this user, such as V(America/Toronto). Empty text removes the setting.
    type: str
  first_name: &first_name
    description: Given name in the contact.
    type: str
  last_name: &last_name
    description: Family name in the contact.
    type: str
  organization: &organization
    description: Organization in the contact.
    type: str
  enabled: &enabled
    description: Whether the user can log in. A new one can, when this is left out.
    type: bool
  state: &state
    description: Whether the user is to be there; V(present) when left out. Contact and assignments go with the user.
    type: str
    choices: [present, absent]
  users:
    description:
      - Several users in one task. The options above then stand in its entries and not beside it.
    type: list
    elements: dict
    suboptions:
      username:
        <<: *username
        required: true
      password: *password
      email: *email
      group: *group
      language: *language
      time_zone: *time_zone
      first_name: *first_name
      last_name: *last_name
      organization: *organization
      enabled: *enabled
      state: *state
  domain:
    description: The tenant's domain, which must exist (M(voipbox.fusionpbx.fusionpbx_domain) makes it).
    type: str
    required: true
  update_password:
    description:
      - When O(password) counts for a user who is there. V(on_create) leaves that user's password alone, V(always)
        compares it with the stored hash and replaces what differs.
    type: str
    choices: [on_create, always]
    default: on_create
extends_documentation_fragment:
  - voipbox.fusionpbx.attributes
  - voipbox.fusionpbx.connection
author:
  - The voipbox authors (@voipbox)
"""

EXAMPLES = r"""
- name: An administrator of the tenant
  voipbox.fusionpbx.fusionpbx_user:
    domain: acme.pbx.example.com
    username: admin
    password: "{{ vault_acme_admin_password }}"
    email: it@acme.example
    group: admin
    time_zone: America/Toronto

- name: Two people, one gone, one with a password that is generated
  voipbox.fusionpbx.fusionpbx_user:
    domain: acme.pbx.example.com
    users:
      - username: former.colleague
        state: absent
      - username: reception
        email: desk@acme.example
        group: user
  register: people
  no_log: true
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
  sample: ["user reception"]
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
generated:
  description: Passwords that were left out and so were generated. They are told this once; register them with care.
  returned: when there are any, not in check mode
  type: dict
  contains:
    users:
      description: By user name, RV(ignore:password) each.
      returned: always
      type: dict
      sample: {"reception": {"password": "example-only"}}
commands:
  description: Commands sent to the switch that change something.
  returned: always
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.module_front import connection_spec
from ..module_utils.resource_modules import run_users

USER = {
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "email": {"type": "str"},
    "group": {"type": "str"},
    "language": {"type": "str"},
    "time_zone": {"type": "str"},
    "first_name": {"type": "str"},
    "last_name": {"type": "str"},
    "organization": {"type": "str"},
    "enabled": {"type": "bool"},
    "state": {"type": "str", "choices": ["present", "absent"]},
}


def main():
    entry = dict(USER, username={"type": "str", "required": True})
    module = AnsibleModule(
        argument_spec=dict(
            connection_spec(),
            domain={"type": "str", "required": True},
            users={"type": "list", "elements": "dict", "options": entry},
            update_password={"type": "str", "choices": ["on_create", "always"], "default": "on_create", "no_log": False},
            **USER,
        ),
        supports_check_mode=True,
        required_one_of=[("username", "users")],
        mutually_exclusive=[("users", name) for name in USER],
    )
    run_users(module, tuple(USER))


if __name__ == "__main__":
    main()

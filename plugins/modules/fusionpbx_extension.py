#!/usr/bin/python
# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fusionpbx_extension
short_description: Manage extensions of a FusionPBX tenant
version_added: 0.1.0
description:
  - Makes, changes and removes extensions with their mailboxes, and drops the directory entries that the switch keeps.
  - What a task leaves out stays as it is. All extensions of a task are written in one transaction.
options:

  number: &number
    description:
      - Extension number, 1 to 20 digits.
      - Exactly one of O(number) and O(extensions) is required.
    type: str
  password: &password
    description:
      - SIP password, without double quotes. One is generated and returned when a new extension is given none.
      - It is always brought to what is given, since phones are configured with it.
    type: str
  voicemail_password: &voicemail_password
    description:
      - PIN of the mailbox, 3 to 20 digits. One is generated and returned when a new mailbox is given none.
      - See O(update_password) for that of a mailbox which is there.
    type: str
  name: &name
    description: Name that is shown to whoever is called inside. Empty text removes it.
    type: str
  email: &email
    description: Where messages of the mailbox are sent, several addresses with commas between. Empty text removes them.
    type: str
  toll_allow: &toll_allow
    description: Toll classes, which outbound routes may ask for. An empty list removes all.
    type: list
    elements: str
  caller_id_name: &caller_id_name
    description: Name shown to whoever is called outside.
    type: str
  caller_id_number: &caller_id_number
    description: Number shown to whoever is called outside, an optional plus and digits.
    type: str
  emergency_caller_id_name: &emergency_caller_id_name
    description: Name shown to emergency services.
    type: str
  emergency_caller_id_number: &emergency_caller_id_number
    description: Number shown to emergency services, an optional plus and digits.
    type: str
  user: &user
    description: User name of the one user to whom the extension belongs. Empty text takes it from everybody.
    type: str
  voicemail: &voicemail
    description: Whether the mailbox is enabled. A new one is, when this is left out.
    type: bool
  call_timeout: &call_timeout
    description: Seconds that the phone rings. A new extension has 30 when this is left out.
    type: int
  record: &record
    description: Which calls are recorded.
    type: str
    choices: [all, local, inbound, outbound, none]
  enabled: &enabled
    description: Whether the extension can register and be called. A new one can, when this is left out.
    type: bool
  description: &description
    description: Free text for people.
    type: str
  remove_voicemail: &remove_voicemail
    description: With O(state=absent), whether the mailbox goes too, with messages and greetings. Otherwise it stays.
    type: bool
  state: &state
    description: Whether the extension is to be there; V(present) when left out.
    type: str
    choices: [present, absent]
  extensions:
    description:
      - Several extensions in one task. The options above then stand in its entries and not beside it.
    type: list
    elements: dict
    suboptions:
      number:
        <<: *number
        required: true
      password: *password
      voicemail_password: *voicemail_password
      name: *name
      email: *email
      toll_allow: *toll_allow
      caller_id_name: *caller_id_name
      caller_id_number: *caller_id_number
      emergency_caller_id_name: *emergency_caller_id_name
      emergency_caller_id_number: *emergency_caller_id_number
      user: *user
      voicemail: *voicemail
      call_timeout: *call_timeout
      record: *record
      enabled: *enabled
      description: *description
      remove_voicemail: *remove_voicemail
      state: *state
  domain:
    description: The tenant's domain, which must exist (M(voipbox.fusionpbx.fusionpbx_domain) makes it).
    type: str
    required: true
  purge:
    description:
      - Whether extensions that O(extensions) does not list are removed. Their mailboxes stay.
      - Only goes with O(extensions); an empty list removes every extension of the tenant.
    type: bool
    default: false
  update_password:
    description:
      - When O(voicemail_password) counts for a mailbox that is there. V(on_create) leaves its PIN alone, for people
        change theirs by phone; V(always) replaces one that differs.
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
- name: One extension with a user and a caller id
  voipbox.fusionpbx.fusionpbx_extension:
    domain: acme.pbx.example.com
    number: "1001"
    password: "{{ vault_acme_1001_password }}"
    name: Front desk
    email: desk@acme.example
    user: reception
    caller_id_number: "+14165550100"
    toll_allow: [domestic]

- name: Several tasks for one server
  module_defaults:
    group/voipbox.fusionpbx.fusionpbx:
      config_path: /etc/fusionpbx/config.conf
      event_socket_host: 192.0.2.21
  block:
    - name: These extensions and no others; passwords are generated and returned
      voipbox.fusionpbx.fusionpbx_extension:
        domain: acme.pbx.example.com
        purge: true
        extensions:
          - number: "1001"
            name: Front desk
          - number: "1002"
            name: Workshop
            call_timeout: 20
      register: phones
      no_log: true

    - name: An extension goes with its messages
      voipbox.fusionpbx.fusionpbx_extension:
        domain: harbour.pbx.example.com
        number: "2001"
        remove_voicemail: true
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
  sample: ["extension 1001"]
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
    extensions:
      description: By extension number, RV(ignore:password) and RV(ignore:voicemail_password), as far as they were generated.
      returned: always
      type: dict
      sample: {"1001": {"password": "example-only", "voicemail_password": "000000"}}
commands:
  description: Commands sent to the switch that change something.
  returned: always
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.module_front import connection_spec
from ..module_utils.resource_modules import run_extensions
from ..module_utils.rules import RECORD

EXTENSION = {
    "number": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "voicemail_password": {"type": "str", "no_log": True},
    "name": {"type": "str"},
    "email": {"type": "str"},
    "toll_allow": {"type": "list", "elements": "str"},
    "caller_id_name": {"type": "str"},
    "caller_id_number": {"type": "str"},
    "emergency_caller_id_name": {"type": "str"},
    "emergency_caller_id_number": {"type": "str"},
    "user": {"type": "str"},
    "voicemail": {"type": "bool"},
    "call_timeout": {"type": "int"},
    "record": {"type": "str", "choices": list(RECORD)},
    "enabled": {"type": "bool"},
    "description": {"type": "str"},
    "remove_voicemail": {"type": "bool"},
    "state": {"type": "str", "choices": ["present", "absent"]},
}


def main():
    entry = dict(EXTENSION, number={"type": "str", "required": True})
    module = AnsibleModule(
        argument_spec=dict(
            connection_spec(),
            domain={"type": "str", "required": True},
            extensions={"type": "list", "elements": "dict", "options": entry},
            purge={"type": "bool", "default": False},
            update_password={"type": "str", "choices": ["on_create", "always"], "default": "on_create", "no_log": False},
            **EXTENSION,
        ),
        supports_check_mode=True,
        required_one_of=[("number", "extensions")],
        required_if=[("purge", True, ("extensions",))],
        mutually_exclusive=[("extensions", name) for name in EXTENSION],
    )
    run_extensions(module, tuple(EXTENSION))


if __name__ == "__main__":
    main()

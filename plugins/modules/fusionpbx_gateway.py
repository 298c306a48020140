#!/usr/bin/python
# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fusionpbx_gateway
short_description: Manage gateways of a FusionPBX tenant
version_added: 0.1.0
description:
  - Makes, changes and removes gateways (SIP trunks) and brings the switch along. A changed gateway is taken from the
    switch, waited for and loaded anew; calls over it end.
  - The task fails when a new or changed gateway is not registered in time. Its rows are written then.
  - What a task leaves out stays as it is. All gateways of a task are written in one transaction.
options:

  name: &name
    description:
      - Name in the tenant, 1 to 64 letters, digits, dots, hyphens or underscores.
      - Exactly one of O(name) and O(gateways) is required.
    type: str
  proxy: &proxy
    description: The provider's host name or address, without C(sip:) and port. Required unless O(state=absent).
    type: str
  port: &port
    description: The provider's port; 5060 when left out.
    type: int
  transport: &transport
    description: Transport of registration; V(udp) for a new gateway when left out.
    type: str
    choices: [udp, tcp, tls]
  username: &username
    description: User name at the provider. Required unless O(register=false) or O(state=absent).
    type: str
  password: &password
    description:
      - Password at the provider, without dollar signs. A new gateway that registers needs it.
      - It is always brought to what is given.
    type: str
  register: &register
    description: Whether the gateway registers. A new one does, when this is left out.
    type: bool
  channels: &channels
    description: Number of calls at once that the provider allows, for people and routes. 0 is no limit.
    type: int
  realm: &realm
    description: Realm of the credentials. A gateway that registers has its host when this is left out.
    type: str
  from_user: &from_user
    description: User of the From header.
    type: str
  from_domain: &from_domain
    description: Domain of the From header. A gateway that registers has its host when this is left out.
    type: str
  auth_username: &auth_username
    description: User name of the credentials, where it is another than O(username).
    type: str
  extension: &extension
    description: Number at which calls from the provider arrive.
    type: str
  outbound_proxy: &outbound_proxy
    description: Host that outbound calls are sent to.
    type: str
  register_proxy: &register_proxy
    description: Host that registrations are sent to.
    type: str
  profile: &profile
    description: SIP profile; V(external) for a new gateway when left out.
    type: str
  expire_seconds: &expire_seconds
    description: Seconds for which a registration is good. A new gateway has 800 when this is left out.
    type: int
  retry_seconds: &retry_seconds
    description: Seconds between two attempts. A new gateway has 30 when this is left out.
    type: int
  caller_id_in_from: &caller_id_in_from
    description: Whether the caller id goes into the From header.
    type: bool
  codec_prefs: &codec_prefs
    description: Codecs with commas between.
    type: str
  ping: &ping
    description: Seconds between two OPTIONS requests, 0 for none.
    type: int
  enabled: &enabled
    description: Whether the switch loads the gateway. It loads a new one, when this is left out.
    type: bool
  description: &description
    description: Free text for people.
    type: str
  state: &state
    description:
      - Whether the gateway is to be there; V(present) when left out.
      - One that a route uses is not removed; remove the route first.
    type: str
    choices: [present, absent]
  gateways:
    description:
      - Several gateways in one task. The options above then stand in its entries and not beside it.
    type: list
    elements: dict
    suboptions:
      name:
        <<: *name
        required: true
      proxy: *proxy
      port: *port
      transport: *transport
      username: *username
      password: *password
      register: *register
      channels: *channels
      realm: *realm
      from_user: *from_user
      from_domain: *from_domain
      auth_username: *auth_username
      extension: *extension
      outbound_proxy: *outbound_proxy
      register_proxy: *register_proxy
      profile: *profile
      expire_seconds: *expire_seconds
      retry_seconds: *retry_seconds
      caller_id_in_from: *caller_id_in_from
      codec_prefs: *codec_prefs
      ping: *ping
      enabled: *enabled
      description: *description
      state: *state
  domain:
    description: The tenant's domain, which must exist (M(voipbox.fusionpbx.fusionpbx_domain) makes it).
    type: str
    required: true
  wait_timeout:
    description: Longest time to wait for new and changed gateways to register, in seconds.
    type: int
    default: 35
extends_documentation_fragment:
  - voipbox.fusionpbx.attributes
  - voipbox.fusionpbx.connection
author:
  - The voipbox authors (@voipbox)
"""

EXAMPLES = r"""
- name: A trunk that registers
  voipbox.fusionpbx.fusionpbx_gateway:
    domain: acme.pbx.example.com
    name: toronto
    proxy: toronto.provider1.example
    username: acme-trunk
    password: "{{ vault_acme_trunk_password }}"
    channels: 10

- name: A trunk by address, and an old one that goes
  voipbox.fusionpbx.fusionpbx_gateway:
    domain: acme.pbx.example.com
    gateways:
      - name: london
        proxy: 203.0.113.10
        transport: tls
        port: 5061
        register: false
      - name: old
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
  sample: ["gateway toronto"]
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
gateways:
  description: The gateways of the task as the switch has them, without those that were removed.
  returned: when there are any
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
      description: State on the switch, V(REGED) or V(NOREG) when it can be used. Empty in check mode.
      returned: always
      type: str
    status:
      description: Status on the switch. Empty in check mode.
      returned: always
      type: str
commands:
  description: Commands sent to the switch that change something.
  returned: always
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.module_front import connection_spec
from ..module_utils.resource_modules import run_gateways
from ..module_utils.rules import TRANSPORTS

GATEWAY = {
    "name": {"type": "str"},
    "proxy": {"type": "str"},
    "port": {"type": "int"},
    "transport": {"type": "str", "choices": list(TRANSPORTS)},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "register": {"type": "bool"},
    "channels": {"type": "int"},
    "realm": {"type": "str"},
    "from_user": {"type": "str"},
    "from_domain": {"type": "str"},
    "auth_username": {"type": "str"},
    "extension": {"type": "str"},
    "outbound_proxy": {"type": "str"},
    "register_proxy": {"type": "str"},
    "profile": {"type": "str"},
    "expire_seconds": {"type": "int"},
    "retry_seconds": {"type": "int"},
    "caller_id_in_from": {"type": "bool"},
    "codec_prefs": {"type": "str"},
    "ping": {"type": "int"},
    "enabled": {"type": "bool"},
    "description": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"]},
}


def main():
    entry = dict(GATEWAY, name={"type": "str", "required": True})
    module = AnsibleModule(
        argument_spec=dict(
            connection_spec(),
            domain={"type": "str", "required": True},
            gateways={"type": "list", "elements": "dict", "options": entry},
            wait_timeout={"type": "int", "default": 35},
            **GATEWAY,
        ),
        supports_check_mode=True,
        required_one_of=[("name", "gateways")],
        mutually_exclusive=[("gateways", name) for name in GATEWAY],
    )
    run_gateways(module, tuple(GATEWAY))


if __name__ == "__main__":
    main()

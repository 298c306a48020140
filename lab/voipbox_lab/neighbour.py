# SPDX-License-Identifier: GPL-3.0-or-later
"""A second tenant that was there before: whatever is provisioned, removed or purged, none of its rows may change."""

from __future__ import annotations

import json

from .dialplan_import import Dialplan, Row, write_xml
from .rows import Rows, user_rows, uuid_of

DOMAIN = "neighbour.lab.example"
PIN = "40719263"
EXTENSIONS = ("1001", "1002", "1003")
ADMIN = ("admin", "Lab-neighbour-1")
NUMBER = "+14165550199"
_ADMIN_HASH = "$2y$10$ruBh8fBtfZoAu2609ikEx.enTNkNgH8kquEV42tXyb9xxpocUUhJS"
_GATEWAY = "crosstown"
_PROXY = "sip.crosstown.example"
_INBOUND_APP = "c03b422e-13a8-bd1b-e42b-b6b9b4d27ce4"
_OUTBOUND_APP = "8c914ec3-9fc0-8ab5-4cda-6c9288bdc9a3"
_OUTBOUND = {"7d": r"^(\d{7})$", "11d": r"^\+?(\d{11})$"}
_FAILURES = "1,2,3,6,18,21,27,28,31,34,38,41,42,44,58,88,111,403,501,602,607,809"


def add(seed: Rows, default_dialplans: list[Dialplan]) -> None:
    """Add the tenant's rows: default dialplans, an administrator, extensions with mailboxes, a gateway and routes."""
    tenant = _Neighbour(seed)
    tenant.domain(default_dialplans)
    for number in EXTENSIONS:
        tenant.extension(number)
    tenant.gateway()
    tenant.inbound()
    for abbreviation, expression in _OUTBOUND.items():
        tenant.outbound(abbreviation, expression)


class _Neighbour:
    def __init__(self, seed: Rows) -> None:
        self.seed = seed
        self.domain_uuid = uuid_of("v_domains", DOMAIN)
        self.gateway_uuid = uuid_of("v_gateways", DOMAIN, _GATEWAY)

    def _add(self, table: str, row: Row) -> None:
        self.seed.add(table, row | {"domain_uuid": self.domain_uuid})

    def domain(self, default_dialplans: list[Dialplan]) -> None:
        self._add(
            "v_domains",
            {"domain_name": DOMAIN, "domain_enabled": "true", "domain_description": "The neighbour: leave it alone"},
        )
        for found in default_dialplans:
            if found.row["dialplan_name"] == "domain-variables":
                found.details.append(_time_zone(found.details[-1]))
            self.seed.add_dialplan(found, self.domain_uuid, str(found.row["app_uuid"]))
        for subcategory, name, value in (("language", "code", "en-us"), ("time_zone", "name", "America/Toronto")):
            self._add(
                "v_domain_settings",
                {
                    "domain_setting_uuid": uuid_of("v_domain_settings", DOMAIN, subcategory),
                    "domain_setting_category": "domain",
                    "domain_setting_subcategory": subcategory,
                    "domain_setting_name": name,
                    "domain_setting_value": value,
                    "domain_setting_order": "0",
                    "domain_setting_enabled": "true",
                },
            )
        for table, row in user_rows(DOMAIN, ADMIN[0], _ADMIN_HASH, "admin", "admin@neighbour.example"):
            self.seed.add(table, row)

    def extension(self, number: str) -> None:
        uuid = uuid_of("v_extensions", DOMAIN, number)
        self._add(
            "v_extensions",
            {
                "extension_uuid": uuid,
                "extension": number,
                "password": f"Fictional-{number}-secret",
                "accountcode": DOMAIN,
                "user_context": DOMAIN,
                "effective_caller_id_name": f"Neighbour {number}",
                "effective_caller_id_number": number,
                "limit_max": "5",
                "limit_destination": "!USER_BUSY",
                "call_timeout": "30",
                "extension_type": "default",
                "extension_dialect": "us",
                "extension_voice": "callie",
                "directory_visible": "false",
                "directory_exten_visible": "false",
                "call_screen_enabled": "false",
                "force_ping": "false",
                "enabled": "true",
            },
        )
        self._add(
            "v_voicemails",
            {
                "voicemail_uuid": uuid_of("v_voicemails", DOMAIN, number),
                "voicemail_id": number,
                "voicemail_password": f"7093{number}",
                "voicemail_file": "attach",
                "voicemail_local_after_email": "true",
                "voicemail_enabled": "true",
            },
        )
        if number == EXTENSIONS[0]:
            self._add(
                "v_extension_users",
                {
                    "extension_user_uuid": uuid_of("v_extension_users", DOMAIN, number),
                    "extension_uuid": uuid,
                    "user_uuid": uuid_of("v_users", DOMAIN, ADMIN[0]),
                },
            )

    def gateway(self) -> None:
        self._add(
            "v_gateways",
            {
                "gateway_uuid": self.gateway_uuid,
                "gateway": _GATEWAY,
                "username": "neighbour-trunk",
                "password": "Fictional-trunk-secret",
                "proxy": _PROXY,
                "realm": _PROXY,
                "from_domain": _PROXY,
                "register": "true",
                "expire_seconds": "800",
                "retry_seconds": "30",
                "context": "public",
                "profile": "external",
                "channels": "0",
                "distinct_to": "false",
                "caller_id_in_from": "false",
                "supress_cng": "false",
                "contact_in_ping": "false",
                "enabled": "true",
            },
        )

    def inbound(self) -> None:
        """One number with a plus, to the first extension, as the destination page writes it."""
        uuid = uuid_of("v_dialplans", DOMAIN, NUMBER)
        app, data = "transfer", f"{EXTENSIONS[0]} XML {DOMAIN}"
        expression = rf"^\+({NUMBER[1:]})$"
        self._add(
            "v_destinations",
            {
                "destination_uuid": uuid_of("v_destinations", DOMAIN, NUMBER),
                "dialplan_uuid": uuid,
                "destination_type": "inbound",
                "destination_number": NUMBER,
                "destination_number_regex": expression,
                "destination_context": "public",
                "destination_app": app,
                "destination_data": data,
                "destination_actions": json.dumps([{"destination_app": app, "destination_data": data}], separators=(",", ":")),
                "destination_order": "100",
                "destination_enabled": "true",
                "destination_record": "false",
                "destination_description": "Neighbour's main number",
            },
        )
        standard = [
            _action("export", "call_direction=inbound", "true"),
            _action("set", f"domain_uuid={self.domain_uuid}", "true"),
            _action("set", f"domain_name={DOMAIN}", "true"),
        ]
        condition = _detail("condition", "destination_number", expression) | {"dialplan_detail_order": "20"}
        action = _action(app, data) | {"dialplan_detail_order": "40"}
        row = _dialplan(_INBOUND_APP, NUMBER, "public", "100", "false") | {
            "dialplan_number": NUMBER,
            "dialplan_description": "Neighbour's main number",
            "dialplan_xml": write_xml(NUMBER, "false", uuid, [condition, *standard, action]),
        }
        self.seed.add_dialplan_rows(row, [condition, action], uuid, self.domain_uuid)

    def outbound(self, abbreviation: str, expression: str) -> None:
        """The pair of dialplans that the outbound route page makes of one expression."""
        outside = _detail("condition", "${user_exists}", "false")
        undirected = _detail("condition", "${call_direction}", "^$")
        number = _detail("condition", "destination_number", expression)
        direction = _action("export", "call_direction=outbound", "true")
        first = _dialplan(_OUTBOUND_APP, "call_direction-outbound", DOMAIN, "22", "true")
        second = _dialplan(_OUTBOUND_APP, f"{_GATEWAY}.{abbreviation}", DOMAIN, "100", "false")
        for row, details in (
            (first, [outside, undirected, number, direction]),
            (second, [outside, number, *self._way_out(direction)]),
        ):
            row["dialplan_description"] = "Neighbour's way out"
            numbered = [one | {"dialplan_detail_order": str(10 * place)} for place, one in enumerate(details, start=1)]
            self.seed.add_dialplan(Dialplan(row, numbered), self.domain_uuid, f"{row['dialplan_name']} {abbreviation}")

    def _way_out(self, direction: Row) -> list[Row]:
        actions = [
            _off("set", "sip_h_accountcode=${accountcode}"),
            direction,
            _action("unset", "call_timeout"),
            _action("set", "hangup_after_bridge=true"),
            _action("set", "effective_caller_id_name=${outbound_caller_id_name}"),
            _action("set", "effective_caller_id_number=${outbound_caller_id_number}"),
            _action("set", "inherit_codec=true"),
            _action("set", "ignore_display_updates=true"),
            _action("set", "callee_id_number=$1"),
            _action("set", f"continue_on_fail={_FAILURES}"),
        ]
        if self.seed.real_booleans:  # since 5.5
            actions.append(_off("set", "limit_max="))
        return [
            *actions,
            _off("limit", "hash ${domain_name} outbound ${limit_max} !USER_BUSY"),
            _off("set", "pin_number="),
            _off("lua", "pin_number.lua"),
            _action("bridge", f"sofia/gateway/{self.gateway_uuid}/$1"),
        ]


def _dialplan(app_uuid: str, name: str, context: str, order: str, continues: str) -> Row:
    return {
        "app_uuid": app_uuid,
        "dialplan_name": name,
        "dialplan_context": context,
        "dialplan_continue": continues,
        "dialplan_order": order,
        "dialplan_enabled": "true",
    }


def _detail(tag: str, kind: str, data: str, inline: str | None = None, enabled: str = "true") -> Row:
    return {
        "dialplan_detail_tag": tag,
        "dialplan_detail_type": kind,
        "dialplan_detail_data": data,
        "dialplan_detail_break": None,
        "dialplan_detail_inline": inline,
        "dialplan_detail_group": "0",
        "dialplan_detail_enabled": enabled,
    }


def _action(kind: str, data: str, inline: str | None = None) -> Row:
    return _detail("action", kind, data, inline)


def _off(kind: str, data: str) -> Row:
    return _detail("action", kind, data, enabled="false")


def _time_zone(last: Row) -> Row:
    """What setting a domain's time zone adds to its variables; the page leaves "enabled" empty."""
    return _action("set", "timezone=America/Toronto", "true") | {
        "dialplan_detail_enabled": None,
        "dialplan_detail_order": str(int(last["dialplan_detail_order"] or 0) + 5),
    }

# SPDX-License-Identifier: GPL-3.0-or-later
"""What a fresh FusionPBX holds before the first tenant is provisioned, and a neighbour tenant that nobody may touch.

Values are those that FusionPBX's own pages and defaults write. The people, numbers and passwords are fictional.
"""

from __future__ import annotations

from pathlib import Path

from . import dialplan_import, neighbour, tables
from .dialplan_import import Row
from .rows import FIRST_DOMAIN, SUPERADMIN, Rows, user_rows, uuid_of

_SUPERADMIN_HASH = "$2y$10$jN4G23p8QW9jLDo0QK4AO.pJfCk2vPAjTSHjRNwuH5bOqtPVw4cf."
_GROUPS = {"superadmin": 80, "admin": 50, "user": 30, "agent": 20, "fax": 20, "public": 10}
_LIMITS = (
    "extensions", "gateways", "users", "destinations", "devices", "ring_groups", "ivr_menus", "call_center_queues",
)  # fmt: skip
# (category, subcategory, name, value, enabled)
_DEFAULT_SETTINGS = (
    ("domain", "language", "code", "en-us", "true"),
    ("domain", "time_zone", "name", "UTC", "true"),
    ("domain", "country", "code", "us", "true"),
    ("domain", "template", "name", "default", "true"),
    ("cache", "method", "text", "file", "true"),
    ("cache", "location", "text", "/var/cache/fusionpbx", "true"),
    ("destinations", "dialplan_details", "boolean", "true", "true"),
    ("destinations", "unique", "boolean", "true", "true"),
    ("destinations", "select_mode", "text", "default", "true"),
    ("dialplan", "destination", "text", "destination_number", "true"),
    ("security", "pin_length", "numeric", "8", "true"),
    ("users", "unique", "text", "global", "false"),
    ("users", "username_format", "text", "any", "true"),
    ("users", "password_length", "numeric", "12", "true"),
    ("users", "password_number", "boolean", "true", "true"),
    ("users", "password_lowercase", "boolean", "true", "true"),
    ("users", "password_uppercase", "boolean", "true", "true"),
    ("users", "password_special", "boolean", "false", "true"),
)
_ACCESS_LISTS: dict[str, list[tuple[str, str]]] = {
    "rfc1918": [("allow", "10.0.0.0/8"), ("allow", "172.16.0.0/12"), ("allow", "192.168.0.0/16")],
    "providers": [],
    "domains": [("allow", "192.0.2.64/26")],
}
_PROFILES = {
    "internal": {"sip-port": "5060", "context": "public"},
    "external": {"sip-port": "5080", "context": "public"},
}
_PROFILE_SETTINGS = {
    "auth-calls": "true",
    "apply-inbound-acl": "providers",
    "apply-register-acl": "providers",
    "tls": "false",
}


def rows_of(shape: str, web_root: Path, folders: dict[str, str]) -> Rows:
    """All rows of a fresh server of that shape.

    Parameters: web_root, the folder with the default dialplans; folders, the values of the default settings switch/* by
    subcategory, which FusionPBX asks the switch for.
    """
    seed = Rows(shape)
    _server(seed, folders)
    _first_domain(seed)
    dialplans = dialplan_import.read(web_root, neighbour.DOMAIN, neighbour.PIN)
    for found in dialplans:
        if found.is_global:
            seed.add_dialplan(found, None, str(found.row["app_uuid"]))
    neighbour.add(seed, [found for found in dialplans if not found.is_global])
    return seed


def _server(seed: Rows, folders: dict[str, str]) -> None:
    version = str(tables.shape_of(seed.shape)["fusionpbx"])
    seed.add(
        "v_software",
        {
            "software_uuid": uuid_of("v_software", "FusionPBX"),
            "software_name": "FusionPBX",
            "software_url": "www.fusionpbx.com",
            "software_version": version,
        },
    )
    for name, level in _GROUPS.items():
        seed.add(
            "v_groups",
            {
                "group_uuid": uuid_of("v_groups", name),
                "group_name": name,
                "group_protected": "false",
                "group_level": str(level),
            },
        )
    mode = "single" if seed.real_booleans else "multiple"
    settings = [
        *_DEFAULT_SETTINGS,
        ("destinations", "dialplan_mode", "text", mode, "true"),
        *(("limit", name, "numeric", "3", "false") for name in _LIMITS),
        *(("switch", name, "dir", folder, "true") for name, folder in folders.items()),
    ]
    for setting in settings:
        seed.add("v_default_settings", _default_setting(*setting))
    _access_lists(seed)
    _profiles(seed)


def _default_setting(category: str, subcategory: str, name: str, value: str, enabled: str) -> Row:
    return {
        "default_setting_uuid": uuid_of("v_default_settings", category, subcategory),
        "default_setting_category": category,
        "default_setting_subcategory": subcategory,
        "default_setting_name": name,
        "default_setting_value": value,
        "default_setting_enabled": enabled,
    }


def _access_lists(seed: Rows) -> None:
    for name, nodes in _ACCESS_LISTS.items():
        uuid = uuid_of("v_access_controls", name)
        seed.add(
            "v_access_controls",
            {"access_control_uuid": uuid, "access_control_name": name, "access_control_default": "deny"},
        )
        for kind, cidr in nodes:
            seed.add(
                "v_access_control_nodes",
                {
                    "access_control_node_uuid": uuid_of("v_access_control_nodes", name, cidr),
                    "access_control_uuid": uuid,
                    "node_type": kind,
                    "node_cidr": cidr,
                },
            )


def _profiles(seed: Rows) -> None:
    for name, own in _PROFILES.items():
        uuid = uuid_of("v_sip_profiles", name)
        seed.add("v_sip_profiles", {"sip_profile_uuid": uuid, "sip_profile_name": name, "sip_profile_enabled": "true"})
        seed.add(
            "v_sip_profile_domains",
            {
                "sip_profile_domain_uuid": uuid_of("v_sip_profile_domains", name),
                "sip_profile_uuid": uuid,
                "sip_profile_domain_name": "all",
                "sip_profile_domain_alias": "false",
                "sip_profile_domain_parse": "true",
            },
        )
        for key, value in (own | _PROFILE_SETTINGS).items():
            seed.add(
                "v_sip_profile_settings",
                {
                    "sip_profile_setting_uuid": uuid_of("v_sip_profile_settings", name, key),
                    "sip_profile_uuid": uuid,
                    "sip_profile_setting_name": key,
                    "sip_profile_setting_value": value,
                    "sip_profile_setting_enabled": "true",
                },
            )


def _first_domain(seed: Rows) -> None:
    domain_uuid = uuid_of("v_domains", FIRST_DOMAIN)
    seed.add(
        "v_domains",
        {"domain_uuid": domain_uuid, "domain_name": FIRST_DOMAIN, "domain_enabled": "true"},
    )
    user = (FIRST_DOMAIN, SUPERADMIN[0], _SUPERADMIN_HASH, "superadmin", "admin@pbx.lab.example")
    for table, row in user_rows(*user):
        seed.add(table, row)

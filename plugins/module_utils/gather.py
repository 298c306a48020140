# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is on the server, in the shape of a tenant file: applied again it changes nothing.

A value that the shape cannot hold is left out and told as unmanaged; it is never bent into something near it.
"""

from __future__ import annotations

from .access_control import allowed
from .domain import DomainResource
from .errors import BadInput, EngineError
from .extension import ExtensionResource
from .gateway import GatewayResource
from .gather_trunk import gather_gateways, gather_trunk
from .rules import LIMITS
from .user import UserResource
from .work import Work

_CALLER = {
    "caller_id_name": "outbound_caller_id_name",
    "caller_id_number": "outbound_caller_id_number",
    "emergency_caller_id_name": "emergency_caller_id_name",
    "emergency_caller_id_number": "emergency_caller_id_number",
    "description": "description",
}
_CONTACT = {
    "first_name": "contact_name_given",
    "last_name": "contact_name_family",
    "organization": "contact_organization",
}


def names(session):
    """The domains of the server: name, uuid and whether each is enabled."""
    rows = session.schema.select(session.database, "v_domains", "domain_name IS NOT NULL ORDER BY domain_name")
    return [
        {"domain": row["domain_name"], "domain_uuid": row["domain_uuid"], "enabled": row["domain_enabled"] == "true"}
        for row in rows
    ]


def gather(session, domains=(), include_secrets=False):
    """Tenants as they are on the server.

    domains: names, all enabled or disabled domains when empty; include_secrets: SIP, voicemail and gateway passwords
    too (login passwords exist as hashes alone). Returns (tenants, unmanaged): a list in the shape of tenant files with
    raw routes, and per domain what that shape cannot hold. Raises EngineError for a domain that does not exist.
    """
    addresses = allowed(session)
    tenants = []
    unmanaged = {}
    for name in list(domains) or [row["domain"] for row in names(session)]:
        work = Work(session, name)
        work.load()
        if work.is_new:
            raise EngineError("The domain {0} does not exist on this server.".format(name), next_step="Check its name.")
        notes = []
        tenants.append(_tenant(work, include_secrets, addresses, notes))
        if notes:
            unmanaged[name] = notes
    session.database.rollback()
    return tenants, unmanaged


def _tenant(work, include_secrets, addresses, notes):
    tenant = {"domain": work.domain_name}
    _put(tenant, "description", work.domain["domain_description"])
    _domain_settings(work, tenant)
    if work.domain["domain_enabled"] == "false":
        tenant["enabled"] = False
    users = work.rows("v_users", "true ORDER BY username")
    tenant["users"] = _users(work, users, notes)
    tenant["extensions"] = _extensions(work, users, include_secrets, notes)
    trunk = gather_trunk(work, include_secrets, notes)
    if addresses and trunk:
        trunk["provider_addresses"] = addresses
    if trunk:
        tenant["trunk"] = trunk
    _compare(work, tenant, notes)
    return {key: value for key, value in tenant.items() if value not in ([], {})}


def standing_values(work):
    """What stands of a tenant in the shape of a file, secrets too: {"users", "extensions", "gateways"}, each {name: entry}."""
    users = [row for row in work.rows("v_users", "true ORDER BY username") if row["username"]]
    gateways = work.rows("v_gateways", "true ORDER BY gateway")
    return {
        "users": {entry["username"]: entry for entry in _users(work, users, [])},
        "extensions": {entry["number"]: entry for entry in _extensions(work, users, True, [])},
        "gateways": {entry["name"]: entry for entry in gather_gateways(gateways, True)},
    }


def _compare(work, tenant, notes):
    """Note whatever of the tenant's own side and its gateways this file would change: compared by the code that applies it."""
    trial = work.again()
    try:
        DomainResource(trial, None).present(tenant)
    except BadInput as error:
        notes.append("domain: {0}".format(error.what))
        tenant.pop("time_zone", None)
    _note_changes(trial, notes)
    trunk = tenant.get("trunk") or {}
    gateways = trunk.get("gateways") or ([trunk["gateway"]] if trunk.get("gateway") else [])
    for kind, entries, resource in (
        ("user", tenant["users"], UserResource),
        ("extension", tenant["extensions"], ExtensionResource),
        ("gateway", gateways, GatewayResource),
    ):
        if not entries:
            continue
        trial = work.again()
        comparing = resource(trial)
        for entry in entries:
            name = entry.get("username") or entry.get("number") or entry.get("name")
            try:
                comparing.apply([entry])
            except EngineError as error:
                notes.append("{0} {1} cannot be taken back as it is: {2}".format(kind, name, error.what))
                continue
        _note_changes(trial, notes)


def _note_changes(trial, notes):
    changes = trial.changes
    for label in changes.objects["created"] + changes.objects["changed"]:
        differing = sorted(set(changes.before.get(label) or ()) | set(changes.after.get(label) or ()))
        notes.append("{0} would be changed by this file ({1})".format(label, ", ".join(differing)))


def _domain_settings(work, tenant):
    limits = {}
    for row in work.rows("v_domain_settings", "domain_setting_enabled::text = 'true'"):
        key = (row["domain_setting_category"], row["domain_setting_subcategory"])
        value = row["domain_setting_value"]
        if key == ("domain", "time_zone"):
            _put(tenant, "time_zone", value)
        elif key == ("domain", "language"):
            _put(tenant, "language", value)
        elif key[0] == "limit" and key[1] in LIMITS and (value or "").isdigit():
            limits[key[1]] = int(value)
    if limits:
        tenant["limits"] = dict(sorted(limits.items()))


def _users(work, users, notes):
    groups = {}
    for row in work.rows("v_user_groups"):
        groups.setdefault(row["user_uuid"], []).append(row["group_name"])
    settings = {}
    for row in work.rows("v_user_settings", "user_setting_category = 'domain'"):
        settings[(row["user_uuid"], row["user_setting_subcategory"])] = row["user_setting_value"]
    contacts = {row["contact_uuid"]: row for row in work.rows("v_contacts")}
    found = []
    for row in users:
        entry = {"username": row["username"]}
        _put(entry, "email", row["user_email"])
        mine = groups.get(row["user_uuid"], [])
        if len(mine) == 1:
            _put(entry, "group", mine[0])
        else:
            notes.append("user {0} is in {1} groups, a tenant file holds one".format(row["username"], len(mine)))
        for key in ("language", "time_zone"):
            _put(entry, key, settings.get((row["user_uuid"], key)))
        contact = contacts.get(row["contact_uuid"]) or {}
        for key, column in _CONTACT.items():
            _put(entry, key, contact.get(column))
        if row["user_enabled"] == "false":
            entry["enabled"] = False
        found.append(entry)
    return found


def _extensions(work, users, include_secrets, notes):
    names = {row["user_uuid"]: row["username"] for row in users}
    mailboxes = {row["voicemail_id"]: row for row in work.rows("v_voicemails")}
    assigned = {}
    for row in work.rows("v_extension_users"):
        if row["user_uuid"] in names:
            assigned.setdefault(row["extension_uuid"], []).append(names[row["user_uuid"]])
    found = []
    for row in work.rows("v_extensions", "true ORDER BY extension"):
        entry = _extension(row, include_secrets, notes)
        _assignment(entry, assigned.get(row["extension_uuid"], []), notes)
        _mailbox(entry, mailboxes.get(row["number_alias"] or row["extension"]), row, include_secrets, notes)
        found.append(entry)
    return found


def _extension(row, include_secrets, notes):
    entry = {"number": row["extension"]}
    if include_secrets:
        _put(entry, "password", row["password"])
    name_number = row["extension"] if row["effective_caller_id_name"] else None
    if row["effective_caller_id_number"] == name_number:
        _put(entry, "name", row["effective_caller_id_name"])
    else:
        notes.append("extension {0} shows another internal number than its own".format(row["extension"]))
    for key, column in _CALLER.items():
        _put(entry, key, row.get(column))
    if row["toll_allow"]:
        entry["toll_allow"] = row["toll_allow"].split(":")
    _put(entry, "record", row["user_record"])
    if row["call_timeout"] and row["call_timeout"] != "30":
        entry["call_timeout"] = int(float(row["call_timeout"]))
    if row["enabled"] == "false":
        entry["enabled"] = False
    return entry


def _assignment(entry, usernames, notes):
    if len(usernames) == 1:
        entry["user"] = usernames[0]
    elif usernames:
        notes.append("extension {0} belongs to {1} users, a tenant file holds one".format(entry["number"], len(usernames)))


def _mailbox(entry, mailbox, row, include_secrets, notes):
    if not mailbox:
        return
    entry["voicemail"] = mailbox["voicemail_enabled"] != "false"
    _put(entry, "email", mailbox["voicemail_mail_to"])
    if include_secrets:
        _put(entry, "voicemail_password", mailbox["voicemail_password"])
    if (mailbox.get("voicemail_description") or None) != (row["description"] or None):
        entry.pop("description", None)
        notes.append("extension {0} and its mailbox have different descriptions".format(row["extension"]))


def _put(entry, key, value):
    if value not in (None, ""):
        entry[key] = value

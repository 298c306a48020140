# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of a whole tenant against the field rules: every fault with its path, before anything is written."""

from __future__ import annotations

from . import rules
from .errors import BadInput
from .numbers import MATCHES, forms, resolved


class Each:
    """A rule for every entry of a list of values."""

    def __init__(self, rule):
        self.rule = rule


_UPDATE = rules.one_of(("on_create", "always"))
_STATE = rules.one_of(("present", "absent"))
PURGE = ("extensions", "inbound", "outbound")
_TENANT = {
    "domain": rules.domain,
    "domain_uuid": rules.identity,
    "description": rules.text,
    "time_zone": rules.time_zone,
    "language": rules.language,
    "enabled": rules.flag,
    "purge": Each(rules.one_of(PURGE)),
}
_LIMIT = rules.seconds(0, 1000000)
_LIMITS = dict.fromkeys(rules.LIMITS, _LIMIT)
_USER = {
    "username": rules.username,
    "password": rules.login_password,
    "email": rules.email,
    "group": rules.word,
    "language": rules.language,
    "time_zone": rules.time_zone,
    "first_name": rules.text,
    "last_name": rules.text,
    "organization": rules.text,
    "update_password": _UPDATE,
    "enabled": rules.flag,
    "state": _STATE,
}
_EXTENSION = {
    "number": rules.extension_number,
    "password": rules.sip_password,
    "voicemail_password": rules.pin,
    "name": rules.display_name,
    "email": rules.emails,
    "caller_id_name": rules.display_name,
    "caller_id_number": rules.caller_number,
    "emergency_caller_id_name": rules.display_name,
    "emergency_caller_id_number": rules.caller_number,
    "user": rules.username,
    "call_timeout": rules.seconds(1, 3600),
    "record": rules.one_of(rules.RECORD),
    "description": rules.text,
    "toll_allow": Each(rules.word),
    "voicemail": rules.flag,
    "update_password": _UPDATE,
    "remove_voicemail": rules.flag,
    "enabled": rules.flag,
    "state": _STATE,
}
_GATEWAY = {
    "name": rules.word,
    "proxy": rules.host,
    "port": rules.seconds(1, 65535),
    "transport": rules.one_of(rules.TRANSPORTS),
    "username": rules.gateway_user,
    "password": rules.gateway_password,
    "auth_username": rules.gateway_user,
    "channels": rules.seconds(0, 10000),
    "realm": rules.gateway_user,
    "from_user": rules.gateway_user,
    "from_domain": rules.gateway_user,
    "extension": rules.gateway_user,
    "outbound_proxy": rules.gateway_user,
    "register_proxy": rules.gateway_user,
    "profile": rules.word,
    "expire_seconds": rules.seconds(1, 86400),
    "retry_seconds": rules.seconds(1, 86400),
    "codec_prefs": rules.codecs,
    "ping": rules.seconds(0, 86400),
    "register": rules.flag,
    "caller_id_in_from": rules.flag,
    "enabled": rules.flag,
    "description": rules.text,
    "state": _STATE,
}
_INBOUND = {
    "number": rules.did,
    "match": rules.one_of(MATCHES),
    "order": rules.seconds(0, 999),
    "extension": rules.extension_number,
    "ring_group": rules.extension_number,
    "template": rules.template,
    "description": rules.dialplan_text,
    "variables": rules.variables,
    "enabled": rules.flag,
    "state": _STATE,
}
_OUTBOUND = {
    "template": rules.template,
    "gateway": rules.word,
    "area_code": rules.area_code,
    "country": rules.country,
    "toll_allow": rules.expression,
    "prefix": rules.dialled,
    "channels": rules.seconds(0, 10000),
    "order": rules.seconds(0, 999),
    "description": rules.dialplan_text,
    "expressions": Each(rules.expression),
    "variables": rules.variables,
    "enabled": rules.flag,
    "state": _STATE,
}
_TRUNK = {"provider_addresses": Each(rules.network), "national_codes": Each(rules.country_code)}
# The rule of every key of a tenant file, by the place of its mapping.
RULES = {
    "": _TENANT,
    "limits.": _LIMITS,
    "users[].": _USER,
    "extensions[].": _EXTENSION,
    "trunk.": _TRUNK,
    "trunk.gateway.": _GATEWAY,
    "trunk.gateways[].": _GATEWAY,
    "trunk.inbound[].": _INBOUND,
    "trunk.outbound[].": _OUTBOUND,
}


def check_tenant(tenant):
    """Faults of the tenant part of a document: a list of (field path, cause), empty when there are none."""
    found = []
    _fields(found, "", tenant, _TENANT)
    for name, value in (tenant.get("limits") or {}).items():
        if name not in _LIMITS:
            found.append(("limits." + name, "must be one of {0}".format(", ".join(_LIMITS))))
        elif value is not None:
            _one(found, "limits." + name, value, _LIMIT)
    users = tenant.get("users") or []
    extensions = tenant.get("extensions") or []
    for position, user in enumerate(users):
        _fields(found, "users[{0}].".format(position), user, _USER)
    _unique(found, "users", users, "username")
    for position, extension in enumerate(extensions):
        path = "extensions[{0}].".format(position)
        _fields(found, path, extension, _EXTENSION)
        if extension.get("remove_voicemail") and extension.get("state") != "absent":
            found.append((path + "remove_voicemail", "only goes with state: absent"))
    _unique(found, "extensions", extensions, "number")
    limit = (tenant.get("limits") or {}).get("extensions")
    present = sum(1 for extension in extensions if extension.get("state") != "absent")
    if limit is not None and present > int(limit):
        found.append(("extensions", "{0} are listed, more than limits.extensions ({1}) allows".format(present, limit)))
    return found


def check_trunk(tenant):
    """Faults of the trunk part of a document, with paths as in the tenant file."""
    found = []
    _fields(found, "", tenant, {name: _TENANT[name] for name in ("domain", "purge")})
    trunk = tenant.get("trunk") or {}
    _fields(found, "trunk.", trunk, _TRUNK)
    gateways = trunk.get("gateways") or []
    for position, gateway in enumerate(gateways):
        path = "trunk.gateway." if len(gateways) == 1 else "trunk.gateways[{0}].".format(position)
        check_gateway(found, path, gateway)
    _unique(found, "trunk.gateways", gateways, "name")
    inbound = trunk.get("inbound") or []
    for position, route in enumerate(inbound):
        _fields(found, "trunk.inbound[{0}].".format(position), route, _INBOUND)
    _unique(found, "trunk.inbound", inbound, "number")
    _unique_forms(found, inbound, trunk.get("national_codes"))
    for position, route in enumerate(trunk.get("outbound") or []):
        _fields(found, "trunk.outbound[{0}].".format(position), route, _OUTBOUND)
    return found


def _unique_forms(found, inbound, national_codes):
    """Two numbers of which a provider may send one and the same form: the switch could not tell them apart."""
    seen = {}
    for position, route in enumerate(inbound):
        number = route.get("number")
        if route.get("state") == "absent" or not isinstance(number, str) or rules.did(number):
            continue
        match = route.get("match")
        if match not in (None, "", *MATCHES):
            continue
        for form in forms(number, resolved(number, match, national_codes)):
            before = seen.setdefault(form, position)
            if before != position and inbound[before]["number"] != number:
                cause = "{0} would be taken as {1}, and so would trunk.inbound[{2}] ({3})".format(
                    number, form, before, inbound[before]["number"]
                )
                found.append(("trunk.inbound[{0}].number".format(position), cause))
                break


def check_gateway(found, path, gateway):
    """Faults of one gateway, appended to found with the path in front.

    The password may be missing here: it is wanted only when the gateway does not exist yet, which the server knows.
    """
    _fields(found, path, gateway, _GATEWAY)
    if gateway.get("state") == "absent":
        return
    if not gateway.get("proxy"):
        found.append((path + "proxy", "a gateway needs the provider's host"))
    if gateway.get("register", True) and not gateway.get("username"):
        found.append((path + "username", "a gateway that registers needs credentials"))


def check_address(found, path, entry):
    """Faults of one entry of an access list, appended to found with the path in front: its description is served too."""
    _one(found, path + "address", entry.get("address") or "", rules.network)
    _fields(found, path, entry, {"description": rules.dialplan_text})


def refuse(found):
    """Raise BadInput for the faults found; the message names every field."""
    if not found:
        return
    if len(found) == 1:
        raise BadInput(*found[0])
    more = "; ".join("{0}: {1}".format(field, cause) for field, cause in found[1:])
    raise BadInput(found[0][0], "{0}; {1}".format(found[0][1], more))


def _fields(found, path, entry, checks):
    for name, rule in checks.items():
        value = entry.get(name)
        if value is None or value == "":
            continue
        if isinstance(rule, Each):
            _list(found, path + name, value, rule.rule)
        else:
            _one(found, path + name, value, rule)


def _list(found, path, value, rule):
    if not isinstance(value, (list, tuple)):
        found.append((path, "must be a list"))
        return
    for position, one in enumerate(value):
        _one(found, "{0}[{1}]".format(path, position), one, rule)


def _one(found, path, value, rule):
    try:
        cause = rule(value)
    except (TypeError, ValueError, AttributeError):
        cause = "has the wrong type"
    if cause:
        found.append((path, cause))


def _unique(found, path, entries, key):
    seen = {}
    for position, entry in enumerate(entries):
        value = str(entry.get(key, "")).lower()
        if value in seen:
            found.append(("{0}[{1}].{2}".format(path, position, key), "{0} stands twice in the list".format(value)))
        seen[value] = position

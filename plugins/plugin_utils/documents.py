# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a tenant file's content to the documents that the modules read on the PBX server."""

from __future__ import annotations

from ansible_collections.voipbox.fusionpbx.plugins.module_utils.dialled_numbers import refusals
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.errors import BadInput
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.numbers import resolved
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.route_tokens import GATEWAY_UUID
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.tenant_checks import refuse
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.route_templates import route_name

_OWN = ("domain", "domain_uuid", "description", "time_zone", "language", "enabled", "limits", "users", "extensions", "purge")
_LOOKED_AT = ("number", "order", "state", "extension", "ring_group")


def tenant_document(tenant, source):
    """The document of fusionpbx_tenant: everything but the trunk, of which only what is looked at before writing."""
    document = {key: tenant[key] for key in _OWN if key in tenant}
    document["source"] = source
    trunk = tenant.get("trunk") or {}
    ahead = {
        "gateways": [
            {"name": one["name"], "register": one.get("register", True), "state": one.get("state", "present"),
             "password": bool(one.get("password")), "profile": one.get("profile")}
            for one in gateways_of(trunk)
        ],
        "inbound": [
            dict({key: one[key] for key in _LOOKED_AT if key in one}, match=_match(one, trunk))
            for one in trunk.get("inbound") or []
        ],
        "outbound": [
            {key: one[key] for key in ("gateway", "state") if key in one} for one in trunk.get("outbound") or []
        ],
    }  # fmt: skip
    if trunk:
        document["trunk"] = ahead
    return document


def trunk_document(tenant, source, templates):
    """The document of fusionpbx_trunk, its routes rendered. Parameters: templates, a route_templates.RouteTemplates."""
    trunk = tenant.get("trunk") or {}
    gateways = gateways_of(trunk)
    wanted = {"gateways": gateways, "provider_addresses": trunk.get("provider_addresses") or []}
    wanted["inbound"] = [
        _inbound(dict(entry, match=_match(entry, trunk)), tenant["domain"], templates, "trunk.inbound[{0}]".format(place))
        for place, entry in enumerate(trunk.get("inbound") or [])
    ]
    numbers = _numbers(trunk)
    wanted["outbound"] = [
        _outbound(entry, gateways, tenant["domain"], templates, "trunk.outbound[{0}]".format(place), numbers)
        for place, entry in enumerate(trunk.get("outbound") or [])
    ]
    _refuse_repeated(wanted["outbound"], trunk.get("outbound") or [], gateways)
    refuse(refusals(tenant.get("extensions") or [], wanted["outbound"], wanted["inbound"]))
    return {
        "source": source,
        "domain": tenant["domain"],
        "domain_uuid": tenant.get("domain_uuid"),
        "extensions": _present_numbers(tenant),
        "purge": tenant.get("purge") or [],
        "trunk": wanted,
    }


def whole_trunk_document(tenant, source, templates, verify):
    """trunk_document with what is to be verified; None for a tenant without a trunk, unless it is to be verified."""
    nothing = not tenant.get("trunk") and not set(tenant.get("purge") or ()) & {"inbound", "outbound"}
    if nothing and not verify:
        return None
    document = trunk_document(tenant, source, templates)
    if verify:
        document["verify"] = verify_document(tenant, source, templates)
    return document


def verify_document(tenant, source, templates):
    """The document of fusionpbx_verify: what the switch is asked, no secret among it."""
    trunk = tenant.get("trunk") or {}
    gateways = [one for one in gateways_of(trunk) if one.get("state") != "absent"]
    outbound = []
    numbers = _numbers(trunk)
    for place, entry in enumerate(trunk.get("outbound") or []):
        if entry.get("state") == "absent":
            continue
        field = "trunk.outbound[{0}]".format(place)
        gateway = _gateway_of(entry, gateways, field)
        asked = templates.questions(entry, gateway, tenant["domain"], field, numbers)
        outbound.append(
            {
                "template": entry["template"],
                "enabled": entry.get("enabled", True),
                "routes": [{"expression": expression} for expression in asked["expressions"]],
                "samples": {"match": asked["match"], "no_match": asked["no_match"]},
            }
        )
    return {
        "source": source,
        "domain": tenant["domain"],
        "enabled": tenant.get("enabled"),
        "extensions": [
            {"number": one["number"], "enabled": one.get("enabled")}
            for one in tenant.get("extensions") or []
            if one.get("state") != "absent"
        ],
        "trunk": {
            "gateways": [
                {"name": one["name"], "register": one.get("register"), "enabled": one.get("enabled", True)} for one in gateways
            ],
            "provider_addresses": trunk.get("provider_addresses") or [],
            "inbound": [
                {"number": one["number"], "match": _match(one, trunk)}
                for one in trunk.get("inbound") or []
                if one.get("state") != "absent" and one.get("enabled", True)
            ],
            "outbound": outbound,
        },
    }


def gateways_of(trunk):
    """The gateways of a trunk as a list, the default one first."""
    if trunk.get("gateway") and trunk.get("gateways"):
        raise BadInput("trunk.gateways", "give either gateway or gateways")
    return [trunk["gateway"]] if trunk.get("gateway") else list(trunk.get("gateways") or [])


def _match(entry, trunk):
    """In which forms the number of an inbound entry is taken, with any resolved."""
    return resolved(entry["number"], entry.get("match"), trunk.get("national_codes"))


def _inbound(entry, domain, templates, field):
    document = {
        key: entry[key]
        for key in ("number", "match", "order", "description", "enabled", "state", "extension", "ring_group", "template")
        if key in entry
    }
    if entry.get("state") != "absent":
        document["xml"] = templates.render_inbound(entry, domain, field)
    return document


def _outbound(entry, gateways, domain, templates, field, numbers):
    document = {key: entry[key] for key in ("template", "gateway", "state", "order", "description", "enabled") if key in entry}
    document["routes"] = templates.render_outbound(entry, _gateway_of(entry, gateways, field), domain, field, numbers)
    return document


def _numbers(trunk):
    """The numbers that the tenant has: their countries are its countries."""
    return [one["number"] for one in trunk.get("inbound") or [] if one.get("state") != "absent"]


def _gateway_of(entry, gateways, field):
    """The gateway that an outbound entry goes through; one that only the server knows is known by its name alone.

    Without a name it is the first that stays, as on the server; an entry that is absent may mean one that goes with it.
    Raises BadInput for an entry that no gateway gives a name to.
    """
    name = entry.get("gateway")
    staying = [gateway for gateway in gateways if gateway.get("state") != "absent"]
    going = entry.get("state") == "absent"
    for gateway in staying + (gateways if going or name else []):
        if name in (None, "", gateway["name"]):
            if gateway.get("state") == "absent" and not going:
                raise BadInput(field + ".gateway", "the gateway {0} is absent in this file".format(name))
            return gateway
    if not name:
        raise BadInput(field + ".gateway", "this file lists no gateway that stays, so the entry has to name one")
    return {"name": name, "channels": 0}


def _refuse_repeated(rendered, entries, gateways):
    """Refuse a route that two entries give: the server knows it by name and expression, so it could never tell them apart.

    Entries with another toll class, order or number of channels are the same route. Two that remove it do no harm.
    """
    seen = {}
    for place, (document, entry) in enumerate(zip(rendered, entries)):
        field = "trunk.outbound[{0}]".format(place)
        gateway = _gateway_of(entry, gateways, field)["name"]
        for route in document["routes"]:
            key = (route_name(route["xml"]).replace(GATEWAY_UUID, gateway), route["expression"])
            before = seen.get(key)
            seen.setdefault(key, place)
            if before is None or entry.get("state") == entries[before].get("state") == "absent":
                continue
            where = "twice in this entry" if before == place else "by trunk.outbound[{0}] too".format(before)
            raise BadInput(
                field,
                "the route {0} with the expression {1} is given {2}".format(key[0], key[1], where),
                "Leave one out, or give it another gateway or expression; then run again.",
            )


def _present_numbers(tenant):
    return [one["number"] for one in tenant.get("extensions") or [] if one.get("state") != "absent"]

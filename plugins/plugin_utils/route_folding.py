# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Raw routes of a server, folded back into the names of route templates that give exactly them."""

from __future__ import annotations

import itertools
import re
from xml.etree import ElementTree

from ansible_collections.voipbox.fusionpbx.plugins.module_utils import emergency_numbers
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.dialled_numbers import countries_of
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.dialplan_xml import parse, same_xml
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.errors import BadInput
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.route_templates import DEFAULT_INBOUND

# The template of last resort; it takes regular expressions as they are.
GENERIC = "expression"
_BY_COUNTRY = "emergency"
_DEFAULT_ORDER = 100
_AREA_CODE = 3  # digits, in North America
_MOST_DIGITS = 20


def fold(raw_tenant, templates):
    """(tenant, unmanaged): the tenant in the shape of a tenant file, and what no template gives.

    Parameters: raw_tenant, as fusionpbx_info's module tells it; templates, a route_templates.RouteTemplates.
    """
    trunk = raw_tenant.get("trunk")
    if not trunk:
        return raw_tenant, []
    unmanaged = []
    gateways = trunk.get("gateways") or ([trunk["gateway"]] if trunk.get("gateway") else [])
    folded = dict(trunk)
    inbound = [_fold_inbound(raw, raw_tenant["domain"], templates, unmanaged) for raw in trunk.get("inbound") or []]
    numbers = [entry["number"] for entry in inbound if entry]
    outbound = _fold_outbound(trunk.get("outbound") or [], gateways, raw_tenant["domain"], templates, unmanaged, numbers)
    for kind, entries in (("inbound", [entry for entry in inbound if entry]), ("outbound", outbound)):
        folded.pop(kind, None)
        if entries:
            folded[kind] = entries
    return dict(raw_tenant, trunk=folded), unmanaged


def _fold_inbound(raw, domain, templates, unmanaged):
    for name in [DEFAULT_INBOUND] + [one for one in templates.names("inbound") if one != DEFAULT_INBOUND]:
        entry = {"number": raw["number"], "template": name}
        if raw["match"] != "any":
            entry["match"] = raw["match"]
        told = raw.get("target") if isinstance(raw.get("target"), dict) else {}
        for key in ("extension", "ring_group"):
            if key not in told:
                continue
            candidate = dict(entry, **{key: told[key]})
            try:
                text = templates.render_inbound(candidate, domain, "")
            except BadInput:
                continue
            if _same_route(text, raw, with_name=False):
                return _with_extras(candidate, raw)
    unmanaged.append("inbound route {0} is given by no template".format(raw["number"]))
    return None


def _fold_outbound(raws, gateways, domain, templates, unmanaged, numbers):
    channels = {gateway["name"]: gateway for gateway in gateways}
    # A template of a fixed country says more than the one that goes by the tenant's numbers.
    names = [name for name in templates.names("outbound") if name not in (GENERIC, _BY_COUNTRY)]
    left = list(raws)
    entries = []
    while left:
        raw = left[0]
        gateway = channels[raw["gateway"]]
        found = None
        for name in [*names, _BY_COUNTRY, GENERIC]:
            found = _matching(name, raw, left, gateway, domain, templates, numbers)
            if found:
                break
        if not found:
            unmanaged.append("outbound route {0} is given by no template".format(raw["name"]))
            left.remove(raw)
            continue
        entry, used = found
        if len(gateways) > 1:
            # By name, since the first one may yet be left out for what it holds.
            entry["gateway"] = raw["gateway"]
        entries.append(entry)
        left = [one for one in left if not any(one is taken for taken in used)]
    return entries


def _matching(name, raw, raws, gateway, domain, templates, numbers):
    """(entry, the raw routes it gives) when a template gives this route and all others that belong to it."""
    hints = _hints(raw, gateway)
    country = _country(raw["expression"], numbers) if name == _BY_COUNTRY else None
    for toll_allow, (area_code, prefix) in itertools.product(hints["toll_allow"], hints["digits"]):
        entry = {"template": name}
        if name == GENERIC:
            entry["expressions"] = [raw["expression"]]
        if name == _BY_COUNTRY and country:
            entry["country"] = country
        values = (("toll_allow", toll_allow), ("area_code", area_code), ("prefix", prefix),
                  ("channels", hints["channels"]), ("order", hints["order"]))  # fmt: skip
        entry.update({key: value for key, value in values if value is not None})
        try:
            routes = templates.render_outbound(entry, gateway, domain, "", numbers)
        except BadInput:
            continue
        used = [_find(route, raws, raw) for route in routes]
        if used and all(used) and any(one is raw for one in used):
            return _with_extras(_shortest(entry, routes, gateway, domain, templates, numbers), raw), used
    return None


def _shortest(entry, routes, gateway, domain, templates, numbers):
    """The entry without options that make no difference."""
    for key in ("area_code", "channels", "country", "order", "prefix", "toll_allow"):
        if key not in entry:
            continue
        shorter = {name: value for name, value in entry.items() if name != key}
        try:
            again = templates.render_outbound(shorter, gateway, domain, "", numbers)
        except BadInput:
            continue
        if again == routes:
            entry = shorter
    return entry


def _country(expression, numbers):
    """The code of a country whose emergency numbers an expression takes, of the tenant's own where they do; or None."""
    codes = [country.code for country in countries_of(numbers)] + emergency_numbers.country_codes()
    fitting = (code for code in codes if emergency_numbers.expression_of(emergency_numbers.of_country(code)) == expression)
    return next(fitting, None)


def _find(route, raws, like):
    """The raw route that a rendered one gives, with the same gateway, state and description as another."""
    for raw in raws:
        if (
            raw["expression"] == route["expression"]
            and raw["gateway"] == like["gateway"]
            and raw["enabled"] == like["enabled"]
            and raw.get("description") == like.get("description")
            and _same_route(route["xml"], raw, with_name=True)
        ):
            return raw
    return None


def _same_route(text, raw, with_name):
    ours, theirs = parse(text), parse(raw["xml"])
    for element in (ours, theirs):
        if not with_name:
            element.set("name", "")
            element.attrib.pop("order", None)
        for action in element.iter("action"):
            if action.get("enabled") == "true":
                del action.attrib["enabled"]
    return same_xml(_text(ours), _text(theirs))


def _text(element):
    return ElementTree.tostring(element, encoding="unicode")


def _hints(raw, gateway):
    """What the XML tells about the options it was rendered with."""
    toll = re.search(r'field="\$\{toll_allow\}" expression="([^"]*)"', raw["xml"])
    limit = re.search(r'data="limit_max=(\d+)"', raw["xml"])
    dialled = re.search(r'data="sofia/gateway/[^/"]+/([^"$]*)\$1"', raw["xml"])
    before = (dialled.group(1) if dialled else "").lstrip("+")
    channels = int(limit.group(1)) if limit else 0
    return {
        "toll_allow": [None, toll.group(1)] if toll else [None, ""],
        "digits": _splits(before),
        "channels": None if channels == (gateway.get("channels") or 0) else channels,
        "order": None if raw["order"] == _DEFAULT_ORDER else raw["order"],
    }


def _splits(before):
    """Ways in which the digits in front of the number may be made of prefix and area code (or belong to the template).

    An area code of three digits is the likeliest one, then a longer one before a shorter one.
    """
    ways = [(None, None)]
    if 0 < len(before) <= _MOST_DIGITS:
        ways.append((None, before))
    else:
        return ways
    for size in sorted(range(1, len(before) + 1), key=lambda size: (size != _AREA_CODE, -size)):
        ways.append((before[-size:], before[:-size] or None))
        ways.append((None, before[:size]))
    return ways


def _with_extras(entry, raw):
    if raw.get("description"):
        entry["description"] = raw["description"]
    if not raw["enabled"]:
        entry["enabled"] = False
    if "number" in entry and raw["order"] != _DEFAULT_ORDER:
        entry["order"] = raw["order"]
    return entry

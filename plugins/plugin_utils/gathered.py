# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tenants that a server told of, folded and held to the rules of tenant files.

What breaks a rule is left out and told as unmanaged: a file that was gathered can be applied, whoever wrote the rows.
"""

from __future__ import annotations

import re

from ansible_collections.voipbox.fusionpbx.plugins.module_utils.tenant_checks import check_tenant, check_trunk
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils import documents, returned, tenant_spec
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.route_folding import fold

# Real routes have one or two thousand characters; folding a longer one could take for ever.
_LONGEST_ROUTE = 20000
_MOST_ROUTES = 2000
_ROUNDS = 10
_KEYS = ("number", "username", "name", "template")
_KNOWN_BY = {"users": "username", "extensions": "number", "gateway": "name", "gateways": "name"}
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def held(raw, notes, asked, templates):
    """(tenants, unmanaged) of what came back.

    Parameters: raw, dictionaries that claim to be tenants; notes, {domain: texts} of the server; asked, the domains that were
    asked for (a list, text with commas, or nothing for all); templates, a route_templates.RouteTemplates.
    """
    wanted = [part.strip() for part in asked.split(",")] if isinstance(asked, str) else list(asked or [])
    tenants = []
    unmanaged = {}
    seen = set()
    for one in raw:
        domain = one.get("domain")
        if not isinstance(domain, str) or domain in seen or (wanted and domain not in wanted):
            continue
        seen.add(domain)
        own = list(notes.get(domain, ()))
        try:
            tenants.append(_tenant(one, templates, own))
        except Exception as error:  # pylint: disable=broad-except
            # Rows may hold anything; the text of such an error may hold a value.
            own.append("the tenant was left out: what the server tells of it cannot be read ({0})".format(type(error).__name__))
        if own:
            unmanaged[returned.text(domain, 300)] = own
    return tenants, unmanaged


def _tenant(raw, templates, notes):
    trunk = raw.get("trunk") or {}
    for kind in ("inbound", "outbound"):
        routes = trunk.get(kind) or []
        if len(routes) > _MOST_ROUTES:
            raise ValueError(kind)
        long = [route for route in routes if len(route["xml"]) > _LONGEST_ROUTE]
        notes.extend("{0} route {1} is too long to be read".format(kind, returned.text(one.get("name"), 100)) for one in long)
        if long:
            trunk = dict(trunk, **{kind: [route for route in routes if len(route["xml"]) <= _LONGEST_ROUTE]})
    tenant, more = fold(dict(raw, trunk=trunk) if trunk else raw, templates)
    notes.extend(returned.text(note, 300) for note in more)
    return _held(tenant, notes)


def _held(tenant, notes):
    """The tenant without what breaks a rule. Raises ValueError for one that cannot be brought to an end."""
    for unused in range(_ROUNDS):
        checked, faults = tenant_spec.check(tenant)
        of_shape = bool(faults)
        faults = faults or _faults(checked)
        left = [fault for fault in dict.fromkeys(faults) if _leave_out(tenant, fault, of_shape, notes)]
        _emptied(tenant)
        if not left:
            if of_shape:
                raise ValueError("shape")
            _without_gateway(tenant, notes)
            notes.extend("{0}: {1}".format(returned.text(path, 100), cause) for path, cause in dict.fromkeys(faults))
            return tenant
    raise ValueError("faults")


def _without_gateway(tenant, notes):
    """Leave outbound routes out whose gateway was left out: they would go through another one."""
    trunk = tenant.get("trunk") or {}
    names = [gateway["name"] for gateway in documents.gateways_of(trunk)]
    kept = []
    for entry in trunk.get("outbound") or []:
        if entry.get("gateway", names[0] if names else None) in names:
            kept.append(entry)
        else:
            told = returned.text(entry.get("gateway"), 60)
            notes.append("outbound route {0}: its gateway {1} was left out; it was left out too".format(entry["template"], told))
    if trunk.get("outbound"):
        trunk["outbound"] = kept


def _faults(tenant):
    trunk = tenant.get("trunk") or {}
    ends = dict(tenant, trunk=dict(trunk, gateways=documents.gateways_of(trunk)))
    found = check_tenant(tenant) + [fault for fault in check_trunk(ends) if fault[0] != "domain"]
    if trunk.get("gateways"):
        # The checks name the only gateway of a list as if it stood alone.
        found = [(path.replace("trunk.gateway.", "trunk.gateways[0]."), cause) for path, cause in found]
    return found


def _leave_out(tenant, fault, of_shape, notes):
    """Take what a fault names out of the tenant; False where nothing can go (the domain itself, a sum over a whole list)."""
    path, cause = fault
    steps = [int(index) if index else name for name, index in _STEP.findall(path)]
    holders = [tenant]
    for step in steps[:-1]:
        try:
            holders.append(holders[-1][step])
        except (LookupError, TypeError):
            # It went with another fault of this round.
            return True
    if not isinstance(holders[-1], (dict, list)):
        return True
    holder, key = holders[-1], steps[-1]
    in_list = isinstance(holder, list)
    there = in_list or (key in holder and holder[key] is not None)
    if path == "extensions" and not of_shape and tenant.get("limits"):
        # More are there than the limit says, which FusionPBX keeps for its own page alone.
        notes.append("limits: {0}; they were left out".format(cause))
        del tenant["limits"]
        return True
    if len(steps) == 1 and (key == "domain" or (isinstance(holder.get(key), (list, dict)) and not of_shape)):
        return False
    entry = _entry_of(holders)
    whole = steps[0] == "trunk" and len(steps) > 2
    where = _named(steps, entry)
    by_which_it_is_known = key == _KNOWN_BY.get(next((step for step in reversed(steps[:-1]) if isinstance(step, str)), None))
    if (whole or not there or by_which_it_is_known) and entry is not None:
        # Half a route or gateway is another one; an entry without what it needs is none.
        _mark(entry)
    elif in_list and entry is not None and not of_shape:
        # Half a list (of toll classes) would take the other half away.
        entry.pop(steps[-2], None)
    elif in_list:
        holder[key] = {_GONE: True}
    elif there:
        del holder[key]
    else:
        return False
    notes.append("{0}: {1}; it was left out".format(where, cause))
    return True


def _entry_of(holders):
    """The innermost entry of a list, or gateway, that a path goes through."""
    for outer, holder in reversed(list(zip(holders, holders[1:]))):
        if isinstance(holder, dict) and (isinstance(outer, list) or outer.get("gateway") is holder):
            return holder
    return None


_GONE = "\x00gone"


def _mark(entry):
    entry.clear()
    entry[_GONE] = True


def _emptied(value):
    """Take marked entries away, wherever they stand."""
    if isinstance(value, dict):
        for key in [key for key, one in value.items() if isinstance(one, dict) and _GONE in one]:
            del value[key]
        for one in value.values():
            _emptied(one)
    elif isinstance(value, list):
        value[:] = [one for one in value if not (isinstance(one, dict) and _GONE in one)]
        for one in value:
            _emptied(one)


def _named(steps, entry):
    """A place in words that hold after other entries went: by what the entry is called."""
    names = [step for step in steps if isinstance(step, str)]
    called = next((entry[key] for key in _KEYS if isinstance((entry or {}).get(key), str)), None)
    if called is None or len(names) < 2:
        return returned.text(".".join(str(step) for step in steps), 100)
    return "{0} {1} {2}".format(names[-2], returned.text(called, 60), returned.text(names[-1], 60))

# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant's trunk as it is on the server: gateways, and routes as raw XML with tokens in the place of identities."""

from __future__ import annotations

import re

from . import dialplan
from .dialplan import OUTBOUND, is_companion
from .dialplan_xml import to_extension
from .errors import EngineError
from .inbound_route import APP_UUID as INBOUND
from .inbound_route import InboundResource
from .numbers import MATCHES, canonical, destination_columns, is_e164
from .outbound_route import OutboundResource, expression_of
from .route_tokens import DOMAIN_UUID, GATEWAY_UUID

_PLAIN = ("username", "from_user", "auth_username", "extension", "outbound_proxy", "register_proxy", "codec_prefs",
          "ping", "description")  # fmt: skip
_USUAL = {"profile": "external", "expire_seconds": "800", "retry_seconds": "30", "channels": "0"}


def gather_trunk(work, include_secrets, notes):
    """gateway or gateways, inbound and outbound entries; an empty dictionary when there is nothing of it."""
    trunk = {}
    rows = work.rows("v_gateways", "true ORDER BY gateway")
    gateways = gather_gateways(rows, include_secrets)
    if len(gateways) == 1:
        trunk["gateway"] = gateways[0]
    elif gateways:
        trunk["gateways"] = gateways
    inbound = _inbound(work, notes)
    outbound = _outbound(work, {row["gateway_uuid"].lower(): row["gateway"] for row in rows}, notes)
    if inbound:
        trunk["inbound"] = inbound
    if outbound:
        trunk["outbound"] = outbound
    return trunk


def gather_gateways(rows, include_secrets):
    """Entries of v_gateways rows."""
    return [_gateway(row, include_secrets) for row in rows]


def _gateway(row, include_secrets):
    entry = {"name": row["gateway"]}
    host, port = _host_and_port(row["proxy"] or "")
    entry["proxy"] = host
    if port:
        entry["port"] = port
    registers = row["register"] == "true"
    entry["register"] = registers
    entry["transport"] = row["register_transport"] or "udp"
    for key in _PLAIN:
        if row.get(key):
            entry[key] = row[key]
    for key, usual in _USUAL.items():
        if row[key] and row[key] != usual:
            entry[key] = row[key] if key == "profile" else int(float(row[key]))
    for key in ("realm", "from_domain"):
        if registers and row[key] != host:
            entry[key] = row[key] or ""
        elif not registers and row[key]:
            entry[key] = row[key]
    if row["caller_id_in_from"] == "true":
        entry["caller_id_in_from"] = True
    if row["enabled"] == "false":
        entry["enabled"] = False
    if include_secrets and row["password"]:
        entry["password"] = row["password"]
    return entry


def _host_and_port(proxy):
    host, separator, port = proxy.rpartition(":")
    if separator and port.isdigit() and not host.endswith(":"):
        return host, int(port)
    return proxy, None


def _inbound(work, notes):
    destinations = work.rows("v_destinations", "destination_type = 'inbound' ORDER BY destination_number")
    plans = {row["dialplan_uuid"]: row for row in work.rows("v_dialplans", "app_uuid = %s", (INBOUND,))}
    details = dialplan.details_of(work, INBOUND, [row["dialplan_uuid"] for row in destinations if row["dialplan_uuid"] in plans])
    targets = _targets(work)
    found = []
    for row in destinations:
        number, match = _number_and_match(row)
        if number is None or row["dialplan_uuid"] not in plans:
            notes.append(
                "inbound route {0}{1} has a form that a tenant file does not hold".format(
                    row["destination_prefix"] or "", row["destination_number"]
                )
            )
            continue
        plan = plans[row["dialplan_uuid"]]
        xml = to_extension(
            plan["dialplan_name"],
            plan["dialplan_continue"] == "true",
            _whole(plan["dialplan_order"]),
            details[row["dialplan_uuid"]],
        )
        entry = {
            "number": number,
            "match": match,
            "name": plan["dialplan_name"],
            "xml": xml.replace(work.domain_uuid, DOMAIN_UUID),
            "order": _whole(row["destination_order"]),
            "enabled": row["destination_enabled"] != "false",
        }
        if row["destination_description"]:
            entry["description"] = row["destination_description"]
        entry["target"], cause = _target(xml, work.domain_name, targets)
        cause = cause or _would_change(work, entry, row, plan, details[row["dialplan_uuid"]])
        if cause:
            notes.append("inbound route {0} {1}".format(number, cause))
            continue
        found.append(entry)
    return found


def _targets(work):
    """{number: key of an inbound entry} of everything that such an entry can lead to; an extension before a ring group."""
    groups = work.rows("v_ring_groups") if work.schema.has("v_ring_groups", "ring_group_extension") else ()
    targets = {row["ring_group_extension"]: "ring_group" for row in groups if row["ring_group_extension"]}
    for row in work.rows("v_extensions"):
        targets.update((number, "extension") for number in (row["extension"], row["number_alias"]) if number)
    return targets


def _target(xml, domain, targets):
    """({key: number} that an inbound entry leads to, None), or (None, cause)."""
    found = re.search(r'application="transfer" data="(\S+) XML ' + re.escape(domain) + '"', xml)
    if not found:
        return None, "leads to something else than an extension or a ring group"
    number = found.group(1)
    if number not in targets:
        return None, "leads to {0}, which is no extension and no ring group of this tenant".format(number)
    return {targets[number]: number}, None


def _would_change(work, entry, row, plan, details):
    """What applying an inbound entry would change of its rows, or None."""
    trial = work.again()
    return _cause(trial, lambda: InboundResource(trial).compare(dict(entry, **entry["target"]), row, plan, details))


def _cause(trial, compare):
    """Why a route cannot stand in a file, or None: the code that applies it finds something to change."""
    try:
        compare()
    except EngineError as error:
        return "cannot be taken back: {0}".format(error.what)
    if not trial.changes:
        return None
    columns = sorted({name for unused, unused, unused, differing in trial.changes.updates for name in differing})
    return "has what a tenant file does not hold ({0})".format(", ".join(columns) or "details of its dialplan")


def _number_and_match(row):
    """The E.164 number and match that give exactly these columns; (None, None) for others."""
    number = "+" + canonical(row["destination_prefix"], row["destination_number"])
    if is_e164(number):
        have = (row["destination_prefix"] or None, row["destination_number"], row["destination_number_regex"])
        for match in MATCHES:
            if destination_columns(number, match) == have:
                return number, match
    return None, None


def _outbound(work, gateways, notes):
    plans = work.rows(
        "v_dialplans",
        "app_uuid = %s AND dialplan_context = %s ORDER BY v_dialplans.dialplan_order, dialplan_name",
        (OUTBOUND, work.domain_name),
    )
    details = dialplan.details_of(work, OUTBOUND, [row["dialplan_uuid"] for row in plans])
    comparing = OutboundResource(work)
    found = []
    for row in plans:
        if is_companion(row["dialplan_name"]):
            continue
        mine = details[row["dialplan_uuid"]]
        expression = expression_of(mine)
        xml = to_extension(row["dialplan_name"], row["dialplan_continue"] == "true", _whole(row["dialplan_order"]), mine).replace(
            work.domain_uuid, DOMAIN_UUID
        )
        used = [identity for identity in gateways if identity in xml.lower()]
        if expression is None or len(used) != 1:
            notes.append(
                "outbound route {0} uses {1} gateways of this tenant, a tenant file holds one a route".format(
                    row["dialplan_name"], len(used)
                )
            )
            continue
        entry = {
            "expression": expression,
            "name": row["dialplan_name"],
            "gateway": gateways[used[0]],
            "xml": _without(xml, used[0]),
            "order": _whole(row["dialplan_order"]),
            "enabled": row["dialplan_enabled"] != "false",
        }
        if row["dialplan_description"]:
            entry["description"] = row["dialplan_description"]
        comparing.work = work.again()
        cause = _cause(comparing.work, lambda one=entry, gateway=used[0]: comparing.compare(one, one, gateway))
        if cause:
            notes.append("outbound route {0} {1}".format(row["dialplan_name"], cause))
            continue
        found.append(entry)
    return found


def _without(xml, identity):
    return xml.replace(identity, GATEWAY_UUID).replace(identity.upper(), GATEWAY_UUID)


def _whole(value):
    return int(float(value)) if value not in (None, "") else 0

# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gateways of a tenant: v_gateways and what the switch must do, for its rescan only adds and never changes."""

from __future__ import annotations

import uuid

from . import cache
from .errors import BadInput, Conflict
from .work import by_key

# What FusionPBX's gateway form holds when nothing is typed in (capture of a form saved with its defaults).
_DEFAULTS = {
    "register": True,
    "expire_seconds": 800,
    "retry_seconds": 30,
    "context": "public",
    "profile": "external",
    "channels": 0,
    "enabled": True,
    "distinct_to": False,
    "caller_id_in_from": False,
    "supress_cng": False,
    "contact_in_ping": False,
}
_SAME_NAME = (
    "username", "password", "realm", "from_user", "from_domain", "auth_username", "extension", "outbound_proxy",
    "register_proxy", "profile", "expire_seconds", "retry_seconds", "register", "channels", "caller_id_in_from",
    "codec_prefs", "ping", "enabled",
)  # fmt: skip
_DEFAULT_PORT = 5060
# Columns that the switch never sees: a change of them needs no reload.
_ONLY_PEOPLE = frozenset(("description",))


class GatewayResource:
    """Brings gateways to their wanted state and notes what the switch must do. Parameters: work."""

    def __init__(self, work):
        self.work = work
        self.rows = work.rows("v_gateways")
        self.gateway = by_key(self.rows, "gateway", "gateway", "gateway_uuid")

    def check(self, gateways, path="trunk.gateways"):
        """Refuse what only the server knows: duplicates, a SIP profile that the switch does not have (asked about when it is
        named and new), and a password missing for a gateway that is not there yet.
        """
        for position, wanted in enumerate(gateways):
            current = self.gateway(wanted["name"])
            if wanted.get("state") == "absent":
                continue
            field = "trunk.gateway" if len(gateways) == 1 else "{0}[{1}]".format(path, position)
            profile = wanted.get("profile")
            same = current and (current["profile"] or "external") == profile
            if profile and not same and not self.work.session.switch.has_profile(profile):
                raise BadInput(
                    field + ".profile",
                    "the switch has no SIP profile {0} (gateway {1})".format(profile, wanted["name"]),
                    "Correct the name, or have the switch start that profile, then run again.",
                )
            if not current and wanted.get("register", True) and not wanted.get("password"):
                raise BadInput(field + ".password", "a gateway that registers needs credentials")

    def check_named(self, outbound, gateways):
        """Refuse an outbound entry whose gateway is neither in the file nor on the server."""
        listed = {wanted["name"] for wanted in gateways if wanted.get("state") != "absent"}
        listed.update(row["gateway"] for row in self.rows)
        for position, entry in enumerate(outbound):
            name = entry.get("gateway")
            if entry.get("state") == "absent" or (listed if name is None else name in listed):
                continue
            cause = "there is no gateway {0} in this domain".format(name) if name else "the tenant has no gateway"
            raise BadInput("trunk.outbound[{0}].gateway".format(position), cause)

    def apply(self, gateways, routes_removed=()):
        """gateways: entries of a tenant file; routes_removed: dialplans that go in the same act (they may use one)."""
        self.check(gateways)
        for wanted in gateways:
            current = self.gateway(wanted["name"])
            if wanted.get("state") == "absent":
                if current:
                    self._remove(current, routes_removed)
            elif current:
                self._change(current, wanted)
            else:
                self._create(wanted)

    def known(self, gateways):
        """{name: uuid} of the gateways that are there, those of the file (whatever becomes of them) first."""
        found = {row["gateway"]: row["gateway_uuid"].lower() for row in self.rows}
        first = [wanted["name"] for wanted in gateways if wanted["name"] in found]
        return {name: found[name] for name in dict.fromkeys(first + list(found))}

    def note_used(self, names):
        """Note gateways that the file does not list but new routes go through: those routes wait for them."""
        for name in names:
            current = self.gateway(name) if name and name not in self.work.gateways else None
            if current:
                self._note(name, current, fresh=False)

    def _create(self, wanted):
        work = self.work
        row = dict(_DEFAULTS)
        row.update(_columns(wanted, None))
        row.update(gateway_uuid=str(uuid.uuid4()), domain_uuid=work.domain_uuid, gateway=wanted["name"])
        work.changes.insert("v_gateways", row, "gateway " + wanted["name"])
        if row["enabled"]:
            work.effects.keys.update(cache.sofia(work.session.host))
            work.effects.rescan.add(row["profile"])
        self._note(wanted["name"], row, fresh=True)

    def _change(self, current, wanted):
        work = self.work
        columns = _columns(wanted, current)
        before = len(work.changes.updates)
        work.changes.update("v_gateways", "gateway_uuid", current, columns, "gateway " + wanted["name"])
        differing = set(work.changes.updates[-1][3]) if len(work.changes.updates) > before else set()
        after = dict(current, **columns)
        fresh = bool(differing - _ONLY_PEOPLE)
        if fresh:
            work.effects.keys.update(cache.sofia(work.session.host))
            work.effects.kill[current["gateway_uuid"].lower()] = current["profile"] or "external"
            if _enabled(after):
                work.effects.rescan.add(after["profile"] or "external")
        self._note(wanted["name"], after, fresh)

    def _remove(self, current, routes_removed):
        work = self.work
        identity = current["gateway_uuid"]
        users = [
            row
            for row in work.schema.select(
                work.database, "v_dialplans", "dialplan_xml LIKE %s", ("%sofia/gateway/" + identity + "/%",)
            )
            if row["dialplan_uuid"] not in routes_removed
        ]
        if users:
            raise Conflict(
                "The gateway {0} ({1}) is used by {2}.".format(
                    current["gateway"],
                    identity,
                    ", ".join("route {0} ({1})".format(row["dialplan_name"], row["dialplan_uuid"]) for row in users),
                ),
                next_step="Remove those routes first (state: absent), or in the same file.",
            )
        work.changes.delete("v_gateways", "gateway_uuid", [identity], "gateway " + current["gateway"], current)
        work.effects.keys.update(cache.sofia(work.session.host))
        work.effects.kill[identity.lower()] = current["profile"] or "external"

    def _note(self, name, row, fresh):
        self.work.gateways[name] = {
            "uuid": row["gateway_uuid"].lower(),
            "profile": row["profile"] or "external",
            "tls": row.get("register_transport") == "tls",
            "enabled": _enabled(row),
            "fresh": fresh,
        }


def _enabled(row):
    return str(row["enabled"]).lower() != "false"


def _columns(wanted, current):
    """v_gateways columns of the keys that the file gives; realm and from domain follow the proxy when it registers."""
    columns = {key: wanted[key] for key in _SAME_NAME if wanted.get(key) is not None}
    for key in ("username", "realm", "from_user", "from_domain", "auth_username", "extension", "codec_prefs", "ping"):
        if key in wanted and wanted[key] in ("", None):
            columns[key] = None
    if wanted.get("password") in ("", None):
        columns.pop("password", None)
    if "description" in wanted:
        columns["description"] = (wanted["description"] or "").strip() or None
    if wanted.get("proxy"):
        host = wanted["proxy"]
        port = int(wanted.get("port") or _DEFAULT_PORT)
        columns["proxy"] = host if port == _DEFAULT_PORT else "{0}:{1}".format(host, port)
        registers = wanted.get("register")
        if registers is None:
            registers = True if current is None else current["register"] == "true"
        for name in ("realm", "from_domain"):
            if registers and name not in wanted:
                columns[name] = host
    if current is None or wanted.get("transport"):
        transport = wanted.get("transport") or "udp"
        columns["register_transport"] = None if transport == "udp" else transport
    return columns

# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Outbound routes: for each expression the pair of dialplans that FusionPBX's page makes, opened last."""

from __future__ import annotations

from functools import lru_cache

from . import cache, dialplan
from .dialled_numbers import Route, cause_against_expression
from .dialplan import COMPANION, OUTBOUND, is_companion
from .dialplan_content import Content, filled, rendered
from .dialplan_xml import by_tens, detail
from .errors import BadInput, EngineError
from .route_tokens import DOMAIN_UUID, GATEWAY_UUID
from .work import duplicates

# app_uuid by which FusionPBX's pages list a dialplan as an outbound route.
_COMPANION_ORDER = 22
_ORDER = 100


class OutboundResource:
    """Brings outbound routes to their wanted state.

    Parameters: work, whose gateways are noted already. A new route is written disabled and noted in work.to_enable:
    it is opened in a transaction of its own once gateway and access list stand.
    """

    def __init__(self, work):
        self.work = work
        rows = work.rows("v_dialplans", "app_uuid = %s", (OUTBOUND,))
        self.rows = [row for row in rows if row["dialplan_context"] == work.domain_name]
        self.details = dialplan.details_of(work, OUTBOUND, [row["dialplan_uuid"] for row in self.rows])
        self.routes = {}
        self.companions = {}
        for row in self.rows:
            expression = expression_of(self.details[row["dialplan_uuid"]])
            if is_companion(row["dialplan_name"]):
                self.companions.setdefault(expression, []).append(row)
            else:
                self.routes.setdefault((row["dialplan_name"], expression), []).append(row)
        self.known = {}
        self.kept = set()
        self.removed = set()
        self.marked = set()
        self.taken = None

    def removals(self, routes, gateways, purge=False):
        """Dialplan uuids that apply() will remove: a gateway that only these use may go in the same act.

        gateways: {name: uuid} of those that are there, the default one first (a name may be made of a gateway's uuid).
        """
        found = set()
        wanted = set()
        self.known = gateways
        for entry in routes:
            for route in entry["routes"]:
                key = (self._name(route, self._gateway_of(entry)), route["expression"])
                if entry.get("state") == "absent":
                    found.update(row["dialplan_uuid"] for row in self.routes.get(key, ()))
                else:
                    wanted.add(key)
        if purge:
            for key, rows in self.routes.items():
                if key not in wanted:
                    found.update(row["dialplan_uuid"] for row in rows)
        return found

    def apply(self, entries, gateways, purge=False):
        """entries: rendered entries of the document; gateways: {name: uuid} with the default one first."""
        for position, entry in enumerate(entries):
            field = "trunk.outbound[{0}]".format(position)
            name = entry.get("gateway") or next(iter(gateways), None)
            if entry.get("state") == "absent":
                for route in entry["routes"]:
                    self._remove_route(route, self._gateway_of(entry))
                continue
            if name not in gateways:
                raise BadInput(field + ".gateway", "there is no gateway {0} in this domain".format(name))
            for route in entry["routes"]:
                self._present(route, entry, gateways[name], field)
        if purge:
            for rows in self.routes.values():
                for row in rows:
                    if row["dialplan_uuid"] not in self.kept | self.removed:
                        self._remove(row)
        self._drop_unused_companions()

    def compare(self, route, entry, gateway_uuid):
        """Note what one route and its companion would be changed to."""
        self._present(route, entry, gateway_uuid, "trunk.outbound")

    def _present(self, route, entry, gateway_uuid, field):
        work = self.work
        template = rendered(route["xml"], by_tens)
        tokens = {GATEWAY_UUID: gateway_uuid, DOMAIN_UUID: work.domain_uuid}
        name = self._name(route, gateway_uuid)
        content = template.content.filled(tokens)
        label = "outbound route " + name
        order = entry.get("order") or template.order or _ORDER
        wanted = {
            "app_uuid": OUTBOUND,
            "dialplan_name": name,
            "dialplan_context": work.domain_name,
            "dialplan_continue": template.continues,
            "dialplan_order": order,
        }
        if "description" in entry:
            wanted["dialplan_description"] = (entry["description"] or "").strip() or None
        opened = entry.get("enabled") is not False
        current = self._one(self.routes.get((name, route["expression"]), []), name)
        companion = self._one(self.companions.get(route["expression"], []), COMPANION)
        changed = False
        if current is None:
            self._refuse_dialled(route["expression"], int(order), opened, field)
            identity = dialplan.insert(work, dict(wanted, dialplan_enabled=False), content, label)
            changed = True
        else:
            identity = current["dialplan_uuid"]
            if not opened:
                wanted["dialplan_enabled"] = False
            changed = dialplan.sync(work, current, self.details[identity], wanted, content, label)
        if opened and (current is None or current["dialplan_enabled"] == "false"):
            work.to_enable[identity] = name
            if current is not None:
                work.changes.tell("changed", label, {"dialplan_enabled": "false"}, {"dialplan_enabled": "true"})
        self.kept.add(identity)
        changed = self._companion(route["expression"], name, wanted, companion, label) or changed
        if changed:
            work.effects.keys.update(cache.dialplan(work.domain_name))

    def open_routes(self):
        """Routes (dialled_numbers.Route) that are open in the database and that this run does not remove."""
        return [
            Route(name, expression, "${toll_allow}" in (row["dialplan_xml"] or ""))
            for (name, expression), rows in self.routes.items()
            for row in rows
            if expression and row["dialplan_enabled"] == "true" and row["dialplan_uuid"] not in self.removed
        ]

    def _refuse_dialled(self, expression, order, opened, field):
        """Refuse a new route that takes a number of the tenant's own: it would never be used for it, or keep it from ringing."""
        work = self.work
        if work.is_new or work.prefetch is not None or not opened:
            return
        if self.taken is None:
            from .dialled_rows import served_rows

            self.taken = ([], served_rows(work))
            # A check has left those in place that the run before would have removed.
            for row in [] if work.session.check_mode else work.rows("v_extensions"):
                names = [name for name in (row["extension"], row["number_alias"]) if name]
                self.taken[0].extend((name, "an extension of this tenant") for name in names)
        from .dialled_rows import numbers_of

        cause = cause_against_expression(expression, self.taken[0] + numbers_of(self.taken[1], order))
        if cause:
            raise BadInput(field, cause, "Narrow the expression or change that number, then run again.")

    def _companion(self, expression, name, route, current, label):
        """The dialplan that marks the call as outbound before any other sees it; it alone places no call."""
        content = companion(expression)
        wanted = {
            "app_uuid": OUTBOUND,
            "dialplan_context": self.work.domain_name,
            "dialplan_continue": True,
            "dialplan_order": _COMPANION_ORDER,
            "dialplan_enabled": True,
        }
        if "dialplan_description" in route:
            wanted["dialplan_description"] = route["dialplan_description"]
        if expression in self.marked:
            return False
        self.marked.add(expression)
        if current is not None:
            self.kept.add(current["dialplan_uuid"])
            wanted["dialplan_name"] = current["dialplan_name"]
            return dialplan.sync(self.work, current, self.details[current["dialplan_uuid"]], wanted, content, label)
        wanted["dialplan_name"] = COMPANION
        if route.get("dialplan_description"):
            wanted["dialplan_description"] = route["dialplan_description"]
        else:
            wanted["dialplan_name"] += "." + (name.split(".", 1)[1] if "." in name else name)
        dialplan.insert(self.work, wanted, content)
        self.work.changes.tell("changed", label)
        return True

    def _name(self, route, gateway_uuid):
        """The name of a rendered route on the server."""
        tokens = {GATEWAY_UUID: gateway_uuid or "", DOMAIN_UUID: self.work.domain_uuid}
        return filled(rendered(route["xml"], by_tens).name, tokens)

    def _gateway_of(self, entry):
        """The uuid of the gateway that an entry means, of those that were there before; None for another."""
        return self.known.get(entry.get("gateway") or next(iter(self.known), None))

    def _remove_route(self, route, gateway_uuid):
        name = self._name(route, gateway_uuid)
        for row in self.routes.get((name, route["expression"]), []):
            self._remove(row)

    def _remove(self, row):
        dialplan.remove(self.work, [row["dialplan_uuid"]], "outbound route " + row["dialplan_name"], row)
        self.removed.add(row["dialplan_uuid"])
        self.work.effects.keys.update(cache.dialplan(self.work.domain_name))

    def _drop_unused_companions(self):
        """A companion goes with the last route of its expression (FusionPBX's page leaves it behind)."""
        if not self.removed:
            return
        left = {
            expression
            for (unused, expression), rows in self.routes.items()
            if any(row["dialplan_uuid"] not in self.removed for row in rows)
        }
        for expression, rows in self.companions.items():
            if expression not in left and expression not in self.marked:
                dialplan.remove(self.work, [row["dialplan_uuid"] for row in rows])

    def _one(self, rows, name):
        if len(rows) > 1:
            raise duplicates("outbound route", name, [row["dialplan_uuid"] for row in rows])
        return rows[0] if rows else None


def check_entries(entries):
    """Refuse what needs no look at the server: XML that FusionPBX could not keep, and one route listed twice.

    entries: rendered entries of the document. Raises BadInput.
    """
    seen = {}
    for position, entry in enumerate(entries):
        field = "trunk.outbound[{0}].template".format(position)
        present = entry.get("state") != "absent"
        for route in entry["routes"]:
            try:
                template = rendered(route["xml"], by_tens)
            except EngineError as error:
                raise BadInput(field, error.what) from None
            if present and not template.name:
                raise BadInput(field, "the template gives its extension no name")
            if present and template.content.refused():
                raise BadInput(field, "its XML holds {0!r}, which FusionPBX cannot keep".format(template.content.refused()))
            name = (template.name or "").replace(GATEWAY_UUID, entry.get("gateway") or "")
            key = (name, route["expression"])
            if seen.get(key, False) or (present and key in seen):
                raise BadInput(field, "the route {0} with {1} stands twice in the list".format(*key))
            seen[key] = present


def expression_of(details):
    """The expression of a dialplan's condition on the dialled number, or None."""
    for row in details:
        if row["dialplan_detail_tag"] == "condition" and row["dialplan_detail_type"] == "destination_number":
            return row["dialplan_detail_data"]
    return None


@lru_cache(maxsize=1024)
def companion(expression):
    """Content of the companion dialplan, as FusionPBX's outbound route page writes it."""
    return Content(
        [
            detail("condition", "${user_exists}", "false", 0, 10),
            detail("condition", "${call_direction}", "^$", 0, 20),
            detail("condition", "destination_number", expression, 0, 30),
            detail("action", "export", "call_direction=outbound", 0, 40, inline="true"),
        ]
    )

# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inbound routes: destination, dialplan and details of a DID, working in FusionPBX's single and multiple mode."""

from __future__ import annotations

import json
import uuid

from . import cache, dialplan
from .destinations import MAY_TAKE, digits_of, is_of, routes_of, taken_form
from .dialled_numbers import takes
from .dialplan_content import Content, rendered
from .dialplan_xml import by_destination_page
from .errors import BadInput, Conflict, EngineError
from .numbers import canonical, destination_columns, dialled_keys, forms
from .route_tokens import DOMAIN_UUID
from .work import duplicates

# app_uuid by which FusionPBX's pages list a dialplan as an inbound route.
APP_UUID = "c03b422e-13a8-bd1b-e42b-b6b9b4d27ce4"
_ORDER = 100
# Applications that FusionPBX's destination page can offer as a target; on a save there it drops actions of any other.
_OFFERED = ("transfer", "bridge", "lua", "phrase", "playback", "hangup")
# Extras of FusionPBX's destination form that put actions of their own into the XML; a listed number has none of them.
_CLEARED = (
    "destination_conditions", "destination_hold_music", "destination_distinctive_ring", "destination_ringback",
    "destination_accountcode", "destination_cid_name_prefix",
)  # fmt: skip


class InboundResource:
    """Brings inbound routes to their wanted state.

    Parameters: work; listed_extensions, numbers of the same tenant file, which count as if they were there; stays, a
    function that tells whether an extension that is there outlives the run (all do when it is left out).
    """

    def __init__(self, work, listed_extensions=(), stays=None):
        self.work = work
        self.listed_extensions = set(listed_extensions)
        self.stays = stays or (lambda number: True)
        self.leaving = set()
        self.found = {}
        self.rivals = {}
        self.targets = None

    def find(self, routes):
        """Lock the numbers of routes (sorted, against a second writer) and read who takes them, in any domain.

        What counts is what the switch matches: the forms that a route takes against the expressions of all destinations.
        """
        work = self.work
        self.found = {wanted["number"]: [] for wanted in routes}
        self.rivals = {wanted["number"]: [] for wanted in routes}
        if not routes:
            return
        digits = digits_of(routes)
        for one in digits:
            work.lock("did", one)
        if work.prefetch is not None:
            rows = work.prefetch.destinations(MAY_TAKE, lambda tenants: digits_of(routes_of(tenants)), digits)
        else:
            rows = work.schema.select(work.database, "v_destinations", MAY_TAKE, (digits, digits))
        owned = set()
        for wanted in routes:
            for row in rows:
                if row["domain_uuid"] == work.domain_uuid and is_of(row, wanted):
                    self.found[wanted["number"]].append(row)
                    owned.add(row["destination_uuid"])
        for wanted in routes:
            if wanted.get("state") == "absent":
                continue
            for row in rows:
                form = None if row["destination_uuid"] in owned else taken_form(row, wanted)
                if form:
                    self.rivals[wanted["number"]].append((row, form))

    def check(self, routes, path="trunk.inbound", purge=False):
        """Refuse a number that another route takes in some form, or that stands twice in this tenant.

        purge: routes of this tenant that are not listed go in the same run, and take nothing.
        """
        mine = self.work.domain_uuid
        for position, wanted in enumerate(routes):
            rows = self.found.get(wanted["number"], [])
            if wanted.get("state") == "absent":
                continue
            for row, form in self.rivals.get(wanted["number"], []):
                if row["domain_uuid"] == mine and purge:
                    continue
                raise _conflict("{0}[{1}].number".format(path, position), wanted["number"], form, row, mine)
            if len(rows) > 1:
                raise duplicates("destination", wanted["number"], [row["destination_uuid"] for row in rows])
            if not rows and self.work.prefetch is None:
                self._refuse_taken(wanted, "{0}[{1}].number".format(path, position))

    def _refuse_taken(self, wanted, field):
        """Refuse a new number that a dialplan of no destination takes before its own route does."""
        from .dialled_rows import public_rows

        for row in public_rows(self.work):
            if row.order > (wanted.get("order") or _ORDER):
                continue
            for form in forms(wanted["number"], wanted.get("match") or "any"):
                if any(takes(expression, form) for expression in row.expressions):
                    cause = "dialled as {0}, it is taken by the inbound dialplan {1} first".format(form, row.name)
                    raise BadInput(field, cause, "Change that dialplan in FusionPBX, then run again.")

    def apply(self, routes, purge=False, path="trunk.inbound"):
        """routes: entries with number, match, xml (rendered), order, description, enabled, state."""
        work = self.work
        self.find(routes)
        self.check(routes, path, purge)
        mine = {number: rows[0] if rows else None for number, rows in self.found.items()}
        dialplans = self._dialplans([row["dialplan_uuid"] for row in mine.values() if row and row["dialplan_uuid"]])
        details = dialplan.details_of(work, APP_UUID, list(dialplans))
        for position, wanted in enumerate(routes):
            current = mine.get(wanted["number"])
            if wanted.get("state") == "absent":
                if current:
                    self._remove(current)
                continue
            field = "{0}[{1}]".format(path, position)
            row = dialplans.get(current["dialplan_uuid"]) if current else None
            self._present(wanted, current, row, details.get(row["dialplan_uuid"], []) if row else [], field)
        if purge:
            kept = {row["destination_uuid"] for row in mine.values() if row}
            for row in work.rows("v_destinations", "destination_type = 'inbound'"):
                if row["destination_uuid"] not in kept:
                    self._remove(row)

    def compare(self, wanted, current, row, details):
        """Note what one route's destination, dialplan and details would be changed to; all three are there."""
        self._present(wanted, current, row, details, "trunk.inbound")

    def _present(self, wanted, current, row, details, field):
        work = self.work
        number = wanted["number"]
        label = "inbound route " + number
        match = wanted.get("match") or "any"
        prefix, national, regex = destination_columns(number, match)
        route = route_of(wanted, field)
        rows = route.content.filled({DOMAIN_UUID: work.domain_uuid}).details
        actions = [r for r in rows if r["dialplan_detail_tag"] == "action"]
        self.check_target(wanted, field)
        order = wanted.get("order") or route.order or _ORDER
        columns = {
            "destination_prefix": prefix,
            "destination_number": national,
            "destination_number_regex": regex,
            "destination_context": "public",
            "destination_app": actions[0]["dialplan_detail_type"],
            "destination_data": actions[0]["dialplan_detail_data"],
            "destination_actions": _compact(actions),
            "destination_order": order,
        }
        if work.schema.has("v_destinations", "destination_alternate_app"):
            second = actions[1] if len(actions) > 1 else {"dialplan_detail_type": None, "dialplan_detail_data": None}
            columns["destination_alternate_app"] = second["dialplan_detail_type"]
            columns["destination_alternate_data"] = second["dialplan_detail_data"]
        plan = {
            "app_uuid": APP_UUID,
            "dialplan_name": national,
            "dialplan_number": national,
            "dialplan_context": "public",
            "dialplan_continue": False,
            "dialplan_order": order,
        }
        if "description" in wanted:
            text = (wanted["description"] or "").strip() or None
            columns["destination_description"] = text
            plan["dialplan_description"] = text
        if wanted.get("enabled") is not None or current is None:
            columns["destination_enabled"] = plan["dialplan_enabled"] = wanted.get("enabled") is not False
        self._write(current, row, columns, plan, rows, details, label, number)
        self._warn_of_lost_actions(actions, label)

    def _warn_of_lost_actions(self, actions, label):
        """Tell whoever writes such a route that a save on FusionPBX's own page will not keep all of it."""
        work = self.work
        lost = sorted({action["dialplan_detail_type"] for action in actions} - set(_OFFERED))
        if lost and label in work.changes.objects["created"] + work.changes.objects["changed"]:
            work.changes.warnings.append(
                "The {0} has actions ({1}) that FusionPBX's destination page cannot show: a save there drops them.".format(
                    label, ", ".join(lost)
                )
            )

    def _write(self, current, row, columns, plan, rows, details, label, number):
        work = self.work
        content = Content(rows, standard_actions(work.domain_uuid, work.domain_name))
        before = bool(label in work.changes.objects["changed"])
        if row is None:
            identity = dialplan.insert(work, dict({"dialplan_enabled": True}, **plan), content, None, "false")
            columns["dialplan_uuid"] = identity
        else:
            dialplan.sync(work, row, details, plan, content, label, "false")
        if current is None:
            new = dict(
                columns,
                destination_uuid=str(uuid.uuid4()),
                domain_uuid=work.domain_uuid,
                destination_type="inbound",
                destination_record=False,
            )
            work.changes.insert("v_destinations", new, label)
        else:
            columns.update(dict.fromkeys(_CLEARED))
            columns["destination_actions"] = _same_json(current["destination_actions"], columns["destination_actions"])
            work.changes.update("v_destinations", "destination_uuid", current, columns, label)
        if label in work.changes.objects["created"] or (not before and label in work.changes.objects["changed"]):
            self._stale(current, number)

    def check_target(self, wanted, field):
        """Refuse a target that does not exist, or goes in this run: FusionPBX's page would drop it on its next save."""
        work = self.work
        if self.targets is None:
            self.targets = set(self.listed_extensions)
            for row in work.rows("v_extensions"):
                kept = self.targets if self.stays(row["extension"]) else self.leaving
                kept.update(name for name in (row["extension"], row["number_alias"]) if name)
        if wanted.get("extension"):
            if wanted["extension"] not in self.targets:
                leaves = wanted["extension"] in self.leaving
                cause = "the same file removes extension {0}" if leaves else "there is no extension {0} in this domain"
                raise BadInput(field + ".extension", cause.format(wanted["extension"]))
        elif wanted.get("ring_group"):
            rows = work.rows("v_ring_groups", "ring_group_extension = %s", (wanted["ring_group"],))
            if not rows:
                raise BadInput(field + ".ring_group", "there is no ring group {0} in this domain".format(wanted["ring_group"]))

    def _remove(self, current):
        work = self.work
        label = "inbound route {0}{1}".format(current["destination_prefix"] or "", current["destination_number"])
        if current["dialplan_uuid"]:
            dialplan.remove(work, [current["dialplan_uuid"]])
        work.changes.delete("v_destinations", "destination_uuid", [current["destination_uuid"]], label, current)
        self._stale(current, None)

    def _stale(self, current, number):
        keys = set(forms(number)) if number else set()
        if current:
            keys.update(dialled_keys(current["destination_prefix"], current["destination_number"]))
        self.work.effects.keys.update(cache.inbound(sorted(keys)))

    def _dialplans(self, identities):
        """The dialplans that the destinations name, by uuid."""
        work = self.work
        wanted = set(identities)
        if not wanted:
            return {}
        if work.prefetch is not None:
            rows = work.rows("v_dialplans", "app_uuid = %s", (APP_UUID,))
        else:
            rows = work.schema.select(work.database, "v_dialplans", "dialplan_uuid = ANY(%s::uuid[])", (list(wanted),))
        return {row["dialplan_uuid"]: row for row in rows if row["dialplan_uuid"] in wanted}


def route_of(wanted, field):
    """The dialplan_content.RenderedRoute of an entry; BadInput for one that FusionPBX could not keep."""
    try:
        route = rendered(wanted["xml"], by_destination_page)
    except EngineError as error:
        raise BadInput(field + ".template", error.what) from None
    if not any(row["dialplan_detail_tag"] == "action" for row in route.content.details):
        raise BadInput(field + ".template", "the template gives no action")
    if route.content.refused():
        cause = "its XML holds {0!r}, which FusionPBX cannot keep".format(route.content.refused())
        raise BadInput(field + ".template", cause)
    return route


def _conflict(field, number, form, row, mine):
    whose = "another route of this tenant" if row["domain_uuid"] == mine else "another tenant"
    if canonical(row["destination_prefix"], row["destination_number"]) == number.lstrip("+"):
        what = "{0} belongs to {1}".format(number, whose)
    else:
        what = "{0} would be taken as {1}, and so takes a number that belongs to {2}".format(number, form, whose)
    return Conflict(
        "{0}: {1} (destination {2}).".format(field, what, row["destination_uuid"]),
        next_step="Remove it there first, or correct the number, or say with match in which forms the provider sends it.",
    )


def standard_actions(domain_uuid, domain_name):
    """The actions that FusionPBX's destination page puts first into the XML, but not into the details."""
    return (
        ("export", "call_direction=inbound"),
        ("set", "domain_uuid=" + domain_uuid),
        ("set", "domain_name=" + domain_name),
    )


def _compact(actions):
    """Compact JSON (no blanks): any other spelling is rewritten by the page on an unchanged save."""
    return json.dumps(
        [
            {"destination_app": row["dialplan_detail_type"], "destination_data": row["dialplan_detail_data"] or ""}
            for row in actions
        ],
        separators=(",", ":"),
    )


def _same_json(current, wanted):
    """The stored text when it says the same (a jsonb column gives it back in another layout)."""
    try:
        if current is not None and json.loads(current) == json.loads(wanted) and ": " not in current:
            return current
    except ValueError:
        pass
    return wanted

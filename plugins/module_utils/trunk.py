# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant's trunk: gateways, access list, inbound and outbound routes; locked first, opened last."""

from __future__ import annotations

from . import cache
from .access_control import AccessResource
from .batch import converge, settle
from .changes import Changes
from .dialled_numbers import countries_of, emergency_lack, routes_of
from .effects import Effects
from .errors import Conflict, DatabaseError, EngineError, SwitchError
from .gateway import GatewayResource
from .inbound_route import InboundResource
from .outbound_route import OutboundResource, check_entries
from .tenant_checks import check_trunk, refuse

READY = ("REGED", "NOREG")


_FAILED = ("FAILED", "FAIL_WAIT", "TIMEOUT", "EXPIRED")


def converge_trunks(session, tenants, wait_seconds=35):
    """Bring trunks (documents of the trunk action) to their wanted state; an Outcome each.

    New outbound routes are written disabled. When the switch has every gateway of a tenant ready and its access list
    answers, they are enabled in a second small transaction; otherwise they stay closed and the tenant has failed.
    """

    def plan(work, tenant):
        faults = check_trunk(tenant)
        if faults:
            from .standing import left

            refuse(left(work, tenant, faults))
        work.require_domain()
        work.claim(tenant.get("domain_uuid"))
        plan_trunk(work, tenant)

    outcomes = converge(session, tenants, plan)
    states = _repair(session, outcomes)
    if session.check_mode:
        return outcomes
    _wait(session, outcomes, wait_seconds, states)
    _open(session, outcomes)
    return outcomes


def plan_trunk(work, tenant):
    """Fill the work of one tenant's trunk."""
    trunk = tenant.get("trunk") or {}
    purge = tenant.get("purge") or ()
    outbound_entries = trunk.get("outbound") or []
    check_entries(outbound_entries)
    gateways = GatewayResource(work)
    inbound_purge = "inbound" in purge
    if trunk.get("inbound") or inbound_purge:
        listed = tenant.get("extensions") or () if work.session.check_mode else ()
        InboundResource(work, listed).apply(trunk.get("inbound") or [], inbound_purge)
    outbound = None
    removed = set()
    if outbound_entries or "outbound" in purge:
        outbound = OutboundResource(work)
        removed = outbound.removals(outbound_entries, gateways.known(trunk.get("gateways") or []), "outbound" in purge)
    gateways.apply(trunk.get("gateways") or [], removed)
    if outbound:
        outbound.apply(outbound_entries, _identities(work, gateways), "outbound" in purge)
        if work.to_enable:
            gateways.note_used([entry.get("gateway") for entry in outbound_entries if entry.get("state") != "absent"])
    if outbound and tenant.get("source"):
        _warn_of_emergency(work, trunk, outbound)
    AccessResource(work).present(trunk.get("provider_addresses") or [], "{0} (voipbox)".format(work.domain_name))


def _warn_of_emergency(work, trunk, outbound):
    """A tenant that can call out, and not for help, is told of at each run. outbound: its OutboundResource, applied."""
    routes = [route for route, unused in routes_of(trunk.get("outbound") or [])]
    countries = countries_of(one["number"] for one in trunk.get("inbound") or [] if one.get("state") != "absent")
    lack = emergency_lack(routes + outbound.open_routes(), countries)
    if lack:
        work.changes.warnings.append(
            "EMERGENCY CALLS DO NOT LEAVE: {0}. Add the route template emergency (or one of its kind) to trunk.outbound.".format(
                lack
            )
        )


def _identities(work, gateways):
    """{gateway name: uuid} with those of the file first, so that the first one is the default."""
    names = {name: gateway["uuid"] for name, gateway in work.gateways.items()}
    for row in gateways.rows:
        names.setdefault(row["gateway"], row["gateway_uuid"].lower())
    return names


def _repair(session, outcomes):
    """Gateways that no row differs for, and that do not work all the same.

    One that is enabled in the database but unknown to the switch is loaded; one whose last try failed is tried again now
    instead of half a minute later, so that the run tells how it is and not how it was. Returns the states that were seen.
    """
    known = {}
    for outcome in outcomes:
        if outcome.error or not outcome.work or outcome.work.is_new:
            continue
        for name, gateway in outcome.work.gateways.items():
            if gateway["enabled"] and not gateway["fresh"]:
                known[gateway["uuid"]] = (outcome, name, gateway)
    states = session.switch.gateway_states(list(known))
    missing = {}
    for identity, (state, unused) in states.items():
        gateway = known[identity][2]
        if state in _FAILED and not session.check_mode:
            _try_again(session, *known[identity])
        if state == "MISSING":
            missing.setdefault(gateway["profile"], []).append(known[identity])
    for profile, concerned in missing.items():
        _load(session, profile, concerned)
    return states


def _try_again(session, outcome, name, gateway):
    try:
        session.switch.register(gateway["profile"], gateway["uuid"])
        gateway["fresh"] = True
    except EngineError as error:
        _fail_gateway(outcome, name, error, "the switch was not told to try it again")


def _fail_gateway(outcome, name, error, lack):
    not_done = "The rows of the gateway {0} are written, but {1}.".format(name, lack)
    outcome.fail(SwitchError(error.what, not_done, "Run again when that works: it is safe."))


def _load(session, profile, concerned):
    """Load what a profile lacks; a profile that is stopped fails those tenants alone whose gateways it holds.

    concerned: [(outcome, gateway name, gateway)].
    """
    try:
        if not session.check_mode:
            effects = Effects({"keys": cache.sofia(session.host), "rescan": [profile]})
            effects.carry_out(session.switch, session.cache, session.settings)
    except EngineError as error:
        for outcome, name, unused in concerned:
            _fail_gateway(outcome, name, error, "the switch does not have it")
        return
    for outcome, name, gateway in concerned:
        outcome.work.changes.tell("changed", "gateway " + name, {"switch": "not loaded"}, {"switch": "loaded"})
        outcome.changed = True
        gateway["fresh"] = True


def _wait(session, outcomes, wait_seconds, seen):
    """Wait for all gateways of the batch at once; only those that changed, or that closed routes wait for, are waited for.

    seen: states by uuid of those that were asked about before; where nothing happened since, they are not asked again.
    Those of a tenant that failed are asked about too: what is told of them is what the switch says.
    """
    wanted = {}
    at_once = []
    for outcome in outcomes:
        if not outcome.work:
            continue
        for gateway in outcome.work.gateways.values():
            if not gateway["enabled"]:
                continue
            if not outcome.error and (gateway["fresh"] or outcome.work.to_enable):
                wanted[gateway["uuid"]] = gateway
            else:
                at_once.append(gateway["uuid"])
    try:
        states = {identity: seen[identity] for identity in at_once if identity in seen}
        states.update(session.switch.gateway_states([identity for identity in at_once if identity not in seen]))
        if wanted:
            states.update(session.switch.wait_for_gateways(list(wanted), wait_seconds))
    except SwitchError as error:
        for outcome in outcomes:
            if outcome.work and (outcome.changed or outcome.work.to_enable):
                outcome.fail(error)
        return
    for outcome in outcomes:
        if outcome.work:
            outcome.states = {
                name: states.get(gateway["uuid"], ("DISABLED", "")) for name, gateway in outcome.work.gateways.items()
            }
            _judge(outcome)


def _judge(outcome):
    for name, gateway in outcome.work.gateways.items():
        state = outcome.states[name][0]
        if not gateway["enabled"] or state in READY:
            continue
        closed = " Its new outbound routes stay closed." if outcome.work.to_enable else ""
        if gateway["fresh"] or outcome.work.to_enable:
            outcome.fail(
                SwitchError(
                    "The gateway {0} is {1} on the switch, not registered.{2}".format(name, state, closed),
                    not_done="Its rows are written.",
                    next_step=_what_to_check(gateway, state),
                )
            )
        else:
            outcome.work.changes.warnings.append("The gateway {0} is {1} on the switch.".format(name, state))


def _what_to_check(gateway, state):
    """FreeSWITCH leaves a gateway out silently when the SIP profile cannot do its transport."""
    if state == "MISSING" and gateway["tls"]:
        return (
            "The switch loads a gateway with transport tls only where its SIP profile has TLS: turn it on in the profile {0} "
            "(in FusionPBX the variable {0}_ssl_enable, with a certificate), restart the profile, then run again."
        ).format(gateway["profile"])
    if state == "MISSING":
        return "The switch did not load it: see its log, then run again."
    return "Check host and credentials with the provider, then run again."


def _open(session, outcomes):
    """Enable the new outbound routes of those tenants whose gateways and access list stand."""
    opened = []
    for outcome in outcomes:
        work = outcome.work
        if outcome.error or not work or not work.to_enable:
            continue
        committing = False
        try:
            work.lock()
            left = _still_closed(session, work)
            changes = Changes(session.schema)
            effects = Effects({"keys": cache.dialplan(work.domain_name)})
            for identity in left:
                changes.updates.append(("v_dialplans", "dialplan_uuid", identity, {"dialplan_enabled": "true"}))
            changes.apply(session.database)
            outcome.outbox = [session.outbox.add(work.domain_name, effects)]
            committing = True
            session.database.commit()
            work.effects = effects
            opened.append(outcome)
        except Conflict as error:
            session.database.rollback()
            outcome.fail(error)
        except EngineError as error:
            session.database.rollback()
            outcome.outbox = []
            left = "whether its new outbound routes are open is not known" if committing else "new outbound routes stay closed"
            outcome.fail(DatabaseError(error.what, "Its rows are written; {0}.".format(left), "Run again: it is safe."))
    settle(session, opened)


# Of the routes to be opened, those whose gateways (as far as they were waited for) still stand enabled in the database.
_AGAIN = """
SELECT p.dialplan_uuid::text AS dialplan_uuid, p.dialplan_enabled::text AS dialplan_enabled
  FROM v_dialplans p
 WHERE p.domain_uuid = %s AND p.dialplan_uuid = ANY(%s::uuid[])
   AND NOT EXISTS (
       SELECT 1 FROM unnest(%s::text[]) AS used(identity)
        WHERE strpos(lower(p.dialplan_xml), 'sofia/gateway/' || used.identity || '/') > 0
          AND NOT EXISTS (
              SELECT 1 FROM v_gateways g WHERE g.gateway_uuid = used.identity::uuid AND g.enabled::text = 'true'))
"""


def _still_closed(session, work):
    """Which routes are to be opened, by a look under the tenant's lock: others may have written while gateways were waited for.

    One that somebody opened meanwhile is done. Raises Conflict when one is gone, or its gateway is gone or disabled.
    """
    used = [gateway["uuid"] for gateway in work.gateways.values() if gateway["enabled"]]
    rows = session.database.execute(_AGAIN, (work.domain_uuid, list(work.to_enable), used))
    states = {row["dialplan_uuid"]: row["dialplan_enabled"] for row in rows}
    for identity, name in work.to_enable.items():
        if identity not in states:
            raise Conflict(
                "The outbound route {0}, or its gateway, was removed or disabled while this run waited.".format(name),
                not_done="Its rows are written; its new outbound routes stay closed.",
                next_step="See what was changed at the same time, then run again.",
            )
    return [identity for identity, state in states.items() if state == "false"]

# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant's own side: domain, users, extensions; converged, or removed whole."""

from __future__ import annotations

from .batch import converge
from .dialled_numbers import refusals
from .domain import DomainResource, templates_of
from .extension import ExtensionResource
from .gateway import GatewayResource
from .inbound_route import InboundResource, route_of
from .passwords import Hashing
from .removal import Removal
from .tenant_checks import check_tenant, check_trunk, refuse
from .user import UserResource, passwords_to_hash


def converge_tenants(session, tenants, always_password=False):
    """Bring tenants (documents of the tenant action) to their wanted state; an Outcome each.

    What the trunk will need is looked at first (a number of another tenant, credentials of a new gateway), so that an
    order that cannot be fulfilled leaves nothing behind.
    """
    templates = templates_of(session.settings)
    new_passwords = [] if session.check_mode or always_password else _new_passwords(session, tenants)

    def plan(work, tenant):
        refuse(_left(work, tenant, check_tenant(tenant)))
        work.claim(tenant.get("domain_uuid"))
        _look_ahead(work, tenant)
        DomainResource(work, templates).present(tenant)
        if tenant.get("users"):
            UserResource(work, always_password, hashing).apply(tenant["users"])
        purge = "extensions" in (tenant.get("purge") or ())
        if tenant.get("extensions") or purge:
            ExtensionResource(work, always_password, _leaving_routes(tenant)).apply(tenant.get("extensions") or [], purge)

    with Hashing(new_passwords) as hashing:
        return converge(session, tenants, plan)


def remove_tenants(session, domains, confirmed, identities=None):
    """Remove tenants whole; every domain must be among the confirmed ones. An Outcome each.

    Parameters: identities, {domain name: uuid} of tenant files that name one: an existing domain that has another uuid
    belongs to something else and is refused.
    """

    def plan(work, tenant):
        removal = Removal(work, confirmed)
        if not work.is_new:
            work.claim((identities or {}).get(work.domain_name))
        removal.apply()

    return converge(session, [{"domain": name} for name in domains], plan, look=False)


def _look_ahead(work, tenant):
    """Refuse what the trunk would be refused for, as far as that can be told before the domain is written."""
    _refuse_routes(work, tenant)
    trunk = tenant.get("trunk") or {}
    gateways = GatewayResource(work)
    gateways.check(trunk.get("gateways") or [])
    gateways.check_named(trunk.get("outbound") or [], trunk.get("gateways") or [])
    routes = trunk.get("inbound") or []
    listed = {entry["number"]: entry.get("state") != "absent" for entry in tenant.get("extensions") or []}
    purge = "extensions" in (tenant.get("purge") or ())
    inbound = InboundResource(
        work, [number for number, present in listed.items() if present], lambda number: listed.get(number, not purge)
    )
    inbound.find(routes)
    inbound.check(routes, "trunk.inbound", "inbound" in (tenant.get("purge") or ()))
    for position, route in enumerate(routes):
        if route.get("state") != "absent":
            inbound.check_target(route, "trunk.inbound[{0}]".format(position))


def _leaving_routes(tenant):
    """A function that tells whether the outbound route with an expression goes with this document."""
    whole = tenant.get("whole") or {}
    going, staying = set(), set()
    for entry in (whole.get("trunk") or {}).get("outbound") or []:
        (going if entry.get("state") == "absent" else staying).update(route["expression"] for route in entry["routes"])
    purge = "outbound" in (whole.get("purge") or ())
    return lambda expression: expression not in staying and (purge or expression in going)


def _left(work, tenant, faults):
    """The faults of values that do not stand on the server already; the import is for those runs alone that have any."""
    if not faults:
        return faults
    from .standing import left

    return left(work, tenant, faults)


def _refuse_routes(work, tenant):
    """Refuse faults of the rendered trunk, where the document holds it: it is converged in the same call."""
    whole = tenant.get("whole")
    if not whole:
        return
    from .outbound_route import check_entries

    refuse(_left(work, whole, check_trunk(whole)))
    trunk = whole.get("trunk") or {}
    refuse(refusals(tenant.get("extensions") or [], trunk.get("outbound") or [], trunk.get("inbound") or []))
    for position, entry in enumerate(trunk.get("inbound") or []):
        if entry.get("state") != "absent":
            route_of(entry, "trunk.inbound[{0}]".format(position))
    check_entries(trunk.get("outbound") or [])


def _new_passwords(session, tenants):
    """The passwords that will be hashed: those of users that do not exist yet."""
    known = {
        (row["domain_name"], row["username"].lower())
        for row in session.database.execute(
            "SELECT d.domain_name, u.username FROM v_users u JOIN v_domains d USING (domain_uuid) "
            "WHERE d.domain_name = ANY(%s) AND u.username IS NOT NULL",
            ([tenant["domain"] for tenant in tenants],),
        )
    }
    session.database.rollback()
    new = [
        {
            "users": [
                user
                for user in tenant.get("users") or []
                if (tenant["domain"], str(user.get("username", "")).lower()) not in known
            ]
        }
        for tenant in tenants
    ]
    return passwords_to_hash(new)

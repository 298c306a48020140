# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules of single resources do: one object or a list of them, in one domain and one transaction."""

from __future__ import annotations

from . import tenant_checks
from .access_control import AccessResource
from .batch import converge
from .domain import DomainResource, templates_of
from .errors import BadInput
from .extension import ExtensionResource
from .module_front import read_document, results, run
from .removal import Removal
from .trunk import converge_trunks
from .user import UserResource


def objects_of(parameters, plural, names):
    """The objects a task gives: the list under plural, or one made of the options among names; without empty options."""
    listed = parameters.get(plural)
    if listed is None:
        listed = [{name: parameters.get(name) for name in names}]
    return [{name: value for name, value in entry.items() if value is not None} for entry in listed]


def run_domains(module, names):
    """fusionpbx_domain: rows, default dialplans, settings, folders; or the removal of the whole tenant."""

    def work(session, parameters):
        templates = templates_of(session.settings)

        def plan(work, wanted):
            if wanted.get("state") == "absent":
                Removal(work, parameters.get("confirm") or []).apply()
                return
            tenant_checks.refuse(tenant_checks.check_tenant(wanted))
            DomainResource(work, templates).present(wanted)

        domains = objects_of(parameters, "domains", names)
        for wanted in domains:
            if "name" in wanted:
                wanted["domain"] = wanted.pop("name")
            if not wanted.get("domain"):
                raise BadInput("name", "a domain needs its name")
        return _named(results(converge(session, domains, plan)), "domains")

    run(module, work)


def run_users(module, names):
    """fusionpbx_user."""

    def plan(work, wanted, parameters):
        work.require_domain()
        UserResource(work, parameters["update_password"] == "always").apply(wanted["users"])

    _one_tenant(module, "users", names, plan, tenant_checks.check_tenant)


def run_extensions(module, names):
    """fusionpbx_extension."""

    def plan(work, wanted, parameters):
        work.require_domain()
        ExtensionResource(work, parameters["update_password"] == "always").apply(
            wanted["extensions"], bool(parameters.get("purge"))
        )

    _one_tenant(module, "extensions", names, plan, tenant_checks.check_tenant)


def run_gateways(module, names):
    """fusionpbx_gateway: rows, and the switch told and waited for."""

    def work(session, parameters):
        trunk = {"gateways": objects_of(parameters, "gateways", names)}
        outcomes = converge_trunks(session, [{"domain": parameters["domain"], "trunk": trunk}], parameters["wait_timeout"])
        return _single(results(outcomes))

    run(module, work)


def run_routes(module):
    """fusionpbx_inbound_route and fusionpbx_outbound_route: routes that the action plugin has rendered."""

    def work(session, parameters):
        document = read_document(parameters["document"])
        trunk = {kind: document[kind] for kind in ("inbound", "outbound") if kind in document}
        tenant = {"domain": document["domain"], "trunk": trunk, "purge": document.get("purge") or []}
        return _single(results(converge_trunks(session, [tenant], parameters["wait_timeout"])))

    run(module, work)


def run_access_control(module, names):
    """fusionpbx_access_control: addresses in the access list of providers, one list for the whole server."""

    def work(session, parameters):
        entries = objects_of(parameters, "addresses", names)
        found = []
        for position, entry in enumerate(entries):
            if not entry.get("address"):
                found.append(("addresses[{0}].address".format(position), "an entry needs its address"))
            else:
                tenant_checks.check_address(found, "addresses[{0}].address".format(position), entry["address"])
        tenant_checks.refuse(found)

        def plan(work, unused):
            access = AccessResource(work)
            for entry in entries:
                if entry.get("state") == "absent":
                    access.absent([entry["address"]])
                else:
                    access.present([entry["address"]], entry.get("description"))

        # The list belongs to no tenant; a name that no domain can have keeps the tenants' locks free.
        return _single(results(converge(session, [{"domain": "*"}], plan)))

    run(module, work)


def _one_tenant(module, plural, names, plan, check):
    def work(session, parameters):
        tenant = {"domain": parameters["domain"], plural: objects_of(parameters, plural, names)}
        tenant_checks.refuse(_keys(tenant[plural], plural, names[0]) + check(tenant))
        return _single(results(converge(session, [tenant], lambda work, wanted: plan(work, wanted, parameters))))

    run(module, work)


def _keys(entries, plural, key):
    return [
        ("{0}[{1}].{2}".format(plural, position, key), "is required")
        for position, entry in enumerate(entries)
        if not entry.get(key)
    ]


def _single(result):
    """The digest of the one tenant at the top level: an admin's task has no use for a list of one."""
    digest = result.pop("tenants")[0]
    merged = dict(result, **{key: value for key, value in digest.items() if key not in ("changed", "failed")})
    if digest["failed"]:
        merged["msg"] = digest["msg"]
    return merged


def _named(result, plural):
    result[plural] = result.pop("tenants")
    return result

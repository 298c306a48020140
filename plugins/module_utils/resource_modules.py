# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules of single resources do: one object or a list of them, in one domain and one transaction."""

from __future__ import annotations

import re

from . import module_front, tenant_checks
from .access_control import LIST, AccessResource
from .batch import converge
from .domain import DomainResource, templates_of
from .errors import EngineError
from .extension import ExtensionResource
from .module_front import read_document, results
from .removal import Removal
from .rules import cidr
from .standing import left, may_stand
from .trunk import converge_trunks
from .user import UserResource

STATES = ("present", "absent")


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
        confirmed = parameters.get("confirm") or []

        def plan(work, wanted):
            if wanted.get("state") == "absent":
                tenant_checks.refuse(tenant_checks.check_tenant({"domain": wanted["domain"]}))
                Removal(work, confirmed).apply()
                return
            tenant_checks.refuse(tenant_checks.check_tenant(wanted))
            DomainResource(work, templates).present(wanted)

        domains = objects_of(parameters, "domains", names)
        _refuse_faults(domains, "domains", "name")
        for wanted in domains:
            wanted["domain"] = wanted.pop("name")
        result = results(converge(session, domains, plan))
        if parameters.get("domains") is None:
            return _single(result)
        result["domains"] = result.pop("tenants")
        return result

    _run(module, work, "domains")


def run_users(module, names):
    """fusionpbx_user."""

    def plan(work, wanted, parameters):
        work.require_domain()
        UserResource(work, parameters["update_password"] == "always").apply(wanted["users"])

    _one_tenant(module, "users", names, plan)


def run_extensions(module, names):
    """fusionpbx_extension."""

    def plan(work, wanted, parameters):
        work.require_domain()
        ExtensionResource(work, parameters["update_password"] == "always").apply(
            wanted["extensions"], bool(parameters.get("purge"))
        )

    _one_tenant(module, "extensions", names, plan)


def run_gateways(module, names):
    """fusionpbx_gateway: rows, and the switch told and waited for."""

    def work(session, parameters):
        gateways = objects_of(parameters, "gateways", names)
        _refuse_faults(gateways, "gateways", names[0])
        tenant = {"domain": parameters["domain"], "trunk": {"gateways": gateways}}
        return _single(results(converge_trunks(session, [tenant], parameters["wait_timeout"])))

    _run(module, work, "gateways")


def run_routes(module):
    """fusionpbx_inbound_route and fusionpbx_outbound_route: routes that the action plugin has rendered."""

    def work(session, parameters):
        document = read_document(parameters["document"])
        trunk = {kind: document[kind] for kind in ("inbound", "outbound") if kind in document}
        _refuse_route_faults(trunk)
        tenant = {"domain": document["domain"], "trunk": trunk, "purge": document.get("purge") or []}
        return _single(results(converge_trunks(session, [tenant], parameters["wait_timeout"])))

    _run(module, work, "routes")


def run_access_control(module, names):
    """fusionpbx_access_control: addresses in the access list of providers, one list for the whole server."""

    def work(session, parameters):
        entries = objects_of(parameters, "addresses", names)
        found = []
        for position, entry in enumerate(entries):
            tenant_checks.check_address(found, "addresses[{0}].".format(position), entry)
        tenant_checks.refuse(found)
        for entry in entries:
            entry["address"] = cidr(entry["address"])
        _refuse_faults(entries, "addresses", "address")
        return _merged(results(converge(session, _by_description(entries), _plan_addresses)))

    _run(module, work, "addresses")


def _plan_addresses(work, group):
    access = AccessResource(work)
    if group["state"] == "absent":
        access.absent(group["addresses"])
    else:
        access.present(group["addresses"], group["description"])


def _by_description(entries):
    """What is let in, by description, and what goes: a transaction each, for the list itself is made but once in one."""
    groups = {}
    for entry in entries:
        state = entry.get("state") or STATES[0]
        text = (entry.get("description") or "").strip() or None
        groups.setdefault((state, text if state == "present" else None), []).append(entry["address"])
    # The list belongs to no tenant; a name that no domain can have keeps the tenants' locks free.
    return [
        {"domain": "*", "state": state, "description": text, "addresses": addresses}
        for (state, text), addresses in groups.items()
    ]


def _merged(result):
    """The digests of several transactions over the one access list as one, at the top level."""
    digests = result.pop("tenants")
    for kind in ("created", "removed"):
        labels = [label for digest in digests for label in digest.get(kind, ())]
        if labels:
            result[kind] = list(dict.fromkeys(labels))
    for diff in result["diff"]:
        diff.update(before_header="access list " + LIST, after_header="access list " + LIST)
    if result["failed"]:
        result["msg"] = " ".join(dict.fromkeys(digest["msg"] for digest in digests if digest["failed"]))
    return result


def _one_tenant(module, plural, names, plan):
    def work(session, parameters):
        tenant = {"domain": parameters["domain"], plural: objects_of(parameters, plural, names)}
        _refuse_faults(tenant[plural], plural, names[0])
        faults = tenant_checks.check_tenant(tenant)
        if not all(may_stand(tenant, path) for path, unused in faults):
            tenant_checks.refuse(faults)

        def looked(work, wanted):
            tenant_checks.refuse(left(work, wanted, faults))
            plan(work, wanted, parameters)

        return _single(results(converge(session, [tenant], looked)))

    _run(module, work, plural)


def _run(module, work, plural):
    """module_front.run with every message naming the fields as the task gives them, not as a tenant file would."""
    listed = bool(module.params.get(plural) is not None or module.params.get("document"))

    def told(text):
        return as_given(text, plural, listed)

    def named(session, parameters):
        try:
            result = work(session, parameters)
        except EngineError as error:
            error.what = told(error.what)
            raise
        if "msg" in result:
            result["msg"] = told(result["msg"])
        return result

    module_front.run(module, named)


def as_given(text, plural, listed):
    """A message with field paths of a tenant file (trunk.inbound[0].number) as in a task (routes[0].number, number).

    Parameters: plural, the name of the list option; listed, whether the task gives the list.
    """
    places = r"(?:trunk\.)?(?:{0}|inbound|outbound|gateways)".format(plural)
    text = re.sub(r"\btrunk\.gateway\.", "gateways[0].", text)
    return re.sub(places + r"\[(\d+)\]\.", (plural + r"[\1].") if listed else "", text)


def _refuse_faults(entries, plural, key):
    """Refuse an entry without its key, and a key that stands twice (in any case)."""
    found = []
    seen = set()
    for position, entry in enumerate(entries):
        field = "{0}[{1}].{2}".format(plural, position, key)
        value = (entry.get(key) or "").lower()
        if not value:
            found.append((field, "is required"))
        elif value in seen:
            found.append((field, "{0} stands twice in the list".format(value)))
        seen.add(value)
    tenant_checks.refuse(found)


def _refuse_route_faults(trunk):
    """Refuse what rendering does not look at: another state or a value for enabled, and an outbound route without gateway."""
    found = []
    for kind, entries in trunk.items():
        for position, entry in enumerate(entries):
            path = "trunk.{0}[{1}].".format(kind, position)
            if entry.get("state", STATES[0]) not in STATES:
                found.append((path + "state", "must be one of {0}".format(", ".join(STATES))))
            if not isinstance(entry.get("enabled", True), bool):
                found.append((path + "enabled", "must be true or false"))
            if kind == "outbound" and not entry.get("gateway"):
                found.append((path + "gateway", "a route needs the name of its gateway"))
    tenant_checks.refuse(found)


def _single(result):
    """The digest of the one tenant at the top level: an admin's task has no use for a list of one."""
    digest = result.pop("tenants")[0]
    merged = dict(result, **{key: value for key, value in digest.items() if key not in ("changed", "failed", "msg")})
    if digest["failed"]:
        merged["msg"] = digest["msg"]
    return merged

# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules that work on whole tenants do with their documents."""

from __future__ import annotations

from .errors import EngineError
from .gather import gather
from .module_front import read_document, results, run
from .tenant import converge_tenants, remove_tenants
from .trunk import converge_trunks
from .verify import verify


def run_tenants(module):
    """fusionpbx_tenant: converge, or remove with state absent and confirm."""

    def work(session, parameters):
        tenants = read_document(parameters["document"])["tenants"]
        if parameters.get("state") == "absent":
            confirmed = parameters.get("confirm") or []
            return results(remove_tenants(session, [tenant["domain"] for tenant in tenants], confirmed))
        return results(converge_tenants(session, tenants, parameters.get("update_password") == "always"))

    run(module, work)


def run_trunks(module):
    """fusionpbx_trunk: gateways, access list, routes."""

    def work(session, parameters):
        tenants = _without_skipped(read_document(parameters["document"])["tenants"], parameters)
        return results(converge_trunks(session, tenants, parameters["wait_timeout"]))

    run(module, work)


def run_verify(module):
    """fusionpbx_verify: ask the switch about each tenant."""

    def work(session, parameters):
        tenants = _without_skipped(read_document(parameters["document"])["tenants"], parameters)
        told = [_verified(session, tenant, parameters["wait_timeout"]) for tenant in tenants]
        failed = [one for one in told if one["failed"]]
        result = {"changed": False, "failed": bool(failed), "tenants": told}
        if failed:
            result["msg"] = "{0} of {1} tenants are not as wanted: {2}".format(
                len(failed), len(told), "; ".join("{0}: {1}".format(t["domain"], t["msg"]) for t in failed)
            )
        return result

    run(module, work)


def run_info(module):
    """fusionpbx_info: tenants as they are, with raw routes that the action plugin folds into template names."""

    def work(session, parameters):
        tenants, unmanaged = gather(session, parameters.get("domains") or (), parameters["include_secrets"])
        return {"changed": False, "tenants": tenants, "unmanaged": unmanaged}

    run(module, work)


def _without_skipped(tenants, parameters):
    skipped = set(parameters.get("skip") or ())
    return [tenant for tenant in tenants if tenant["domain"] not in skipped]


def _verified(session, tenant, wait_seconds):
    told = {"domain": tenant["domain"], "changed": False, "failed": False, "msg": ""}
    if tenant.get("source"):
        told["source"] = tenant["source"]
    try:
        checks = verify(session, tenant, wait_seconds)
    except EngineError as error:
        told.update(failed=True, msg=str(error))
        return told
    wrong = [check for check in checks if not check.passed]
    told["checks_passed"] = len(checks) - len(wrong)
    told["checks"] = [check.as_dict() for check in wrong]
    if wrong:
        told.update(
            failed=True,
            msg="{0} of {1} checks failed: {2}".format(
                len(wrong), len(checks), "; ".join("{0} ({1})".format(c.what, c.seen) for c in wrong[:5])
            ),
        )
    return told

# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules that work on whole tenants do with their documents.

A document says which part it is for (tenant, trunk, verify) and holds the options of that part; that of a tenant may hold
its trunk too, so that one call does the whole. The modules share one entry, so that a playbook that uses several of them
builds and sends the same payload. Each part imports what it needs: a module call compiles its imports anew every time.
"""

from __future__ import annotations

from .errors import EngineError
from .module_front import joined, read_document, results, run

# So many failed checks stand in a message; the result holds all of them.
_TOLD = 5


def run_document(module):
    """fusionpbx_tenant, fusionpbx_trunk and fusionpbx_verify: do what the document says."""

    document = {}

    def looks(parameters):
        document.update(read_document(parameters["document"]))
        return document["part"] == "verify"

    def work(session, parameters):
        return _PARTS[document["part"]](session, document["tenants"], document["options"])

    run(module, work, looks)


def _tenant(session, tenants, options):
    from .tenant import converge_tenants, remove_tenants

    if options["state"] == "absent":
        identities = {tenant["domain"]: tenant.get("domain_uuid") for tenant in tenants}
        return results(remove_tenants(session, list(identities), options["confirm"], identities))
    told = results(converge_tenants(session, tenants, options["update_password"] == "always"))
    if not options["trunk"]:
        return told
    return _with_trunks(session, tenants, told, options)


def _with_trunks(session, tenants, told, options):
    """Go on with the trunks of those tenants that did not fail, and tell of each tenant once.

    A switch or database that is lost meanwhile is no fault of a tenant: the EngineError ends the call as a whole.
    """
    left = [tenant["whole"] for tenant, digest in zip(tenants, told["tenants"]) if tenant.get("whole") and not digest["failed"]]
    second = _trunk(session, left, options)
    found = {digest["domain"]: digest for digest in second["tenants"]}
    return _judged(
        {
            "changed": told["changed"] or second["changed"],
            "tenants": [joined(digest, found.get(digest["domain"])) for digest in told["tenants"]],
            "diff": told["diff"] + second["diff"],
        }
    )


def _trunk(session, tenants, options):
    from .trunk import converge_trunks

    told = results(converge_trunks(session, tenants, options["wait_timeout"]))
    if not session.check_mode:
        wanted = [
            (tenant["verify"], digest)
            for tenant, digest in zip(tenants, told["tenants"])
            if tenant.get("verify") and not digest["failed"]
        ]
        _verified(session, wanted, options["wait_timeout"])
    return _judged(told)


def _verify(session, tenants, options):
    told = [
        {"domain": tenant["domain"], "source": tenant.get("source"), "changed": False, "failed": False, "msg": ""}
        for tenant in tenants
    ]
    _verified(session, list(zip(tenants, told)), options["wait_timeout"])
    return _judged({"changed": False, "tenants": told})


def _verified(session, wanted, wait_seconds):
    """Ask the switch about tenants; wanted: (document, digest) pairs, whose digests gain what was found."""
    from .verify import verify

    try:
        found = verify(session, [document for document, unused in wanted], wait_seconds)
    except EngineError as error:
        for unused, digest in wanted:
            digest.update(failed=True, msg=str(error))
        return
    for (unused, digest), checks in zip(wanted, found):
        wrong = [check for check in checks if not check.passed]
        digest.update(checks_passed=len(checks) - len(wrong), checks=[check.as_dict() for check in wrong])
        if wrong:
            causes = "; ".join("{0} ({1})".format(check.what, check.seen) for check in wrong[:_TOLD])
            if len(wrong) > _TOLD:
                causes += "; and {0} more".format(len(wrong) - _TOLD)
            digest.update(failed=True, msg="{0} of {1} checks failed: {2}".format(len(wrong), len(checks), causes))


def _judged(result):
    failed = [digest for digest in result["tenants"] if digest["failed"]]
    result["failed"] = bool(failed)
    if failed:
        causes = "; ".join("{0}: {1}".format(digest["domain"], digest["msg"]) for digest in failed)
        result["msg"] = "{0} of {1} tenants failed: {2}".format(len(failed), len(result["tenants"]), causes)
    return result


_PARTS = {"tenant": _tenant, "trunk": _trunk, "verify": _verify}

# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Module calls of at most so many tenants each, and their results as one: what was done stays told when a later call fails."""

from __future__ import annotations

_NOT_REACHED = "The run ended before this tenant. Nothing was written. It is safe to run again."


def portions(entries, size):
    """The documents of the entries that have one, in lists of at most that size."""
    wanted = [entry["document"] for entry in entries if entry["document"]]
    return [wanted[start : start + size] for start in range(0, len(wanted), size)]


def merged(entries, batches):
    """The results of all batches as one, with the files that never reached the target in their places.

    batches: (domains, result) of each call that was made. A result without tenants failed as a whole: its tenants are told
    with its message, those behind it as not reached. When nothing came before it, it is the result.
    """
    if batches and all("tenants" not in batch for unused, batch in batches):
        return batches[0][1]
    told = {}
    for domains, batch in batches:
        if "tenants" in batch:
            told.update({tenant["domain"]: tenant for tenant in batch["tenants"]})
        else:
            told.update({name: _lost(name, _message(batch)) for name in domains})
    tenants = [_digest(entry, told) for entry in entries]
    results = [batch for unused, batch in batches]
    failed = [tenant for tenant in tenants if tenant["failed"]]
    one = {
        "changed": any(batch.get("changed") for batch in results),
        "failed": bool(failed),
        "tenants": tenants,
        "commands": [command for batch in results for command in batch.get("commands", [])],
    }
    for name in ("diff", "warnings"):
        listed = [entry for batch in results for entry in batch.get(name, [])]
        if listed:
            one[name] = listed
    if failed:
        # A call that failed as a whole has one message for many tenants.
        causes = {}
        for tenant in failed:
            causes.setdefault(tenant["msg"], []).append(tenant["domain"] or tenant["source"])
        listed = "; ".join("{0}: {1}".format(", ".join(names), cause) for cause, names in causes.items())
        one["msg"] = "{0} of {1} tenants failed: {2}".format(len(failed), len(tenants), listed)
    return one


def _digest(entry, told):
    if entry["document"]:
        found = told.get(entry["domain"]) or _lost(entry["domain"], _NOT_REACHED)
        return found if found.get("source") else dict(found, source=entry["source"])
    return dict(_lost(entry["domain"], entry["msg"]), source=entry["source"])


def _lost(domain, message):
    return {"domain": domain, "changed": False, "failed": True, "msg": message}


def _message(result):
    return result.get("msg") or "The module could not be run."

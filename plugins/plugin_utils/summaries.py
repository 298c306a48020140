# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One readable line a tenant: what was created, changed, removed, and how its gateways are."""

from __future__ import annotations

_PLURAL = {"extension": "extensions", "user": "users", "mailbox": "mailboxes"}
_NAMED = 3


def line(tenant, checking=False):
    """The line of one digest. Parameters: tenant, a digest of a module; checking, True in check mode."""
    start = "{0}: ".format(tenant.get("domain") or tenant.get("source"))
    parts = []
    for kind, word in (("created", "create"), ("updated", "change"), ("removed", "remove")):
        if tenant.get(kind):
            parts.append(("would " + word if checking else word.rstrip("e") + "ed") + " " + _objects(tenant[kind]))
    if tenant.get("failed"):
        done = " (before that: {0})".format("; ".join(parts)) if parts else ""
        kept = "; generated passwords are in " + tenant["secrets_file"] if tenant.get("secrets_file") else ""
        return start + "FAILED: " + tenant.get("msg", "") + done + kept
    text = "; ".join(parts) or ("changed" if tenant.get("changed") else "unchanged")
    if "checks_passed" in tenant:
        asked = "verified on the switch ({0} checks)".format(tenant["checks_passed"])
        text = asked if text == "unchanged" and "domain_uuid" not in tenant else "{0}; {1}".format(text, asked)
    for gateway in tenant.get("gateways") or []:
        if gateway.get("state"):
            text += "; gateway {0} is {1}".format(gateway["name"], gateway["state"])
    if tenant.get("secrets_file"):
        text += "; generated passwords are in " + tenant["secrets_file"]
    for warning in tenant.get("warnings") or []:
        text += "; note: " + warning
    return start + text


def _objects(labels):
    groups = {}
    for label in labels:
        kind, separator, name = label.rpartition(" ")
        groups.setdefault(kind if separator else label, []).append(name)
    parts = []
    for kind, names in groups.items():
        if len(names) <= _NAMED or kind not in _PLURAL:
            parts.extend("{0} {1}".format(kind, name).strip() if name != kind else kind for name in names)
        else:
            parts.append("{0} {1}".format(len(names), _PLURAL[kind]))
    return ", ".join(parts)

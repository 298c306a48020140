# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What comes back from a managed node, taken as what it is: words of another machine, which may have been broken into.

Of a module's result only what is known is taken, each value in its shape and its length; whatever else Ansible would act on
(facts, hosts to add) falls away. A tenant is known by the domain that was sent, never by one that was told.
"""

from __future__ import annotations

import re

from ansible_collections.voipbox.fusionpbx.plugins.module_utils import rules

# The ends of what a terminal or a log would act on; line breaks and tabs are layout.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_WORD = 300
_TEXT = 20000
# A tenant of some thousand extensions makes several objects for each of them in one run.
_MANY = 50000
# What Ansible itself says of a module that could not be run at all.
_FAULTS = ("msg", "module_stdout", "module_stderr", "exception")
_NO_RESULT = "The PBX server answered with something that is no result of this module."
_NEXT = "Nothing is known of what was done. Look at the server before you run again."


class _Odd(Exception):
    """A value that is not what it should be."""


def text(value, longest=_TEXT):
    """The value as text that can be shown: no control characters, not longer than that many characters. Raises nothing."""
    return _CONTROL.sub("?", value if isinstance(value, str) else "")[:longest]


def of_tenants(result, sent):
    """The result of a call over tenants, of what the target gave for it.

    Parameters: result; sent, the domains that went there. Digests of other domains, and second ones of the same, are dropped;
    one that is none stands as failed and unknown.
    """
    if "tenants" not in result:
        return _fault(result)
    told = {}
    digests = result["tenants"] if isinstance(result["tenants"], list) else []
    for digest in digests:
        domain = digest.get("domain") if isinstance(digest, dict) else None
        if isinstance(domain, str) and domain in sent and domain not in told:
            told[domain] = _digest(digest, domain)
    taken = _common(result)
    taken["tenants"] = list(told.values())
    taken["failed"] = taken["failed"] or any(digest["failed"] for digest in told.values())
    return taken


def of_one(result, domain):
    """The result of a call over one tenant's objects, whose digest stands at the top level."""
    if result.get("failed") and "domain" not in result:
        return _fault(result)
    digest = _digest(
        dict({"msg": "", "failed": False}, **{name: value for name, value in result.items() if isinstance(name, str)}), domain
    )
    taken = dict(digest, **_common(result))
    taken["failed"] = taken["failed"] or digest["failed"]
    if not taken["failed"]:
        taken.pop("msg")
    return taken


def of_names(result):
    """The result of a survey: domains with uuid and enabled, as far as they are such, and the switch's name."""
    if result.get("failed") or not isinstance(result.get("domains"), list):
        return _fault(result)
    domains = []
    for entry in result["domains"]:
        try:
            one = {
                "domain": _name(entry["domain"]),
                "domain_uuid": _uuid(entry["domain_uuid"]),
                "enabled": _flag(entry["enabled"]),
            }
        except (_Odd, LookupError, TypeError):
            continue
        domains.append(one)
    return dict(_common(result), changed=False, domains=domains, switch=text(result.get("switch"), _WORD), unmanaged={})


def of_gathered(result):
    """(the result without its tenants, raw tenants as they came, notes by domain); each tenant has yet to be looked at."""
    if result.get("failed") or not isinstance(result.get("tenants"), list):
        return _fault(result), [], {}
    unmanaged = result.get("unmanaged")
    notes = {}
    for name, told in (unmanaged if isinstance(unmanaged, dict) else {}).items():
        notes[text(name, _WORD)] = [text(one, _WORD) for one in (told if isinstance(told, list) else [])[:_MANY]]
    raw = [one for one in result["tenants"] if isinstance(one, dict)]
    return dict(_common(result), changed=False), raw, notes


def _fault(result):
    """The result of a call that gave none, with what Ansible tells of the cause."""
    taken = {"changed": False, "failed": True}
    taken.update({name: text(result[name]) for name in _FAULTS if isinstance(result.get(name), str)})
    if isinstance(result.get("rc"), int):
        taken["rc"] = result["rc"]
    if result.get("unreachable") is True:
        taken["unreachable"] = True
    if not taken.get("msg") or not (result.get("failed") or result.get("unreachable")):
        taken["msg"] = "{0} {1}".format(_NO_RESULT, _NEXT)
    warnings = _texts_or_none(result.get("warnings"))
    if warnings:
        taken["warnings"] = warnings
    return taken


def _common(result):
    taken = {"changed": result.get("changed") is True, "failed": result.get("failed") is True}
    taken["commands"] = _texts_or_none(result.get("commands")) or []
    warnings = _texts_or_none(result.get("warnings"))
    if warnings:
        taken["warnings"] = warnings
    if isinstance(result.get("msg"), str):
        taken["msg"] = text(result["msg"])
    if isinstance(result.get("diff"), list):
        names = ("before", "after", "before_header", "after_header")
        taken["diff"] = [
            {name: text(one[name], _TEXT * 10) for name in names if isinstance(one.get(name), str)}
            for one in result["diff"][:_MANY]
            if isinstance(one, dict)
        ]
    return taken


def _digest(digest, domain):
    try:
        taken = {"domain": domain, "changed": _flag(digest.get("changed")), "failed": _flag(digest.get("failed"))}
        taken["msg"] = _string(digest.get("msg", ""))
        for name, shape in _SHAPES.items():
            if digest.get(name) is not None:
                taken[name] = shape(digest[name])
    except _Odd:
        return {"domain": domain, "changed": True, "failed": True, "msg": "{0} {1}".format(_NO_RESULT, _NEXT), "unknown": True}
    return taken


def _flag(value):
    if not isinstance(value, bool):
        raise _Odd
    return value


def _count(value):
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 10**9:
        raise _Odd
    return value


def _string(value):
    if not isinstance(value, str):
        raise _Odd
    return text(value)


def _word(value):
    return _string(value)[:_WORD]


def _name(value):
    """A domain's name as it is; the longest that the DNS knows has 253 characters."""
    if not isinstance(value, str) or not 0 < len(value) <= 253 or text(value) != value:
        raise _Odd
    return value


def _uuid(value):
    if not isinstance(value, str) or rules.identity(value):
        raise _Odd
    return value


def _texts(value):
    if not isinstance(value, list) or len(value) > _MANY:
        raise _Odd
    return [_string(one) for one in value]


def _texts_or_none(value):
    try:
        return _texts(value)
    except _Odd:
        return None


def _records(**shapes):
    def shape(value):
        if not isinstance(value, list) or len(value) > _MANY or not all(isinstance(one, dict) for one in value):
            raise _Odd
        return [{name: made(one[name]) for name, made in shapes.items() if name in one} for one in value]

    return shape


def _parts(value):
    return [one for one in _texts(value) if one in ("tenant", "trunk")]


def _used(value):
    """Which candidates were used: {"users": {name: [field]}, "extensions": {number: [field]}}."""
    if not isinstance(value, dict):
        raise _Odd
    taken = {}
    for kind in ("users", "extensions"):
        named = value.get(kind) or {}
        if not isinstance(named, dict):
            raise _Odd
        taken[kind] = {_word(name): _texts(fields) for name, fields in named.items()}
    return taken


_SHAPES = {
    "source": _word,
    "domain_uuid": _uuid,
    "created": _texts,
    "updated": _texts,
    "removed": _texts,
    "warnings": _texts,
    "gateways": _records(name=_word, uuid=_word, state=_word, status=_word),
    "checks_passed": _count,
    "checks": _records(what=_string, passed=_flag, seen=_string),
    "parts": _parts,
    "used": _used,
}
